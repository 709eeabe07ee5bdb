// A thread of the pool: answers jobs with the synchronous engine of Node.
import v8 from 'node:v8';
import vm from 'node:vm';
import { parentPort } from 'node:worker_threads';
import { nodeEngine } from '@reprise/vault/node';
import { answerJob, type JobMessage } from '../jobs.ts';

// The cipher of Node returns each segment in a buffer of its own. Left alone, the collector lets 64 MiB of them pile up in each thread;
// a collection of the young ones takes well under a millisecond.
v8.setFlagsFromString('--expose-gc');
const collect = vm.runInNewContext('gc') as (options?: { type: 'minor' }) => void;

/**
 * Freeing one large block teaches the allocator of glibc to keep what is freed for the next use (mallopt(3), M_MMAP_THRESHOLD). Untaught,
 * it gives every segment's buffer back to the system, and the next one is faulted in page by page.
 */
function teachAllocator(): void {
  Buffer.allocUnsafeSlow(32 * 2 ** 20 - 65_536);
  collect();
}
teachAllocator();

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
