// A thread of the pool that reads files: it imports nothing else, so that it stands within milliseconds and takes little memory.
import { parentPort } from 'node:worker_threads';
import type { JobReply, ReadJob } from '../jobs.ts';
import { readWholeFiles } from './whole-files.ts';

parentPort?.on('message', ({ seq, job }: { readonly seq: number; readonly job: ReadJob }) => {
  const answer = readWholeFiles(job);
  parentPort?.postMessage({ seq, answer } satisfies JobReply, answer.input instanceof ArrayBuffer ? [answer.input] : []);
});
