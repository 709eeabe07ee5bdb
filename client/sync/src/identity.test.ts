import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { identify, type KnownItem, type SeenItem, type Verdict } from './identity.ts';
import { Dice } from './testing/dice.ts';
import { actOnDisk, fillDisk } from './testing/person.ts';
import { rootNumber, VirtualDisk } from './testing/virtual-disk.ts';
import { type NodeId, rootId } from './tree.ts';

type Marks = { readonly birth?: number; readonly mtime?: number; readonly size?: number };

/** `name inode`; births follow inodes, so that a number handed on is told from a move. */
function known(name: string, inode: string, marks: Marks = {}, kind: KnownItem['kind'] = 'file', parent: NodeId = rootId): KnownItem {
  return { id: name.toUpperCase() as NodeId, parent, name, kind, stamp: stamp(inode, marks) };
}

function seen(name: string, inode: string, marks: Marks = {}, kind: SeenItem['kind'] = 'file', folder?: number): SeenItem {
  return { name, kind, stamp: stamp(inode, marks), ...(folder === undefined ? {} : { folder }) };
}

function stamp(inode: string, { birth = Number.parseInt(inode, 36), mtime = 1, size = 1 }: Marks): KnownItem['stamp'] {
  return { inode, birthNs: BigInt(birth), mtimeNs: BigInt(mtime), sizeBytes: size };
}

function verdicts(before: readonly KnownItem[], now: readonly SeenItem[]): Record<string, string> {
  const told = identify(before, now);
  const text = ({ id, row, contentOf }: Verdict): string =>
    [row, id ?? 'new', ...(contentOf === undefined ? [] : [`from ${contentOf}`])].join(' ');
  const shown = told.verdicts.map((verdict, i) => [now[i]?.name, text(verdict)]);
  return { ...Object.fromEntries(shown), ...(told.gone.length > 0 ? { gone: told.gone.join(' ') } : {}) };
}

const rows: Readonly<Record<string, () => void>> = {
  I1: () => assert.deepEqual(verdicts([known('a', '1')], [seen('a', '1', { mtime: 9, size: 9 })]), { a: 'I1 A' }),
  I2: () => {
    const [a, b, c] = [known('a', '1'), known('b', '2'), known('c', '3')];
    assert.deepEqual(verdicts([a, b], [seen('a', '2'), seen('b', '1')]), { a: 'I2 B', b: 'I2 A' });
    assert.deepEqual(verdicts([a, b, c], [seen('a', '2'), seen('b', '3'), seen('c', '1')]), { a: 'I2 B', b: 'I2 C', c: 'I2 A' });
    assert.deepEqual(verdicts([a, b], [seen('b', '1'), seen('c', '2')]), { b: 'I2 A', c: 'I3 B' });
    // A log that is rotated: the chain ends at a new file, so the names keep their nodes.
    assert.deepEqual(verdicts([a, b], [seen('a', '9'), seen('b', '1'), seen('c', '2')]), {
      a: 'I5 A',
      b: 'I5 B from A',
      c: 'I7 new from B',
    });
  },
  I3: () => {
    assert.deepEqual(verdicts([known('a', '1')], [seen('b', '1', { mtime: 9, size: 9 })]), { b: 'I3 A' });
    assert.deepEqual(verdicts([known('a', '1', { birth: 0 })], [seen('b', '1', { birth: 0 })]), { b: 'I3 A' });
    const folder = known('f', '5', { birth: 0 }, 'folder');
    const inside = [known('x', '6', {}, 'file', folder.id), known('y', '7', {}, 'file', folder.id)];
    const moved = [seen('g', '5', { birth: 0 }, 'folder'), seen('x', '6', {}, 'file', 0)];
    assert.deepEqual(verdicts([folder, ...inside], moved), { g: 'I3 F', x: 'I1 X', gone: 'Y' });
    // The folder's number went to one made in it while the disk was looked at: seen twice, it tells nothing.
    const within = [
      seen('f', '5', { birth: 1 }, 'folder'),
      seen('g', '5', { birth: 2 }, 'folder', 0),
      seen('x', '6', { birth: 2 }, 'file', 1),
    ];
    assert.deepEqual(verdicts([folder, inside[0] as KnownItem], within), { f: 'I1 F', g: 'I7 new', x: 'I3 X' });
  },
  I4: () => assert.deepEqual(verdicts([known('a', '1'), known('b', '2')], [seen('b', '1')]), { b: 'I4 B from A', gone: 'A' }),
  I5: () => {
    const saved = [seen('a', '9', { mtime: 5 }), seen('a~', '1')];
    assert.deepEqual(verdicts([known('a', '1')], saved), { a: 'I5 A', 'a~': 'I7 new from A' });
  },
  I6: () => {
    assert.deepEqual(verdicts([known('a', '1')], [seen('a', '9', { mtime: 5 })]), { a: 'I6 A' });
    assert.deepEqual(verdicts([known('f', '1', {}, 'folder')], [seen('f', '9', {}, 'folder')]), { f: 'I6 F' });
  },
  I7: () => {
    assert.deepEqual(verdicts([known('a', '1')], [seen('b', '2')]), { b: 'I7 new', gone: 'A' });
    assert.deepEqual(verdicts([known('a', '1')], [seen('a', '1', {}, 'folder')]), { a: 'I7 new', gone: 'A' });
    // A freed number that the next file got.
    assert.deepEqual(verdicts([known('a', '1')], [seen('b', '1', { birth: 77, mtime: 8 })]), { b: 'I7 new', gone: 'A' });
    assert.deepEqual(verdicts([known('a', '1', { birth: 0 })], [seen('b', '1', { birth: 0, mtime: 8 })]), { b: 'I7 new', gone: 'A' });
    // A second name for one inode.
    assert.deepEqual(verdicts([known('a', '1')], [seen('a', '1'), seen('b', '1')]), { a: 'I1 A', b: 'I7 new' });
    assert.deepEqual(verdicts([known('a', '1')], [seen('b', '1'), seen('c', '1')]), { b: 'I7 new', c: 'I7 new', gone: 'A' });
  },
};

