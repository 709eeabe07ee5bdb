// The other workers of the engine: the seal pool and the KDF worker. Each starts when it is first needed.
import type { Bytes } from '@reprise/kit';
import { createPool, type JobReply, type SealPool, type WorkerHost } from '@reprise/sdk';
import type { KdfCalls } from '../../engine/calls.ts';
import { joinPort } from '../../engine/rpc.ts';
import { callPage } from './page.ts';

const poolWidthMax = 4;

let pool: SealPool | undefined;
let stretching: Promise<(password: string, salt: Uint8Array) => Promise<Bytes>> | undefined;

/** One worker for each core but one, which the engine, the browser and the page need; at most four. */
export function sealPool(): SealPool {
  const width = Math.max(1, Math.min(poolWidthMax, navigator.hardwareConcurrency - 1));
  pool ??= createPool(Array.from({ length: width }, poolWorker));
  return pool;
}

/** Argon2id in a worker of its own, the only one that may run WebAssembly. */
export async function stretchPassword(password: string, salt: Uint8Array): Promise<Bytes> {
  stretching ??= callPage('startWorker', { name: 'kdf' }).then((port) => {
    const { call } = joinPort<KdfCalls, Record<never, never>>(port, {});
    return (text, bytes) => call('stretch', { password: text, salt: bytes });
  });
  return (await stretching)(password, salt);
}

function poolWorker(): WorkerHost {
  const joining = callPage('startWorker', { name: 'seal-pool' });
  return {
    post(message, transfer) {
      void joining.then((port) => port.postMessage(message, transfer));
    },
    listen(onReply, died) {
      joining.then(
        (port) => {
          port.onmessage = (event) => onReply(event.data as JobReply);
        },
        () => died('the worker could not start'),
      );
    },
    stop: () => joining.then((port) => port.close()),
  };
}
