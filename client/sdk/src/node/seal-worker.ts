// A thread of the pool: answers jobs with the synchronous engine of Node.
import { parentPort } from 'node:worker_threads';
import { nodeEngine } from '@reprise/vault/node';
import { answerJob, type JobMessage } from '../jobs.ts';

parentPort?.on('message', async (message: JobMessage) => {
  const { reply, transfer } = await answerJob(nodeEngine, message);
  parentPort?.postMessage(reply, transfer);
});
