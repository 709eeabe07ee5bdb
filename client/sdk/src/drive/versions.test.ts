import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DeviceId } from '@reprise/protocol';
import type { Entry } from '@reprise/vault';
import { type EntryState, versionsOf } from './versions.ts';

const fill = (length: number, byte: number) => new Uint8Array(length).fill(byte);

function file(content: number, change: Partial<Entry> = {}): Entry {
  const extents = [{ id: fill(32, content), key: fill(32, 9), sealedLength: 4_148, offset: 0, length: 10 }];
  return {
    name: 'a.txt',
    fid: fill(16, 1),
    content: { kind: 'file', extents },
    size: 10,
    mtimeNs: 0n,
    executable: false,
    digest: fill(32, content),
    thumb: null,
    ext: new Map(),
    ...change,
  };
}

function states(...entries: readonly (Entry | null)[]): EntryState[] {
  return entries.map((entry, i) => ({ seq: i + 1, atMs: 1000 * i, deviceId: 'd'.repeat(64) as DeviceId, entry }));
}

test('each new content is a version, newest first; renames and marks are none', () => {
  const moved = file(1, { name: 'b.txt' });
  const versions = versionsOf(states(file(1), moved, file(2), file(2, { ext: new Map([[120, 1]]) }), file(3)), file(3));
  assert.deepEqual(
    versions.map(({ seq, isCurrent }) => [seq, isCurrent]),
    [
      [5, true],
      [3, false],
      [1, false],
    ],
  );
});

test('a content that came back is a version again', () => {
  assert.deepEqual(
    versionsOf(states(file(1), file(2), file(1)), file(1)).map((version) => version.seq),
    [3, 2, 1],
  );
});

test('a file sealed anew with the same bytes is no version, and one that was removed and put back neither', () => {
  const again = file(1, { content: file(7).content });
  assert.equal(versionsOf(states(file(1), again), again).length, 1);
  assert.equal(versionsOf(states(file(1), null, file(1)), file(1)).length, 1);
});

test('without a digest the sealed content decides', () => {
  const bare = (content: number) => file(content, { digest: null });
  assert.equal(versionsOf(states(bare(1), bare(2), bare(2)), bare(2)).length, 2);
});

test('of a file that is gone no version is current', () => {
  assert.deepEqual(
    versionsOf(states(file(1), file(2), null), null).map((version) => version.isCurrent),
    [false, false],
  );
  assert.deepEqual(versionsOf([], null), []);
});
