// A thread of the pool: answers jobs with the synchronous engine of Node.
import v8 from 'node:v8';
import vm from 'node:vm';
import { parentPort } from 'node:worker_threads';
import { nodeEngine } from '@reprise/vault/node';
import { answerJob, type JobMessage } from '../jobs.ts';

// The cipher of Node returns each segment in a buffer of its own. Left alone, the collector lets 64 MiB of them pile up in each thread;
// a collection of the young ones takes well under a millisecond.
v8.setFlagsFromString('--expose-gc');
const collect = vm.runInNewContext('gc') as (options: { type: 'minor' }) => void;
const collectEveryBytes = 8_388_608;
let bytesSince = 0;

parentPort?.on('message', async (message: JobMessage) => {
  bytesSince += message.job.input.byteLength;
  const { reply, transfer } = await answerJob(nodeEngine, message);
  parentPort?.postMessage(reply, transfer);
  if (bytesSince < collectEveryBytes) return;
  bytesSince = 0;
  collect({ type: 'minor' });
});
