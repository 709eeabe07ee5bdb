// A collector that ends while it writes a pack anew, wherever that is: what lives is whole, and the next one finishes. spec/storage.md "Collector".
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ChunkStore } from '@reprise/chunks';
import { contract } from '@reprise/protocol';
import { Owner, sealedLike, send } from '../testing/owner.ts';
import { startService, type TestService } from '../testing/service.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

class Ended extends Error {}
const left: (() => Promise<void>)[] = [];

/** Ends the program at the n-th of its steps on the disk, before it or after it. @returns whether it came to that */
function endAt(chunks: ChunkStore, step: number, when: 'before' | 'after'): () => boolean {
  let steps = 0;
  let isOver = false;
  const stepOf = async <Result>(act: () => Promise<Result>): Promise<Result> => {
    if (isOver) throw new Ended();
    isOver = steps++ === step;
    if (isOver && when === 'before') throw new Ended();
    const result = await act();
    if (isOver) throw new Ended();
    return result;
  };
  const { beginPack, read, deletePack } = chunks;
  Object.assign(chunks, {
    read: (...given: Parameters<typeof read>) => stepOf(() => read.apply(chunks, given)),
    deletePack: (...given: Parameters<typeof deletePack>) => stepOf(() => deletePack.apply(chunks, given)),
    beginPack: (...given: Parameters<typeof beginPack>) =>
      stepOf(async () => {
        const writer = await beginPack.apply(chunks, given);
        left.push(() => writer.abort());
        return {
          get bytes() {
            return writer.bytes;
          },
          write: (bytes: Uint8Array) => stepOf(() => writer.write(bytes)),
          commit: () => stepOf(() => writer.commit()),
          // Whoever ended cleans nothing up; what it held open is closed once all was looked at.
          abort: async () => (isOver ? undefined : writer.abort()),
        };
      }),
  });
  return () => isOver;
}

async function isWhole(service: TestService, { id, bytes }: { readonly id: string; readonly bytes: Uint8Array }): Promise<boolean> {
  return Buffer.from((await send(service.url, contract['objects.get'], { id })).bytes).equals(Buffer.from(bytes));
}

test('a collector that ends at any step of writing a pack anew loses nothing, and the next one finishes', {
  timeout: 300_000,
}, async (t) => {
  let ended = 0;
  for (const when of ['before', 'after'] as const)
    for (let step = 0; ; step++) {
      const folder = mkdtempSync(join(tmpdir(), 'reprise-compaction-'));
      const places = { databasePath: join(folder, 'reprise.sqlite'), packFolder: join(folder, 'objects') };
      try {
        const objects = Array.from({ length: 8 }, () => sealedLike(4096));
        const [living, dying] = [objects.slice(0, 2), objects.slice(2)];
        let isEnded: boolean;
        {
          await using service = await startService(places);
          const owner = await Owner.open(service);
          await owner.put(objects);
          await owner.share(living);
          const drop = await owner.share(dying);
          await owner.call(contract['links.delete'], { link: drop.id });
          await service.drive.sweep();
          service.clock.move(4 * dayMs);
          const isOver = endAt(service.chunks, step, when);
          await service.drive.sweep().catch((error: unknown) => assert.ok(error instanceof Ended, String(error)));
          service.clock.move(2 * hourMs);
          await service.drive.sweep().catch((error: unknown) => assert.ok(error instanceof Ended, String(error)));
          isEnded = isOver();
        }
        if (!isEnded) break;
        ended++;
        await using service = await startService(places);
        for (const object of living) assert.ok(await isWhole(service, object), `${when} step ${step}`);
        for (const days of [5, 2, 2]) {
          service.clock.move(days * dayMs);
          await service.drive.sweep();
        }
        for (const object of living) assert.ok(await isWhole(service, object), `${when} step ${step}, later`);
        assert.equal((await Array.fromAsync(service.chunks.listPacks())).length, 1, `${when} step ${step}`);
      } finally {
        for (const close of left.splice(0)) await close();
        rmSync(folder, { recursive: true, force: true });
      }
    }
  t.diagnostic(`${ended} steps`);
  assert.ok(ended >= 12, `only ${ended} steps`);
});
