// Worker threads as our programs start them.
import module from 'node:module';
import { Worker } from 'node:worker_threads';

/** What a thread makes and drops is young: left alone, up to 96 MiB of it may pile up in each before the collector comes. */
const youngMebibytesMax = 12;

/** A thread has a compile cache of its own, which must be open before anything is read: else every thread compiles everything anew. */
const entryScript = `
const { workerData } = require('node:worker_threads');
if (workerData.compileCache) require('node:module').enableCompileCache(workerData.compileCache);
import(workerData.entry);
`;

/**
 * A thread that runs a module. The program ends when its own work has ended: who waits for an answer refs the thread meanwhile.
 * @param data more that the thread finds in its `workerData`
 */
export function startThread(entry: URL, data: Readonly<Record<string, unknown>> = {}): Worker {
  const workerData = { ...data, entry: entry.href, compileCache: module.getCompileCacheDir() };
  const worker = new Worker(entryScript, { eval: true, workerData, resourceLimits: { maxYoungGenerationSizeMb: youngMebibytesMax } });
  worker.unref();
  return worker;
}
