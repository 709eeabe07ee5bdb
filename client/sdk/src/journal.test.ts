import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { systemRandom } from '@reprise/kit';
import { nodeEngine } from '@reprise/vault/node';
import { Journal, type JournalStart } from './journal.ts';
import { journalFile } from './node/journal-file.ts';

let folder: string;
let file: string;
const key = systemRandom(32);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'reprise-journal-'));
  file = join(folder, 'one');
});
afterEach(() => rmSync(folder, { recursive: true }));

const start: JournalStart = {
  server: 'http://localhost:8080',
  ownerSecret: systemRandom(32),
  space: systemRandom(32),
  envelope: systemRandom(300),
  spaceCreatedMs: 1_700_000_000_000,
  face: { title: 'Été', label: 'l', createdMs: 1_700_000_000_001, stretched: new Uint8Array(0) },
  terms: { expiresAt: null, downloadsMax: 3 },
};

function open(at = file, withKey = key) {
  const store = journalFile(at);
  return { store, journal: new Journal(store, { engine: nodeEngine, key: withKey, random: systemRandom }) };
}

const chunk = (path: string, at: number) => ({ path, start: at, id: systemRandom(32), key: systemRandom(32), sealedLength: 4_194_596 });

async function write(chunks: ReturnType<typeof chunk>[], files = 3000): Promise<void> {
  const { store, journal } = open();
  await journal.load();
  await journal.start(start);
  await journal.files(
    Array.from({ length: files }, (_, i) => ({ path: `folder/file ${i}`, size: i, mtimeNs: BigInt(i) * 1_000_000_007n })),
  );
  await journal.chunks(chunks);
  store[Symbol.dispose]();
}

async function load(at = file, withKey = key) {
  const { store, journal } = open(at, withKey);
  try {
    return await journal.load();
  } finally {
    store[Symbol.dispose]();
  }
}

test('what was written is read back, over many records', async () => {
  const chunks = Array.from({ length: 4000 }, (_, i) => chunk(`folder/file ${i % 3000}`, i < 3000 ? 0 : 4_194_304));
  await write(chunks);
  const state = await load();
  assert.deepEqual(state?.start, start);
  assert.equal(state?.files.size, 3000);
  assert.equal(state?.files.get('folder/file 2999')?.mtimeNs, 2999n * 1_000_000_007n);
  assert.equal(state?.complete, false);
  for (const { path, start: at, id, key: chunkKey, sealedLength } of chunks)
    assert.deepEqual(state?.known.get(path)?.get(at), { id, key: chunkKey, sealedLength });
});

test('what the person changed of the link since the start is read back beside what it began with', async () => {
  await write([], 2);
  const { store, journal } = open();
  await journal.load();
  const face = { ...start.face, label: 'another', stretched: systemRandom(32) };
  await journal.face(face);
  store[Symbol.dispose]();
  const state = await load();
  assert.deepEqual(state?.start, start);
  assert.deepEqual(state?.face, face);
  assert.equal(state?.files.size, 2);
});

test('a record that was cut short anywhere is left out, and the next takes its place', async () => {
  await write([], 2);
  const whole = statSync(file).size;
  {
    const { store, journal } = open();
    await journal.load();
    await journal.files([{ path: 'a', size: 1, mtimeNs: 0n }]);
    await journal.chunks([chunk('a', 0)]);
    store[Symbol.dispose]();
  }
  const full = readFileSync(file);
  for (let length = whole; length < full.length; length += 7) {
    writeFileSync(file, full);
    truncateSync(file, length);
    assert.equal((await load())?.known.size, 0, `${length} bytes`);
    const { store, journal } = open();
    await journal.load();
    await journal.files([{ path: 'b', size: 1, mtimeNs: 0n }]);
    await journal.chunks([chunk('b', 0)]);
    store[Symbol.dispose]();
    assert.deepEqual([...((await load())?.known.keys() ?? [])], ['b']);
  }
});

test('zeros or noise at the end, as a power cut leaves them, are left out', async () => {
  await write([chunk('folder/file 1', 0)], 5);
  for (const noise of [Buffer.alloc(5000), Buffer.from(systemRandom(5000)), Buffer.from([0, 0, 0, 40, 1, 2, 3])]) {
    const before = readFileSync(file);
    appendFileSync(file, noise);
    assert.deepEqual([...((await load())?.known.keys() ?? [])], ['folder/file 1']);
    writeFileSync(file, before);
  }
});

test('a journal opens on its own machine, under its own name only, and shows nothing in clear', async () => {
  await write([], 5);
  await assert.rejects(load(file, systemRandom(32)), { code: 'bad-journal' });
  const other = join(folder, 'two');
  writeFileSync(other, readFileSync(file));
  await assert.rejects(load(other), { code: 'bad-journal' });
  assert.equal(readFileSync(file).includes('file 1'), false);
  assert.equal(readFileSync(file).includes(Buffer.from(start.ownerSecret)), false);
  assert.equal(statSync(file).mode & 0o777, 0o600);
});

test('a journal that does not exist is none, a complete one says so, and a new start forgets what came before', async () => {
  assert.equal(await load(), undefined);
  await write([chunk('folder/file 1', 0)], 5);
  const { store, journal } = open();
  await journal.load();
  await journal.complete();
  store[Symbol.dispose]();
  assert.equal((await load())?.complete, true);
  await write([chunk('folder/file 2', 0)], 5);
  const state = await load();
  assert.equal(state?.complete, false);
  assert.deepEqual([...(state?.known.keys() ?? [])], ['folder/file 2']);
});
