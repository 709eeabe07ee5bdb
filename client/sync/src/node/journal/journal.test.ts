// What a journal keeps, whom it refuses, and that it knows whose rows differ.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { Failure } from '@reprise/protocol/formats';
import { type NodeId, rootId, type TreeNode } from '../../tree.ts';
import { isSameRow } from '../../situation.ts';
import { Journal } from './journal.ts';
import type { LocalRow } from './trees.ts';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'reprise-journal-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const of = { root: 'r1', space: 's1', folder: '0'.repeat(32) };
const fileOf = (): string => join(folder, 'deep', 'journal.db');
const id = (n: number): NodeId => n.toString(16).padStart(32, '0') as NodeId;

function node(n: number, change: Partial<TreeNode> = {}): TreeNode {
  return { id: id(n), parent: rootId, name: `n${n}`, kind: 'file', content: `c${n}`, isExecutable: false, ...change };
}

function localRow(n: number, change: Partial<LocalRow> = {}): LocalRow {
  const stamp = { inode: `1:${n}`, birthNs: 5n, mtimeNs: 1_795_350_540_266_123_456n, ctimeNs: 7n, sizeBytes: 8 };
  return { ...node(n), diskName: `n${n}`, ...stamp, digest: null, lookedNs: 9n, source: null, ...change };
}

const remoteRow = (n: number, change: Partial<TreeNode> = {}) => ({ ...node(n, change), sizeBytes: 3, mtimeNs: -4n });
const none = (): boolean => false;

