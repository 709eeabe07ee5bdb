import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemRandom } from '@reprise/kit';
import { linkFlags, parseLink } from '@reprise/vault';
import { formatReceiptLink, splitReceipt } from './receipt-link.ts';

const link = { flags: linkFlags.paid, secret: systemRandom(32), fingerprint: systemRandom(16) };

test('a receipt link holds the link and the half, and nothing else', () => {
  const half = systemRandom(32);
  const url = formatReceiptLink('https://reprise.example', link, half);
  const found = splitReceipt(new URL(url).hash.slice(1));
  assert.deepEqual(found.half, half);
  assert.deepEqual(parseLink(found.fragment), { ...link, origin: null });
  assert.equal(url.length, 'https://reprise.example/s#'.length + 68 + 1 + 43);
});

test('a link without a half is itself', () => {
  assert.deepEqual(splitReceipt('1.abc'), { fragment: '1.abc', half: null });
  assert.deepEqual(splitReceipt(''), { fragment: '', half: null });
  assert.deepEqual(splitReceipt('1.abc.def.ghi'), { fragment: '1.abc.def.ghi', half: null });
});

test('a half that was cut short, or is none, is told as such', () => {
  for (const [text, reason] of [
    ['', 'too-short'],
    ['A'.repeat(42), 'too-short'],
    ['A'.repeat(44), 'too-long'],
    [`${'A'.repeat(42)}!`, 'bad-character'],
  ] as const)
    assert.throws(() => splitReceipt(`1.abc.${text}`), { code: 'bad-link', facts: { reason } });
});
