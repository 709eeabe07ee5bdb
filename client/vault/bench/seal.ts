// How fast full chunks are sealed (AES-256-GCM in segments, SHA-256 of the result) and opened (hash, commitment, segments) by the
// engine of Node, on one and on two worker threads, in shared buffers that are used again, as a transfer does it
// (docs/decisions/client-memory.md). `node client/vault/bench/seal.ts [--json]` prints medians in GB/s of plaintext.
import { once } from 'node:events';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { type Bytes, sharedPageMemory, systemRandom } from '@reprise/kit';
import { chunkBytes, sealedLength } from '@reprise/protocol/formats';
import { openChunk, sealChunk } from '../src/chunk.ts';
import { keepFreedMemory, nodeEngine } from '../src/node.ts';

type Work = 'seal' | 'open';
type Round = { readonly work: Work; readonly chunks: number };

const rounds = 9;
const chunksPerThread = 24;

if (isMainThread) await main();
else serve();

async function main(): Promise<void> {
  const results: Record<string, number> = {};
  for (const threads of [1, 2]) {
    const workers = await Promise.all(Array.from({ length: threads }, start));
    for (const work of ['seal', 'open'] as const) results[`${work}${threads}`] = await measure(workers, work);
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  if (process.argv.includes('--json')) console.log(JSON.stringify({ unit: 'GB/s', ...results }));
  else for (const [name, speed] of Object.entries(results)) console.log(`${name.slice(0, -1)} on ${name.at(-1)} thread(s): ${speed} GB/s`);
}

async function start(): Promise<Worker> {
  const worker = new Worker(new URL(import.meta.url));
  await answer(worker);
  return worker;
}

/** The median of the rounds, after one that warms up. */
async function measure(workers: readonly Worker[], work: Work): Promise<number> {
  const speeds: number[] = [];
  for (let i = 0; i <= rounds; i++) {
    const began = performance.now();
    await Promise.all(workers.map((worker) => ask(worker, { work, chunks: chunksPerThread })));
    const seconds = (performance.now() - began) / 1_000;
    if (i > 0) speeds.push((workers.length * chunksPerThread * chunkBytes) / seconds / 1e9);
  }
  return Number((speeds.sort((a, b) => a - b)[rounds >> 1] as number).toFixed(3));
}

function ask(worker: Worker, round: Round): Promise<unknown> {
  const done = answer(worker);
  worker.postMessage(round);
  return done;
}

/** Rejects if the worker fails first. */
function answer(worker: Worker): Promise<unknown> {
  return once(worker, 'message');
}

function serve(): void {
  const collectYoung = keepFreedMemory();
  const plain = inShared(systemRandom(chunkBytes));
  const sealedRoom = inShared(new Uint8Array(sealedLength(chunkBytes)));
  const plainRoom = inShared(new Uint8Array(chunkBytes));
  parentPort?.on('message', async ({ work, chunks }: Round) => {
    const key = systemRandom(32);
    const sealed = await sealChunk(nodeEngine, key, plain, sealedRoom);
    const ref = { id: sealed.id, key, sealedLength: sealed.bytes.length };
    for (let i = 0; i < chunks; i++) {
      if (work === 'seal') await sealChunk(nodeEngine, systemRandom(32), plain, sealedRoom);
      else await openChunk(nodeEngine, ref, sealed.bytes, plainRoom);
      if (i % 2 === 1) collectYoung();
    }
    parentPort?.postMessage('done');
  });
  parentPort?.postMessage('ready');
}

function inShared(bytes: Bytes): Bytes {
  const shared = new Uint8Array(sharedPageMemory(bytes.length), 0, bytes.length) as unknown as Bytes;
  shared.set(bytes);
  return shared;
}