describe('a journal', () => {
  test('knows how chunks begin and end, the later word for the earlier', () => {
    const file = fileOf();
    const [chunk, other] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
    const ends = { first: 0xffff_fffe, last: 7 };
    {
      using journal = Journal.open(file, of);
      journal.noteEnds([{ id: chunk, ends: { first: 1, last: 2 } }]);
      journal.noteEnds([{ id: chunk, ends }]);
    }
    using journal = Journal.open(file, of);
    assert.deepEqual(journal.endsOf(chunk), ends);
    assert.equal(journal.endsOf(other), undefined);
  });

  test('keeps what it was told, to the nanosecond, for its owner alone', () => {
    const row = localRow(1, { stall: 'locked', holdsIgnored: true, isExecutable: true, digest: 'd', source: id(9) });
    {
      using journal = Journal.open(fileOf(), of);
      journal.putLocal(row);
      journal.putRemote({ ...remoteRow(2), stall: 'damaged' });
      journal.putSynced(node(3, { kind: 'folder' }));
      journal.setFact('state', new Uint8Array([1, 2]));
    }
    assert.equal(statSync(fileOf()).mode & 0o077, 0);
    using journal = Journal.open(fileOf(), of);
    assert.deepEqual(journal.local.get(id(1)), row);
    assert.deepEqual(journal.remote.get(id(2)), { ...remoteRow(2), stall: 'damaged' });
    assert.deepEqual(journal.synced.get(id(3)), node(3, { kind: 'folder' }));
    assert.deepEqual(journal.fact('state'), new Uint8Array([1, 2]));
    assert.deepEqual(journal.local.named(rootId, 'N1'), [row]);
    assert.deepEqual(journal.localByInode('1:1'), [row]);
  });

  test('knows whose rows were written to, and not whose times alone changed', () => {
    using journal = Journal.open(fileOf(), of);
    journal.putLocal(localRow(1));
    journal.putRemote(remoteRow(2));
    journal.putSynced(node(3));
    assert.deepEqual([...journal.touched(none)].sort(), [id(1), id(2), id(3)]);
    assert.deepEqual([...journal.touched(() => true)], []);
    assert.deepEqual([...journal.touched(none)], []);
    journal.putLocal(localRow(1, { mtimeNs: 1n, lookedNs: 2n }));
    assert.deepEqual([...journal.touched(none)], []);
    journal.putLocal(localRow(1, { name: 'other' }));
    journal.dropRemote(id(2));
    journal.putSynced(node(3, { content: 'new' }));
    assert.deepEqual([...journal.touched(none)].sort(), [id(1), id(2), id(3)]);
  });

  test('does all of a transaction, or nothing', () => {
    using journal = Journal.open(fileOf(), of);
    assert.throws(() =>
      journal.write(() => {
        journal.putSynced(node(1));
        journal.write(() => journal.putSynced(node(2)));
        throw new Error('stopped');
      }),
    );
    assert.equal(journal.synced.size, 0);
    assert.deepEqual([...journal.touched(none)], []);
  });

  test('forgets at once exactly those whose rows a plan would call equal', () => {
    using journal = Journal.open(fileOf(), of);
    const changes: readonly (Partial<TreeNode> | null)[] = [
      null,
      {},
      { parent: id(7) },
      { name: 'x' },
      { content: 'x' },
      { isExecutable: true },
    ];
    const marks: readonly Partial<LocalRow>[] = [{}, { stall: 'locked' }, { isHusk: true }];
    const equal = new Set<NodeId>();
    let n = 0;
    journal.write(() => {
      for (const theirs of changes)
        for (const ours of changes)
          for (const base of changes)
            for (const mark of marks)
              for (const remoteMark of marks.slice(0, 2)) {
                n++;
                if (theirs) journal.putRemote({ ...remoteRow(n, theirs), ...(remoteMark as { stall?: 'locked' }) });
                if (ours) journal.putLocal({ ...localRow(n, ours), ...mark });
                if (base) journal.putSynced(node(n, base));
                journal.touch(id(n));
                const [a, b, c] = [journal.remote.get(id(n)), journal.local.get(id(n)), journal.synced.get(id(n))];
                const isNone = !a && !b && !c;
                if (isNone || (a && b && c && !a.stall && !b.stall && !b.isHusk && isSameRow(a, c) && isSameRow(b, c))) equal.add(id(n));
              }
    });
    const all = journal.touched(none);
    assert.equal(all.size, n);
    journal.forgetEqual();
    assert.deepEqual([...all.difference(journal.touched(none))].sort(), [...equal].sort());
    assert.ok(equal.size > 0 && equal.size < n);
  });

  test('takes what is below along: a remote folder that goes, a local one that gets another id', () => {
    using journal = Journal.open(fileOf(), of);
    for (const [n, parent] of [
      [1, rootId],
      [2, id(1)],
      [3, id(2)],
    ] as const)
      journal.putRemote(remoteRow(n, { parent }));
    journal.dropRemote(id(1));
    assert.equal(journal.remote.size, 0);
    journal.putLocal(localRow(1, { kind: 'folder' }));
    journal.putLocal(localRow(2, { parent: id(1) }));
    journal.relabelLocal(id(1), id(7));
    assert.equal(journal.local.get(id(1)), undefined);
    assert.deepEqual(journal.pathIn(journal.local, id(2)), ['n1', 'n2']);
    const pathOf = journal.pathsIn(journal.local);
    for (const one of [id(2), id(1), rootId, id(99)]) assert.deepEqual(pathOf(one), journal.pathIn(journal.local, one));
    assert.equal(journal.local.get(id(2))?.parent, id(7));
  });

  test('is refused where it is of another root, of a newer program, or no journal at all', () => {
    Journal.open(fileOf(), of)[Symbol.dispose]();
    const refused = (reason: string, other = of): void =>
      assert.throws(
        () => Journal.open(fileOf(), other),
        (error) => error instanceof Failure && error.code === 'bad-journal' && error.facts['reason'] === reason,
      );
    refused('other-root', { ...of, root: 'r2' });
    refused('other-root', { ...of, space: 's2' });
    refused('other-root', { ...of, folder: '1'.repeat(32) });
    const database = new DatabaseSync(fileOf());
    database.exec('PRAGMA user_version = 999');
    database.close();
    refused('newer');
    truncateSync(fileOf(), 0);
    writeFileSync(fileOf(), 'what no database begins with, and long enough to be looked at'.repeat(100));
    rmSync(`${fileOf()}-wal`, { force: true });
    refused('damaged');
  });

  test('tells since when something is in the way, and what happened to a node', () => {
    using journal = Journal.open(fileOf(), of);
    journal.setTroubles([{ path: 'a', node: id(1), reason: 'locked' }], 100);
    journal.setTroubles(
      [
        { path: 'a', node: id(1), reason: 'locked' },
        { path: 'b', node: null, reason: 'name-bytes' },
      ],
      200,
    );
    assert.deepEqual(
      journal.troubles().map(({ path, sinceMs }) => [path, sinceMs]),
      [
        ['a', 100],
        ['b', 200],
      ],
    );
    journal.setTroubles([], 300);
    assert.deepEqual(journal.troubles(), []);
    journal.tell([
      { atMs: 1, node: id(1), path: 'a', row: 'N1', what: 'up' },
      { atMs: 2, node: id(2), path: 'b', row: null, what: 'down' },
    ]);
    assert.deepEqual(
      journal.events(5).map(({ path }) => path),
      ['b', 'a'],
    );
    assert.deepEqual(
      journal.events(5, { node: id(1), path: 'x' }).map(({ what }) => what),
      ['up'],
    );
  });
});
