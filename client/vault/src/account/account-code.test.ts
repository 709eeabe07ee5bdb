import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Bytes, systemRandom } from '@reprise/kit';
import { Failure } from '@reprise/protocol/formats';
import { drawCodeSecret, drawLocator, formatAccountCode, normalizeName, parseAccountCode, parseIdentifier } from './account-code.ts';

const secret = Uint8Array.from({ length: 16 }, (_, i) => 17 * i) as Bytes;
const locator = '0a1b2c3d';
const text = formatAccountCode({ locator, secret });

function refusal(code: string): object {
  try {
    parseAccountCode(code);
  } catch (error) {
    assert.ok(error instanceof Failure && error.code === 'bad-code');
    return { ...error.facts };
  }
  assert.fail(`${code} was taken`);
}

test('a code is 36 letters in groups of four and reads back', () => {
  assert.match(text, /^([0-9A-HJKMNP-TV-Z]{4}-){8}[0-9A-HJKMNP-TV-Z]{4}$/);
  assert.deepEqual(parseAccountCode(text), { locator, secret });
  for (let round = 0; round < 200; round++) {
    const code = { locator: drawLocator(systemRandom), secret: drawCodeSecret(systemRandom) };
    assert.deepEqual(parseAccountCode(formatAccountCode(code)), code);
  }
});

test('a code is read as people type it', () => {
  const typed = text.toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o').replaceAll('1', 'l');
  assert.deepEqual(parseAccountCode(`  ${typed} `), { locator, secret });
  assert.deepEqual(parseAccountCode(text.replaceAll('-', '–')), { locator, secret });
});

test('a code without a secret is its locator', () => {
  assert.equal(formatAccountCode({ locator, secret: new Uint8Array(0) }), '0A1B-2C3D');
  assert.deepEqual(parseAccountCode('0a1b-2c3d'), { locator, secret: new Uint8Array(0) });
});

test('each single wrong letter of the secret is refused with its group', () => {
  const letters = text.replaceAll('-', '');
  for (let at = 8; at < letters.length; at++) {
    for (const other of '0123456789ABCDEFGHJKMNPQRSTVWXYZ') {
      if (other === letters[at]) continue;
      const wrong = letters.slice(0, at) + other + letters.slice(at + 1);
      assert.deepEqual(refusal(wrong), { part: 'secret', group: Math.floor(at / 4) + 1, reason: 'check' });
    }
  }
});

test('any two wrong letters of the secret are refused, swapped neighbours among them', () => {
  const letters = text.replaceAll('-', '');
  for (let at = 8; at + 1 < letters.length; at++) {
    const swapped = letters.slice(0, at) + letters[at + 1] + letters[at] + letters.slice(at + 2);
    if (swapped !== letters) assert.equal((refusal(swapped) as { reason: string }).reason, 'check');
    for (let other = at + 1; other < letters.length; other++) {
      const wrong = [...letters];
      for (const i of [at, other]) wrong[i] = wrong[i] === 'Z' ? '0' : 'Z';
      assert.equal((refusal(wrong.join('')) as { reason: string }).reason, 'check');
    }
  }
});

test('what is no letter of a code, too much and too little are refused with their part', () => {
  assert.deepEqual(refusal('0A1U-2C3D'), { part: 'locator', group: 1, reason: 'letter' });
  assert.deepEqual(refusal(text.slice(0, -1) + '!'), { part: 'secret', group: 9, reason: 'letter' });
  assert.deepEqual(refusal('0A1B-2C'), { part: 'locator', reason: 'length', count: 6 });
  assert.deepEqual(refusal(''), { part: 'locator', reason: 'length', count: 0 });
  assert.deepEqual(refusal(text.slice(0, -1)), { part: 'secret', reason: 'length', count: 27 });
  assert.deepEqual(refusal(`${text}0`), { part: 'secret', reason: 'length', count: 29 });
});

test('an identifier is a name or a code, and a name is one whatever its case', () => {
  assert.deepEqual(parseIdentifier(' Márta.K '), { name: 'márta.k', secret: new Uint8Array(0) });
  assert.deepEqual(parseIdentifier('jane2024'), { name: 'jane2024', secret: new Uint8Array(0) });
  assert.deepEqual(parseIdentifier('0A1B-2C3D'), { name: locator, secret: new Uint8Array(0) });
  assert.deepEqual(parseIdentifier(text), { name: locator, secret });
  assert.equal(normalizeName('ＡＢＣ'), 'abc');
});
