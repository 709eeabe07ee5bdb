// What changing a large tree costs, in milliseconds and in sealed bytes, with all nodes in memory. `node client/vault/bench/tree.ts [--json] [--quick]`.
import { formatHex, systemRandom } from '@reprise/kit';
import { buildDirectory } from '../src/directory.ts';
import { findEntry } from '../src/directory-find.ts';
import type { Entry } from '../src/entry.ts';
import { nodeEngine } from '../src/node.ts';
import { rootFid } from '../src/tree-change.ts';
import { diffTrees } from '../src/tree-diff.ts';
import { editTree, type TreeEdit, type TreeEdited } from '../src/tree-edit.ts';
import { mergeTrees } from '../src/tree-merge.ts';
import type { Ref } from '../src/tree-node.ts';

const scale = process.argv.includes('--quick') ? 10 : 1;
// Fixed, so that the cuts are the same in every run.
const boundaryKeys = Array.from({ length: 4 }, (_, i) => new Uint8Array(32).fill(4 + i));
const boundaryKey = boundaryKeys[0] as Uint8Array;
const objects = new Map<string, Uint8Array>();
const figures: { measure: string; unit: string; value: number }[] = [];
let fetched = 0;

const reader = {
  engine: nodeEngine,
  fetch: async (wanted: readonly { readonly id: Uint8Array }[]) => {
    fetched += wanted.length;
    return wanted.map(({ id }) => objects.get(formatHex(id)) ?? new Uint8Array());
  },
};
const writer = {
  engine: nodeEngine,
  random: systemRandom,
  put: ({ id, bytes }: { readonly id: Uint8Array; readonly bytes: Uint8Array }) => void objects.set(formatHex(id), bytes),
};

await measureOneDirectory(100_000 / scale);
await measureFolderOfAMillion();
await measureAddition(10_000 / scale);
await measureMerge(5_000 / scale);
if (process.argv.includes('--json')) console.log(JSON.stringify(figures));
else for (const { measure, unit, value } of figures) console.log(`${measure.padEnd(60)} ${value} ${unit}`);

function photo(number: number): Entry {
  const extent = { id: systemRandom(32), key: systemRandom(32), sealedLength: 4_194_596, offset: 0, length: 4_000_000 };
  return {
    name: `IMG_${String(number).padStart(7, '0')}.jpg`,
    fid: systemRandom(16),
    content: { kind: 'file', extents: [extent] },
    size: 4_000_000,
    mtimeNs: 1_700_000_000_000_000_000n + BigInt(number),
    executable: false,
    digest: systemRandom(32),
    thumb: null,
    ext: new Map(),
  };
}

function folder(name: string, ref: Ref, size: number): Entry {
  return { ...photo(0), name, fid: systemRandom(16), content: { kind: 'directory', ref }, size, digest: null };
}

async function measureOneDirectory(count: number): Promise<void> {
  const entries = Array.from({ length: count }, (_, i) => photo(i));
  const flat = await buildDirectory(entries, boundaryKey, writer);
  const some = entries[count >> 1] as Entry;
  const name = `${count.toLocaleString('en')} entries`;
  await measureEdit(`update one of ${name}`, flat, [{ kind: 'put', parent: rootFid, entry: { ...some, mtimeNs: 5n } }]);
  await measureEdit(`rename one of ${name}`, flat, [
    { kind: 'remove', parent: rootFid, name: some.name },
    { kind: 'put', parent: rootFid, entry: { ...some, name: 'a new name.jpg' } },
  ]);
  await measureManyEdits(entries, name);
}

/** Under several boundary keys and over entries everywhere: one edit says where one cut fell, and no more. */
async function measureManyEdits(entries: readonly Entry[], name: string): Promise<void> {
  const [updates, renames]: [TreeEdited[], TreeEdited[]] = [[], []];
  for (const key of boundaryKeys) {
    const flat = await buildDirectory(entries, key, writer);
    for (let i = 0; i < 100; i++) {
      const entry = entries[Math.floor(((i + 0.5) * entries.length) / 100)] as Entry;
      updates.push(await edit(flat, [{ kind: 'put', parent: rootFid, entry: { ...entry, mtimeNs: 5n } }], undefined, key));
      const renamed: TreeEdit = { kind: 'put', parent: rootFid, entry: { ...entry, name: `${entry.name} renamed` } };
      renames.push(await edit(flat, [{ kind: 'remove', parent: rootFid, name: entry.name }, renamed], undefined, key));
    }
  }
  for (const [what, edited] of Object.entries({ update: updates, rename: renames })) {
    const [kilobytes, nodes] = [edited.map(({ added }) => bytesOf(added) / 1_000), edited.map(({ added }) => added.length)];
    for (const [rank, share] of [
      ['median', 0.5],
      ['p95', 0.95],
    ] as const) {
      const of = `${what} one of ${name}, 400 times, ${rank}`;
      figures.push({ measure: `${of}: sealed`, unit: 'kB', value: Math.round(percentile(kilobytes, share) * 10) / 10 });
      figures.push({ measure: `${of}: nodes`, unit: 'nodes', value: percentile(nodes, share) });
    }
  }
}

