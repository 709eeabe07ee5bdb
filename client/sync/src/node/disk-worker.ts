// A thread that works on a disk: it waits for the disk, and whoever decides does not. It imports what that needs and no more.
import { parentPort, workerData } from 'node:worker_threads';
import { oneByOne } from '../together.ts';
import { answerDiskJob, type DiskMessage, type DiskReply, type DiskThreadData } from './disk-messages.ts';
import { nodeDisk } from './disk.ts';
import { sha256 } from './sha256.ts';

const { root } = workerData as DiskThreadData;
const together = oneByOne(nodeDisk(root), sha256);

parentPort?.on('message', async ({ seq, job }: DiskMessage) => {
  let reply: DiskReply;
  try {
    reply = { seq, answers: await answerDiskJob(together, job) };
  } catch (error) {
    reply = { seq, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
  parentPort?.postMessage(reply);
});
