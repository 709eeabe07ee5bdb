import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { encodeUtf8, formatHex } from '@reprise/kit';
import { sha256, taggedHash } from './hash.ts';

test('SHA-256 of "abc" is the known one', async () => {
  assert.equal(formatHex(await sha256(encodeUtf8('abc'))), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});

test('a tagged hash puts the label and a zero byte in front of its parts', async () => {
  const expected = createHash('sha256').update('rp1/hash/user\0ab').digest('hex');
  assert.equal(formatHex(await taggedHash('rp1/hash/user', encodeUtf8('a'), encodeUtf8('b'))), expected);
});
