// The pool of Node: worker threads.
import module from 'node:module';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { JobReply } from '../jobs.ts';
import { createPool, type SealPool, type WorkerHost } from '../pool.ts';

const widthMax = 4;
/** They wait for the disk, which serves several at once, and hardly compute. */
const readers = 4;

/** A pool of worker threads. @param width how many threads that seal; by default as many as the machine runs at once, at most four */
export function nodePool(width: number = Math.max(1, Math.min(widthMax, availableParallelism()))): SealPool {
  const sealing = createPool(Array.from({ length: width }, () => startThread('./seal-worker.ts')));
  let reading: SealPool | undefined;
  return {
    width,
    sharesMemory: true,
    readsFiles: true,
    run: (job) => {
      if (job.kind !== 'read') return sealing.run(job);
      reading ??= createPool(Array.from({ length: readers }, () => startThread('./read-worker.ts')));
      return reading.run(job);
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([sealing[Symbol.asyncDispose](), reading?.[Symbol.asyncDispose]()]);
    },
  };
}

/** A thread has a compile cache of its own, which must be open before anything is read: else every thread compiles everything anew. */
const entryScript = `
const { workerData } = require('node:worker_threads');
if (workerData.compileCache) require('node:module').enableCompileCache(workerData.compileCache);
import(workerData.entry);
`;

function startThread(file: './seal-worker.ts' | './read-worker.ts'): WorkerHost {
  const workerData = { entry: new URL(file, import.meta.url).href, compileCache: module.getCompileCacheDir() };
  const worker = new Worker(entryScript, { eval: true, workerData });
  // The program ends when its own work has ended; jobs under way are awaited by who asked for them.
  worker.unref();
  return {
    post: (message, transfer) => {
      worker.ref();
      worker.postMessage(message, transfer);
    },
    listen: (onReply, died) => {
      worker.on('message', (reply: JobReply) => onReply(reply));
      worker.on('error', (error) => died(error instanceof Error ? error.message : 'a seal worker failed'));
      worker.on('exit', () => died('a seal worker ended'));
    },
    stop: async () => {
      await worker.terminate();
    },
  };
}
