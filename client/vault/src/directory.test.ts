import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { compareBytes, encodeUtf8, formatHex, systemRandom } from '@reprise/kit';
import fc from 'fast-check';
import { buildDirectory, readDirectory } from './directory.ts';
import { cutByName } from './directory-cut.ts';
import type { Entry } from './entry.ts';
import { nameProblem } from './names.ts';
import { nodeEngine } from './node.ts';
import { fileEntry } from './testing/tree-store.ts';
import type { NodeReader, NodeWriter, Ref } from './tree-node.ts';

class Store {
  readonly objects = new Map<string, Uint8Array>();
  fetched = 0;
  readonly writer: NodeWriter = {
    engine: nodeEngine,
    random: systemRandom,
    put: ({ id, bytes }) => void this.objects.set(formatHex(id), bytes),
  };
  readonly reader: NodeReader = {
    engine: nodeEngine,
    fetch: async (wanted) =>
      wanted.map(({ id, sealedLength }) => {
        this.fetched++;
        const bytes = this.objects.get(formatHex(id)) ?? new Uint8Array();
        assert.equal(bytes.length, sealedLength);
        return bytes;
      }),
  };
}

async function namesOf(ref: Ref, reader: NodeReader): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of readDirectory(ref, reader)) names.push(name);
  return names;
}

const byBytes = (a: string, b: string): number => compareBytes(encodeUtf8(a), encodeUtf8(b));
const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).filter((text) => nameProblem(text) === undefined);

test('any entries come back in the order of their names’ bytes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(name, { maxLength: 700 }), async (names) => {
      const store = new Store();
      const ref = await buildDirectory(
        names.map((name) => fileEntry(name)),
        systemRandom(32),
        store.writer,
      );
      assert.deepEqual(await namesOf(ref, store.reader), names.toSorted(byBytes));
      assert.equal(store.fetched, store.objects.size);
    }),
    { numRuns: 30 },
  );
});

test('entries come back field by field', async () => {
  const store = new Store();
  const extent = { id: systemRandom(32), key: systemRandom(32), sealedLength: 4_148, offset: 0, length: 7 };
  const file: Entry = {
    ...fileEntry('file'),
    content: { kind: 'file', extents: [extent] },
    size: 7,
    mtimeNs: -5n,
    executable: true,
    digest: systemRandom(32),
  };
  const below = await buildDirectory([file], systemRandom(32), store.writer);
  const folder: Entry = { ...fileEntry('folder'), content: { kind: 'directory', ref: below }, size: 7 };
  const root = await buildDirectory(
    [folder, { ...fileEntry('link'), content: { kind: 'symlink', target: 'folder/file' } }],
    systemRandom(32),
    store.writer,
  );
  const read: Entry[] = [];
  for await (const one of readDirectory(root, store.reader)) read.push(one);
  assert.deepEqual(read[0], folder);
  assert.equal(read[1]?.name, 'link');
  for await (const one of readDirectory(below, store.reader)) assert.deepEqual(one, file);
});

test('a new name rewrites few leaves', () => {
  const boundaryKey = new Uint8Array(32).fill(6);
  const names = Array.from({ length: 5_000 }, (_, i) => `IMG_${String(i).padStart(6, '0')}`);
  const leaves = (list: readonly string[]): Set<string> =>
    new Set(cutByName(boundaryKey, 0, list, (one) => one).map((leaf) => leaf.join('/')));
  const before = leaves(names);
  let made = 0;
  for (let i = 0; i < 100; i++) {
    const after = leaves([...names, `${names[50 * i]}a`].sort());
    made += [...after].filter((leaf) => !before.has(leaf)).length;
  }
  assert.ok(made < 200, `${made} leaves for 100 names`);
});

test('names chosen against a guessed key do not make leaves larger than the bound', () => {
  const guessed = new Uint8Array(32);
  const never = Array.from({ length: 2_200 }, (_, i) => `n${i}`).filter((one) => {
    const h = createHmac('sha256', guessed).update(Uint8Array.of(0)).update(one).digest().readUInt32BE();
    return h >= 134_217_728;
  });
  const against = cutByName(guessed, 0, never, (one) => one);
  assert.ok(Math.max(...against.map((leaf) => leaf.length)) <= 768);
  const real = cutByName(systemRandom(32), 0, never, (one) => one);
  assert.ok(real.length >= 3);
});

test('one name twice is refused', async () => {
  await assert.rejects(buildDirectory([fileEntry('a'), fileEntry('a')], systemRandom(32), new Store().writer), { code: 'bad-name' });
});

test('every object of a tree is needed and none may be another', async () => {
  const store = new Store();
  const ref = await buildDirectory(
    Array.from({ length: 600 }, (_, i) => fileEntry(`file ${i}`)),
    systemRandom(32),
    store.writer,
  );
  const ids = [...store.objects.keys()];
  for (const id of ids) {
    const lying: NodeReader = {
      ...store.reader,
      fetch: async (wanted) =>
        (await store.reader.fetch(wanted)).map((bytes, i) =>
          formatHex(wanted[i]?.id as Uint8Array) === id
            ? (store.objects.get(ids.find((other) => other !== id) as string) as Uint8Array)
            : bytes,
        ),
    };
    await assert.rejects(namesOf(ref, lying), { code: 'reject' });
  }
});

test('a reader that stops early fetches no more', async () => {
  const store = new Store();
  const ref = await buildDirectory(
    Array.from({ length: 30_000 }, (_, i) => fileEntry(`file ${i}`)),
    systemRandom(32),
    store.writer,
  );
  for await (const { name: first } of readDirectory(ref, store.reader)) {
    assert.equal(first, 'file 0');
    break;
  }
  assert.ok(store.fetched <= 65 && store.fetched < store.objects.size, `${store.fetched} of ${store.objects.size}`);
});
