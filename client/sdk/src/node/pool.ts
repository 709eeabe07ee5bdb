// The pool of Node: worker threads.
import { availableParallelism } from 'node:os';
import type { JobReply } from '../jobs.ts';
import { createPool, type SealPool, type WorkerHost } from '../pool.ts';
import { startThread } from './thread.ts';

const widthMax = 4;
/** They wait for the disk, which serves several at once, and hardly compute. */
const readers = 2;

/** As many threads as the machine runs at once, at most four. */
export const nodePoolWidth: number = Math.max(1, Math.min(widthMax, availableParallelism()));

/** A pool of worker threads. @param width how many threads that seal */
export function nodePool(width: number = nodePoolWidth): SealPool {
  const sealing = createPool(Array.from({ length: width }, () => startHost('./seal-worker.ts')));
  let reading: SealPool | undefined;
  return {
    width,
    sharesMemory: true,
    readsFiles: true,
    run: (job) => {
      if (job.kind !== 'read') return sealing.run(job);
      reading ??= createPool(Array.from({ length: readers }, () => startHost('./read-worker.ts')));
      return reading.run(job);
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([sealing[Symbol.asyncDispose](), reading?.[Symbol.asyncDispose]()]);
    },
  };
}

function startHost(file: './seal-worker.ts' | './read-worker.ts'): WorkerHost {
  const worker = startThread(new URL(file, import.meta.url));
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
