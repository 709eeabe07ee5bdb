import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeKeptList, encodeKeptList } from '@reprise/vault';
import { type KeptLink, linksList } from './links-file.ts';

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
  const links = [one, { ...one, secret: fill(32, 9), ref: null, stretched: new Uint8Array(0), label: '', hasJar: true }];
  assert.deepEqual(decodeKeptList(linksList, encodeKeptList(linksList, { items: links, unread: [] })).items, links);
});

test('a link that is none keeps no other from being read', () => {
  const wrong = [
    { ...one, stretched: fill(31, 3) },
    { ...one, secret: fill(31, 1) },
    { ...one, flags: 256 },
    { ...one, createdMs: Number.MAX_SAFE_INTEGER },
  ];
  const { items, unread } = decodeKeptList(linksList, encodeKeptList(linksList, { items: [...wrong, one], unread: [] }));
  assert.deepEqual([items, unread], [[one], wrong.map(linksList.encode)]);
});
