// A pool for a program that rests most of the time, as one that follows a folder: threads stand while there is much to do, and no longer.
import { nodeEngine } from '@reprise/vault/node';
import { type AnswerTo, type Job, runJob } from '../jobs.ts';
import type { SealPool } from '../pool.ts';
import { nodePool, nodePoolWidth } from './pool.ts';
import { readWholeFiles } from './whole-files.ts';

/** So much since the last rest is done where it is asked for: starting threads takes longer. */
const bytesHereMax = 1_048_576;
const restMsDefault = 10_000;

/** Does what is small where it is asked for, and starts threads for more. @param restMs they end when nothing was asked for so long */
export function restingPool(restMs: number = restMsDefault): SealPool {
  let threads: SealPool | undefined;
  let [bytesHere, underWay] = [0, 0];
  let resting: NodeJS.Timeout | undefined;
  const end = async (): Promise<void> => {
    const ended = threads;
    threads = undefined;
    bytesHere = 0;
    await ended?.[Symbol.asyncDispose]();
  };
  return {
    width: nodePoolWidth,
    sharesMemory: true,
    readsFiles: true,
    run: async (job) => {
      clearTimeout(resting);
      underWay++;
      try {
        bytesHere += bytesOf(job);
        if (!threads && bytesHere <= bytesHereMax) return await runHere(job);
        threads ??= nodePool();
        return await threads.run(job);
      } finally {
        if (--underWay === 0) resting = setTimeout(() => void end(), restMs).unref();
      }
    },
    [Symbol.asyncDispose]: async () => {
      clearTimeout(resting);
      await end();
    },
  };
}

async function runHere<J extends Job>(job: J): Promise<AnswerTo<J>> {
  return job.kind === 'read' ? (readWholeFiles(job) as AnswerTo<J>) : runJob(nodeEngine, job);
}

function bytesOf(job: Job): number {
  switch (job.kind) {
    case 'seal':
      return sum(job.paddedLengths);
    case 'open':
      return sum(job.sealedLengths);
    case 'open-segments':
      return job.input.byteLength;
    case 'read':
      return sum(job.files.map(({ paddedLength }) => paddedLength));
  }
}

function sum(lengths: readonly number[]): number {
  return lengths.reduce((all, length) => all + length, 0);
}
