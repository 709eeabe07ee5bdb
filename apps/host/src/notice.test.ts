import assert from 'node:assert/strict';
import { test } from 'node:test';
import { linkIdIn } from './notice.ts';

test('a link’s id is found as such, in words, and in a whole link', () => {
  const id = '0123456789abcdef0123456789abcdef';
  assert.equal(linkIdIn(id), id);
  assert.equal(linkIdIn(`reference ${id}, please`), id);
  // HKDF-SHA-256 of 32 bytes 01 with info "rp1/kdf/link-id" 00, 16 bytes: spec/link.md.
  const fragment = Buffer.concat([Buffer.of(0), Buffer.alloc(32, 1), Buffer.alloc(16, 2)]).toString('base64url');
  const derived = linkIdIn(`https://drop.example/s#1.${fragment}`);
  assert.match(derived ?? '', /^[0-9a-f]{32}$/);
  assert.equal(linkIdIn(` https://other.example/s#1.${fragment} `), derived);
});

test('what is no link has no id', () => {
  for (const text of [
    '',
    'x',
    'https://drop.example/s',
    'https://drop.example/s#1.abc',
    `https://x/s#2.${'A'.repeat(66)}`,
    '0123456789abcdef'.repeat(4),
  ]) {
    assert.equal(linkIdIn(text), undefined, text);
  }
});
