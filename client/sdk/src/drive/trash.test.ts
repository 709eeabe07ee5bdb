import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeUtf8, formatHex } from '@reprise/kit';
import { type Entry, rootFid } from '@reprise/vault';
import { marksOf, trashedExt, trashedFrom, withMarks } from './marks.ts';
import { expired, trashItem, trashKeptMs, wrapperFacts, wrapperName } from './trash.ts';

const random = (length: number) => new Uint8Array(length).fill(7);

function wrapper(atMs: number, path = '/docs'): Entry {
  const ref = { id: random(32), key: random(32), length: 100 };
  const facts = wrapperFacts({ parentFid: random(16), path, atMs }, random);
  return { ...facts, content: { kind: 'directory', ref }, size: 12, executable: false, digest: null, thumb: null };
}

test('wrappers sort by the time of their deletion', () => {
  const times = [0, 1, 255, 1_700_000_000_000, 2 ** 44];
  const names = times.map((time) => wrapperName(time, random));
  assert.deepEqual([...names].sort(), names);
  assert.ok(names.every((name) => /^[0-9a-f]{32}$/.test(name)));
});

test('a wrapper tells where its contents stood and when they were removed', () => {
  const item = trashItem(wrapper(1_700_000_000_000));
  assert.equal(item?.from, '/docs');
  assert.equal(item?.removedAtMs, 1_700_000_000_000);
  assert.equal(formatHex(item?.fromFid ?? rootFid), '07'.repeat(16));
  assert.equal(item?.sizeBytes, 12);
});

test('a long path is cut between characters', () => {
  for (const path of [`/${'é'.repeat(200)}`, `/x${'é'.repeat(200)}`, `/${'🎈'.repeat(60)}`]) {
    const from = trashedFrom(trashedExt({ parentFid: rootFid, path, atMs: 1 }));
    assert.ok(from && path.startsWith(from.path));
    assert.ok(encodeUtf8(from.path).length <= 160 && encodeUtf8(from.path).length > 156);
  }
});

test('a directory of the trash that no deletion made is no item', () => {
  const entry = wrapper(1);
  assert.equal(trashItem({ ...entry, ext: new Map() }), null);
  assert.equal(trashItem({ ...entry, name: 'mine' }), null);
  assert.equal(trashItem({ ...entry, content: { kind: 'file', extents: [] } }), null);
  assert.equal(trashItem({ ...entry, ext: new Map([...entry.ext, [110, new Uint8Array(3)]]) }), null);
});

test('items are over their time after 30 days', () => {
  const items = [1_000, 5_000].flatMap((at) => trashItem(wrapper(at)) ?? []);
  assert.deepEqual(expired(items, trashKeptMs + 999), []);
  assert.deepEqual(
    expired(items, trashKeptMs + 1_000).map((item) => item.removedAtMs),
    [1_000],
  );
});

test('marks leave everything else of an entry as it is', () => {
  const ext = new Map<number, string | number>([
    [101, 5],
    [150, 'kept'],
  ]);
  const marked = withMarks(ext, { starred: true, colour: 3 });
  assert.deepEqual(marksOf({ ext: marked }), { starred: true, colour: 3 });
  assert.equal(marked.get(150), 'kept');
  assert.deepEqual(withMarks(marked, { starred: false, colour: 0 }), ext);
  assert.deepEqual(marksOf({ ext: new Map([[121, 99]]) }), { starred: false, colour: 0 });
});
