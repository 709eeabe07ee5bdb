// A thread of the pool: answers jobs with the synchronous engine of Node.
import { parentPort } from 'node:worker_threads';
import { keepFreedMemory, nodeEngine } from '@reprise/vault/node';
import { answerJob, type JobMessage } from '../jobs.ts';

const collectYoung = keepFreedMemory();
const collectEveryBytes = 4_194_304;
let bytesSince = 0;

parentPort?.on('message', async (message: JobMessage) => {
  bytesSince += message.job.input.byteLength;
  const { reply, transfer } = await answerJob(nodeEngine, message);
  parentPort?.postMessage(reply, transfer);
  if (bytesSince < collectEveryBytes) return;
  bytesSince = 0;
  collectYoung();
});
