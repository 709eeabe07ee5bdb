// The files prolly, apply and merge: how trees change.
import { type DcborValue, encodeDcbor } from '@reprise/protocol/formats';
import {
  applyDelta,
  buildDirectory,
  cutByName,
  type DirectoryEdit,
  editDirectory,
  encodeDelta,
  type Engine,
  type Entry,
  encodeEntry,
  mergeChanges,
  rootFid,
  sealNewNodes,
  type TreeDelta,
  type TreeDifference,
} from '@reprise/vault';
import { fixed, hash, hex, u32, type VectorCase, type VectorFile } from './reference.ts';

type Bytes = Uint8Array<ArrayBuffer>;

const boundaryKey = fixed('boundary key') as Bytes;
const photos = 'IMG_#.JPG';
const label = { moment: '2026-11-21 14.05', device: 'anna-laptop' };

function pattern(number: number, use: number): Bytes {
  return hash(u32(number >>> 0), Uint8Array.of(use)) as Bytes;
}

function entry(name: string, number: number, fields: Partial<Entry> = {}): Entry {
  const about = { size: 0, mtimeNs: 1_700_000_000_000_000_000n, executable: false, digest: null, thumb: null, ext: new Map() };
  return { name, fid: pattern(number, 2).slice(0, 16), content: { kind: 'file', extents: [] }, ...about, ...fields };
}

function photo(number: number): string {
  return photos.replace('#', String(number).padStart(6, '0'));
}

class Store {
  readonly objects = new Map<string, Uint8Array>();
  readonly engine: Engine;
  #keys = 0;
  readonly #seed: number;

  constructor(engine: Engine, seed: number) {
    this.engine = engine;
    this.#seed = seed;
  }

