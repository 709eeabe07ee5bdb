import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeLinks, encodeLinks, type KeptLink } from './links-file.ts';

const fill = (length: number, byte: number) => new Uint8Array(length).fill(byte);
const one: KeptLink = {
  secret: fill(32, 1),
  flags: 1,
  fid: fill(16, 2),
  title: 'Été',
  label: 'for Ana',
  createdMs: 1_700_000_000_000,
  stretched: fill(32, 3),
  ref: { id: fill(32, 4), key: fill(32, 5), length: 900 },
  sizeBytes: 5_000_000_000,
  version: 3,
  hasJar: false,
};

test('a list of links is read as it was written', () => {
  const links = [one, { ...one, ref: null, stretched: new Uint8Array(0), label: '', hasJar: true }];
  assert.deepEqual(decodeLinks(encodeLinks(links)), links);
  assert.deepEqual(decodeLinks(encodeLinks([])), []);
});

test('what is no list of links is refused', () => {
  for (const bytes of [new Uint8Array(0), encodeLinks([one]).subarray(1), encodeLinks([{ ...one, stretched: fill(31, 3) }])])
    assert.throws(() => decodeLinks(bytes), { code: 'bad-object' });
});
