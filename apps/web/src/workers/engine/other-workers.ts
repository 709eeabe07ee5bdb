// The other workers of the engine: the seal pool and the KDF worker. Each starts when it is first needed.
import type { Bytes } from '@reprise/kit';
import { createPool, inlinePool, type JobReply, type SealPool, type WorkerHost } from '@reprise/sdk';
import { webEngine } from '@reprise/vault';
import type { KdfCalls } from '../../engine/calls.ts';
import { type Gone, joinPort } from '../../engine/rpc.ts';
import { callPage } from './page.ts';

const poolWidthMax = 4;
const probeBytes = 4_194_304;
const probes = 3;
/** Handing a buffer over within a process takes well under a millisecond there and back, through another process about ten. */
const nearMsMax = 4;

let choosing: Promise<SealPool> | undefined;
const here = inlinePool(webEngine);
let jobsHere = 0;
let stretching: Promise<(password: string, salt: Uint8Array) => Promise<Bytes>> | undefined;

/**
 * One worker for each core but one, which the engine, the browser and the page need; at most four. They start when a second job comes while one
 * runs: what comes one by one, a picture to be shown or chunks of a slow line, is opened here before workers would have started.
 */
export const sealPool: SealPool = {
  width: Math.max(1, Math.min(poolWidthMax, navigator.hardwareConcurrency - 1)),
  sharesMemory: false,
  readsFiles: false,
  run: async (job) => {
    if (choosing || jobsHere > 0) return (await chosenPool()).run(job);
    jobsHere++;
    try {
      return await here.run(job);
    } finally {
      jobsHere--;
    }
  },
  [Symbol.asyncDispose]: async () => {
    if (choosing) await (await choosing)[Symbol.asyncDispose]();
  },
};

/** Argon2id in a worker of its own, the only one that may run WebAssembly. */
export async function stretchPassword(password: string, salt: Uint8Array): Promise<Bytes> {
  stretching ??= callPage('startWorker', { name: 'kdf' }).then((port) => {
    const { call } = joinPort<KdfCalls, Record<never, never>>(port, {});
    return (text, bytes) => call('stretch', { password: text, salt: bytes });
  });
  return (await stretching)(password, salt);
}

/**
 * Workers, where a buffer reaches them without being copied. Firefox sends what passes a MessagePort through its parent process, which
 * takes longer than sealing does, and has WebCrypto run on threads of its own anyway: there the engine seals by itself.
 * docs/decisions/web-workers.md has the measurements.
 */
function chosenPool(): Promise<SealPool> {
  choosing ??= callPage('startWorker', { name: 'seal-pool' }).then(async (first) => {
    if (!(await isNear(first))) {
      first.close();
      return here;
    }
    const others = Array.from({ length: sealPool.width - 1 }, () => callPage('startWorker', { name: 'seal-pool' }));
    const ports = await Promise.all(others.map(async (asked) => ((await echo(await asked, new ArrayBuffer(1))) ? [await asked] : [])));
    return createPool([first, ...ports.flat()].map(poolWorker));
  });
  return choosing;
}

/** Sends a chunk's worth of bytes there and back a few times; the quickest counts. A worker that did not start is not near. */
async function isNear(port: MessagePort): Promise<boolean> {
  let buffer = new ArrayBuffer(probeBytes);
  let quickestMs = Number.POSITIVE_INFINITY;
  for (let i = 0; i < probes; i++) {
    const startedAt = performance.now();
    const back = await echo(port, buffer);
    if (!back) return false;
    buffer = back;
    // The first trip also waits for the worker to start.
    if (i > 0) quickestMs = Math.min(quickestMs, performance.now() - startedAt);
  }
  return quickestMs <= nearMsMax;
}

/** @returns null: nobody is there, as the page says */
function echo(port: MessagePort, buffer: ArrayBuffer): Promise<ArrayBuffer | null> {
  return new Promise((resolve) => {
    port.onmessage = (event) => {
      const answer = event.data as Gone | { readonly echo: ArrayBuffer };
      resolve('echo' in answer ? answer.echo : null);
    };
    port.postMessage({ echo: buffer }, [buffer]);
  });
}

function poolWorker(port: MessagePort): WorkerHost {
  return {
    post: (message, transfer) => port.postMessage(message, transfer),
    listen(onReply) {
      port.onmessage = (event) => onReply(event.data as JobReply);
    },
    stop: () => port.close(),
  };
}
