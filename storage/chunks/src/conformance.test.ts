import { mkdtemp, open, readdir, rm, stat, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { type StoreUnderTest, describeChunkStore } from './conformance.ts';
import { openFilesystemStore } from './filesystem.ts';
import { type ChunkStore, type Location, packClassOf } from './store.ts';
import { withCheck } from './with-check.ts';
import { withMeter } from './with-meter.ts';

const meter = { record: () => {} };
const decorations: readonly { readonly name: string; readonly decorate: (store: ChunkStore) => ChunkStore; readonly checks: boolean }[] = [
  { name: 'a file system', decorate: (store) => store, checks: false },
  { name: 'a file system that is checked', decorate: (store) => withCheck(store), checks: true },
  { name: 'a file system that is metered', decorate: (store) => withMeter(store, meter), checks: false },
  { name: 'a file system that is checked and metered', decorate: (store) => withMeter(withCheck(store), meter), checks: true },
];

for (const { name, decorate, checks } of decorations) {
  const folder = await mkdtemp(join(tmpdir(), 'reprise-chunks-'));
  after(() => rm(folder, { recursive: true }));
  const pathOf = ({ pack }: Location) => {
    const packClass = packClassOf(pack);
    return join(folder, 'packs', packClass, pack.slice(packClass.length + 1, packClass.length + 3), pack);
  };
  const under: StoreUnderTest = {
    name,
    checks,
    // Two open files: every test passes through closing and opening again.
    open: async () => decorate(await openFilesystemStore({ folder, reserveBytes: 0, openFilesMax: 2 })),
    flipBit: async (at, byteInObject) => {
      await using file = await open(pathOf(at), 'r+');
      const byte = new Uint8Array(1);
      await file.read(byte, 0, 1, at.offset + byteInObject);
      byte[0] = (byte[0] as number) ^ 1;
      await file.write(byte, 0, 1, at.offset + byteInObject);
    },
    cutTail: async (at, bytes) => truncate(pathOf(at), (await stat(pathOf(at))).size - bytes),
    leftovers: () => readdir(join(folder, 'tmp')),
  };
  describeChunkStore(under);
}