  readonly random = (): Bytes => pattern(this.#seed * 65_536 + this.#keys++, 3);
  readonly put = ({ id, bytes }: { readonly id: Uint8Array; readonly bytes: Uint8Array }): void => void this.objects.set(hex(id), bytes);
  readonly fetch = async (wanted: readonly { readonly id: Uint8Array }[]) => wanted.map(({ id }) => this.objects.get(hex(id)) ?? new Uint8Array());

  build(count: number) {
    return buildDirectory(
      Array.from({ length: count }, (_, n) => entry(photo(n), n)),
      boundaryKey,
      this,
    );
  }
}

export async function makeProlly(engine: Engine): Promise<VectorFile> {
  const cuts = [257, 1_000, 10_000, 100_000, 130_000].map((cut): VectorCase => {
    const leaves = cutByName(boundaryKey, 0, Array.from({ length: cut }, (_, n) => photo(n)), (name) => name);
    const inner = leaves.length > 512 ? cutByName(boundaryKey, 1, leaves, (leaf) => leaf[0] as string) : [];
    const about = { pattern: photos, boundaryKey: hex(boundaryKey) };
    return { name: `cuts of ${cut}`, verdict: 'accepted', cut, ...about, leaves: leaves.map((leaf) => leaf.length), inner: inner.map((node) => node.length) };
  });
  const edits: VectorCase[] = [];
  const add = async (name: string, entries: number, put: readonly string[], remove: readonly string[]): Promise<void> => {
    const seed = 40 + edits.length;
    const store = new Store(engine, seed);
    const before = await store.build(entries);
    const sealed = store.objects.size;
    const all: DirectoryEdit[] = [
      ...put.map((one): DirectoryEdit => ({ kind: 'put', entry: entry(one, 0) })),
      ...remove.map((one): DirectoryEdit => ({ kind: 'remove', name: one })),
    ];
    const edited = await editDirectory(before, all, { boundaryKey, reader: store, seal: sealNewNodes(store) });
    const { id, key, length } = edited.ref;
    edits.push({
      name,
      verdict: 'accepted',
      pattern: photos,
      entries,
      boundaryKey: hex(boundaryKey),
      seed,
      put,
      remove,
      below: edited.nodes.map((node) => [node.level, node.firstName]),
      sealed: store.objects.size - sealed,
      root: { id: hex(id), key: hex(key), length },
    });
  };
  await add('update', 10_000, [photo(5_000)], []);
  await add('a name more', 10_000, ['IMG_005000a.JPG'], []);
  await add('a name less', 10_000, [], [photo(5_000)]);
  await add('a name before all', 1_000, ['A'], []);
  await add('a name after all', 1_000, ['Z'], []);
  await add('the first name less', 1_000, [], [photo(0)]);
  await add('a rename', 1_000, ['IMG_000900b.JPG'], [photo(100)]);
  await add('256 to 257', 256, ['IMG_000100a.JPG'], []);
  await add('257 to 256', 257, [], [photo(100)]);
  await add('to nothing', 3, [], [photo(0), photo(1), photo(2)]);
  await add('nothing changes', 1_000, [], ['absent']);
  const twice: VectorCase = { ...(edits[0] as VectorCase), name: 'two edits of one name', verdict: 'refused', code: 'bad-name', step: 'names', remove: [photo(5_000)] };
  return {
    about: 'Where fixed names are cut, and what editing a directory seals: [level, first name] of the nodes below the top, and the top.',
    spec: 'directories.md',
    cases: [...cuts, ...edits, twice],
  };
}

export async function makeApply(engine: Engine): Promise<VectorFile> {
  const store = new Store(engine, 60);
  const before = await store.build(1_000);
  const put = entry('IMG_000500a.JPG', 5_000);
  const edits: DirectoryEdit[] = [
    { kind: 'put', entry: put },
    { kind: 'remove', name: photo(100) },
  ];
  const { ref, nodes } = await editDirectory(before, edits, { boundaryKey, reader: store, seal: sealNewNodes(store) });
  const delta: TreeDelta = {
    changes: edits.map((edit) => ({ parent: rootFid, ...edit })),
    nodes: nodes.map((node) => ({ directory: rootFid, ...node })),
  };
  const made = (await applyDelta(before, ref, delta, { boundaryKey, reader: store })).map(({ id }) => hex(id)).toSorted();
  const about = { pattern: photos, entries: 1_000, boundaryKey: hex(boundaryKey), seed: 60, after: hex(encodeDcbor([ref.id, ref.key, ref.length])) };
  const told = (value: TreeDelta): string => hex(encodeDelta(value));
  const refuse = (name: string, step: string, lie: Partial<TreeDelta>): VectorCase => ({
    name,
    verdict: 'refused',
    code: 'delta-refused',
    step,
    ...about,
    delta: told({ ...delta, ...lie }),
    made: [],
  });
  const [first, ...rest] = delta.nodes as [TreeDelta['nodes'][number], ...TreeDelta['nodes']];
  const other = entry('IMG_000500a.JPG', 5_000, { mtimeNs: 1n });
  return {
    about: 'A delta applied to a directory of 1,000 names made as in the file directory: the ids of all nodes it leads to.',
    spec: 'merge.md',
    cases: [
      { name: 'a name more and one less', verdict: 'accepted', ...about, delta: told(delta), made },
      { name: 'in another order', verdict: 'accepted', ...about, delta: told({ changes: delta.changes.toReversed(), nodes: delta.nodes.toReversed() }), made },
      refuse('another time', 'id', { changes: [{ kind: 'put', parent: rootFid, entry: other }, ...delta.changes.slice(1)] }),
      refuse('a change less', 'id', { changes: delta.changes.slice(1) }),
      refuse('a change more', 'id', { changes: [...delta.changes, { kind: 'remove', parent: rootFid, name: photo(7) }] }),
      refuse('a change twice', 'place', { changes: [...delta.changes, ...delta.changes.slice(0, 1)] }),
      refuse('a node less', 'id', { nodes: rest }),
      refuse('a node twice', 'place', { nodes: [...delta.nodes, first] }),
      refuse('a node of another id', 'id', { nodes: [{ ...first, ref: { ...first.ref, id: fixed('another id') as Bytes } }, ...rest] }),
      refuse('a node of another key', 'id', { nodes: [{ ...first, ref: { ...first.ref, key: fixed('another key') as Bytes } }, ...rest] }),
      refuse('no change', 'id', { changes: [] }),
      refuse('an unknown directory', 'entry', { changes: [...delta.changes, { kind: 'remove', parent: fixed('fid', 16) as Bytes, name: 'x' }] }),
    ],
  };
}

type Stand = readonly [parent: Uint8Array, entry: Entry] | null;

export function makeMerge(): VectorFile {
  const cases: VectorCase[] = [];
  const add = (name: string, ours: readonly (readonly [Stand, Stand])[], theirs: readonly (readonly [Stand, Stand])[]): void => {
    const merged = mergeChanges({
      ours: ours.map(asDifference),
      theirs: theirs.map(asDifference),
      label,
      newFid: () => fixed('copy', 16) as Bytes,
    });
    cases.push({
      name,
      verdict: 'accepted',
      ours: ours.map((pair) => pair.map(sayStand)),
      theirs: theirs.map((pair) => pair.map(sayStand)),
      label,
      random: [hex(fixed('copy', 16))],
      edits: merged.edits.map(sayEdit).toSorted(),
      conflicts: merged.conflicts.map(({ kind, fid }) => [kind, hex(fid)]),
    });
  };
  const ref = (word: string) => ({ id: fixed(`id ${word}`) as Bytes, key: fixed(`key ${word}`) as Bytes, length: 100 });
  const folder = (name: string, number: number, word: string): Entry => entry(name, number, { content: { kind: 'directory', ref: ref(word) } });
  const [a, b] = [folder('a', 1, 'a'), folder('b', 2, 'b')];
  const f = entry('f.txt', 3, { content: { kind: 'symlink', target: 'old' } });
  const edited = (word: string): Entry => ({ ...f, content: { kind: 'symlink', target: word } });
  const acts = (word: string, to: Entry): readonly (readonly [string, Stand])[] => [
    ['e', [rootFid, edited(word)]],
    ['m', [to.fid, f]],
    ['em', [to.fid, edited(word)]],
    ['d', null],
  ];
  const toA = [[rootFid, a], [rootFid, folder('a', 1, 'a of ours')]] as const;
  const toB = [[rootFid, b], [rootFid, folder('b', 2, 'b of theirs')]] as const;
  for (const [mine, o] of acts('ours', a)) {
    for (const [other, t] of acts('theirs', b)) {
      const ours = mine.includes('m') ? [toA, [[rootFid, f], o] as const] : [[[rootFid, f], o] as const];
      const theirs = other.includes('m') ? [toB, [[rootFid, f], t] as const] : [[[rootFid, f], t] as const];
      add(`${mine} here, ${other} in the log`, ours, theirs);
    }
  }
  add('two new files of one name', [[null, [rootFid, entry('n', 10, { executable: true })]]], [[null, [rootFid, entry('n', 11)]]]);
  add('two new links of one name', [[null, [rootFid, { ...edited('x'), fid: a.fid }]]], [[null, [rootFid, { ...edited('y'), fid: b.fid }]]]);
  add('two new folders of one name', [[null, [rootFid, a]], [null, [a.fid, f]]], [[null, [rootFid, { ...b, name: 'a' }]], [null, [b.fid, entry('g', 12)]]]);
  add('a new link and a new folder', [[null, [rootFid, { ...edited('x'), name: 'a' }]]], [[null, [rootFid, a]]]);
  add('a new folder and a new link', [[null, [rootFid, a]]], [[null, [rootFid, { ...edited('x'), name: 'a' }]]]);
  add('moves into each other', [[[rootFid, a], [b.fid, a]], toB], [[[rootFid, b], [a.fid, b]], [[rootFid, a], [rootFid, folder('a', 1, 'a of theirs')]]]);
  add('a folder deleted here, a link added to it there', [[[rootFid, a], null]], [toA, [null, [a.fid, f]]]);
  add('a folder deleted there, a link added to it here', [toA, [null, [a.fid, f]]], [[[rootFid, a], null]]);
  add('a folder deleted here, renamed there', [[[rootFid, a], null]], [[[rootFid, a], [rootFid, { ...a, name: 'z' }]]]);
  add('a folder deleted there, renamed here', [[[rootFid, a], [rootFid, { ...a, name: 'z' }]]], [[[rootFid, a], null]]);
  return {
    about: 'Differences of two sides from their base, and edits of theirs that join them; others that lead to the same tree are as good.',
    spec: 'merge.md',
    cases,
  };
}

function asDifference([before, after]: readonly [Stand, Stand]): TreeDifference {
  const place = ([parent, one]: NonNullable<Stand>) => ({ parent: parent as Bytes, entry: one });
  if (!before) return { kind: 'added', after: place(after as NonNullable<Stand>) };
  return after ? { kind: 'changed', before: place(before), after: place(after) } : { kind: 'removed', before: place(before) };
}

function sayStand(stand: Stand): readonly [string, string] | null {
  return stand && [hex(stand[0]), hex(encodeDcbor(encodeEntry(stand[1])))];
}

function sayEdit(edit: ReturnType<typeof mergeChanges>['edits'][number]): string {
  const say = (value: DcborValue): string => hex(encodeDcbor(value));
  if (edit.kind === 'remove') return say([1, edit.parent, edit.name]);
  const { content, name, fid } = edit.entry;
  if (content.kind === 'directory' && content.ref === null) return say([2, edit.parent, name, fid]);
  return say([0, edit.parent, encodeEntry(edit.entry as Entry)]);
}