/** Nearest rank. */
function percentile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.ceil(share * values.length) - 1] as number;
}

async function measureFolderOfAMillion(): Promise<void> {
  const folders: Entry[] = [];
  const perFolder = 10_000 / scale;
  for (let i = 0; i < 100; i++) {
    const entries = Array.from({ length: perFolder }, (_, j) => photo(i * perFolder + j));
    folders.push(folder(`folder ${i}`, await buildDirectory(entries, boundaryKey, writer), perFolder * 4_000_000));
  }
  const big = folder('big', await buildDirectory(folders, boundaryKey, writer), 1e12);
  const root = await buildDirectory([big, folder('other', await buildDirectory([], boundaryKey, writer), 0)], boundaryKey, writer);
  const name = `a folder with ${(100 * perFolder).toLocaleString('en')} files below`;
  const renamed = await measureEdit(`rename ${name}`, root, [
    { kind: 'remove', parent: rootFid, name: 'big' },
    { kind: 'put', parent: rootFid, entry: { ...big, name: 'bigger' } },
  ]);
  await measure(`compare after renaming ${name}`, () => diffTrees(root, renamed.root, reader));
  const fifty = folders[50] as Entry & { readonly content: { readonly ref: Ref } };
  const inside = await findEntry(fifty.content.ref, photo(50 * perFolder).name, reader);
  const edited = await measureEdit(
    `update a file two folders down in ${name}`,
    root,
    [{ kind: 'put', parent: fifty.fid, entry: { ...(inside as Entry), mtimeNs: 9n } }],
    () => ['big', 'folder 50'],
  );
  await measure(`compare after that update`, () => diffTrees(root, edited.root, reader));
}

async function measureAddition(count: number): Promise<void> {
  const entries = Array.from({ length: 1_000 }, (_, i) => photo(i));
  const root = await buildDirectory(entries, boundaryKey, writer);
  const edits = Array.from({ length: count }, (_, i): TreeEdit => ({ kind: 'put', parent: rootFid, entry: photo(1_000 + i) }));
  await measureEdit(`add ${count.toLocaleString('en')} files`, root, edits);
}

async function measureMerge(changes: number): Promise<void> {
  const entries = Array.from({ length: 20 * changes }, (_, i) => photo(i));
  const base = await buildDirectory(entries, boundaryKey, writer);
  const change = async (from: number): Promise<Ref> => {
    const chosen = entries.filter((_, i) => i % 20 === from);
    const edits = chosen.map((entry, i): TreeEdit[] => {
      if (i % 4 === 0) return [{ kind: 'remove', parent: rootFid, name: entry.name }];
      const put: TreeEdit = { kind: 'put', parent: rootFid, entry: { ...photo(i), name: `${from} ${entry.name}`, fid: entry.fid } };
      if (i % 4 === 1) return [{ kind: 'remove', parent: rootFid, name: entry.name }, put];
      if (i % 4 === 2) return [put].map((one) => ({ ...one, entry: { ...put.entry, name: entry.name } }) as TreeEdit);
      return [{ kind: 'put', parent: rootFid, entry: { ...photo(i), name: `new ${i} of ${from}` } }];
    });
    return (await edit(base, edits.flat())).root;
  };
  // Half of what they edit is the same files, so that there are conflicts to settle.
  const [ours, theirs] = [await change(3), await change(changes % 2 ? 3 : 7)];
  const name = `two devices with ${changes.toLocaleString('en')} changes each in ${(20 * changes).toLocaleString('en')} files`;
  await measure(`compare one device of ${name}`, () => diffTrees(base, ours, reader));
  const label = { moment: '2026-11-21 14.05', device: 'bench' };
  await measure(`merge ${name}`, () =>
    mergeTrees({ base, ours, theirs }, { boundaryKey, reader, writer, label, newFid: () => systemRandom(16) }),
  );
}

function edit(
  root: Ref,
  edits: readonly TreeEdit[],
  locate: () => readonly string[] | undefined = () => undefined,
  key = boundaryKey,
): Promise<TreeEdited> {
  return editTree(root, edits, { boundaryKey: key, reader, writer, locate });
}

function bytesOf(ids: readonly Uint8Array[]): number {
  return ids.reduce((sum, id) => sum + (objects.get(formatHex(id))?.length ?? 0), 0);
}

async function measureEdit(
  name: string,
  root: Ref,
  edits: readonly TreeEdit[],
  locate?: () => readonly string[] | undefined,
): Promise<TreeEdited> {
  const edited = await measure(name, () => edit(root, edits, locate));
  const bytes = bytesOf(edited.added);
  figures.push({ measure: `${name}, sealed: ${edited.added.length} nodes`, unit: 'kB', value: Math.round(bytes / 100) / 10 });
  return edited;
}

/** The median of five, after one that warms up. */
async function measure<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
  let result = await work();
  const times: number[] = [];
  const before = fetched;
  for (let i = 0; i < 5; i++) {
    const began = performance.now();
    result = await work();
    times.push(performance.now() - began);
  }
  const reading = `${name}, reading ${(fetched - before) / 5} nodes`;
  figures.push({ measure: reading, unit: 'ms', value: Math.round(percentile(times, 0.5) * 10) / 10 });
  return result;
}