describe('the rows of “Which node is this”', () => {
  const text = readFileSync(join(import.meta.dirname, '../../../spec/sync.md'), 'utf8');
  const named = [...text.matchAll(/^\| (I\d) \|/gm)].map(([, row]) => row as string);
  test('are all tried, and no others', () => assert.deepEqual(Object.keys(rows), named));
  for (const row of named) test(row, () => rows[row]?.());
});

test('whatever is done to a disk, nobody becomes two, nobody is forgotten, and what has its inode and a place of its own is itself', () => {
  for (let seed = 0; seed < 300; seed++) {
    const [dice, disk] = [new Dice(seed), new VirtualDisk({ foldsCase: false, forms: 'keeps' })];
    fillDisk(disk, dice, () => 'w');
    const before = [...disk.walk()].map((inode): KnownItem => {
      const parent = inode.parent === rootNumber ? rootId : (`${inode.parent}` as NodeId);
      return {
        id: `${inode.number}` as NodeId,
        parent,
        name: inode.name,
        kind: inode.kind,
        stamp: stamp(`${inode.number}`, { birth: inode.number }),
      };
    });
    for (let i = 0; i < 8; i++) actOnDisk(disk, dice, () => 'w');
    const inodes = [...disk.walk()];
    const index = new Map(inodes.map(({ number }, i) => [number, i]));
    const now = inodes.map((inode): SeenItem => {
      const folder = index.get(inode.parent);
      return {
        name: inode.name,
        kind: inode.kind,
        stamp: stamp(`${inode.number}`, { birth: inode.number }),
        ...(folder === undefined ? {} : { folder }),
      };
    });
    const told = identify(before, now);
    const ids = told.verdicts.flatMap(({ id }) => id ?? []);
    assert.deepEqual([...ids, ...told.gone].toSorted(), before.map(({ id }) => id).toSorted(), `seed ${seed}`);
    told.verdicts.forEach(({ id, row }, i) => {
      const number = `${inodes[i]?.number}`;
      if (row === 'I1' || row === 'I2' || row === 'I3') assert.equal(id, number, `seed ${seed}`);
      if (row === 'I7')
        assert.ok(!before.some((item) => item.id === number && !told.gone.includes(item.id) && item.kind === 'folder'), `seed ${seed}`);
    });
  }
});
