// OPAQUE as the drive worker calls it: in a worker of its own, the only one beside the KDF worker that may run WebAssembly.
import { Failure } from '@reprise/protocol/formats';
import type { OpaqueClient } from '@reprise/vault/account';
import type { OpaqueCalls } from '../../engine/calls.ts';
import { type Call, EngineError, joinPort } from '../../engine/rpc.ts';
import { callPage } from '../engine/page.ts';

let joined: Promise<Call<OpaqueCalls>> | undefined;

function worker(): Promise<Call<OpaqueCalls>> {
  joined ??= callPage('startWorker', { name: 'kdf-account' }).then((port) => joinPort<OpaqueCalls, Record<never, never>>(port, {}).call);
  return joined;
}

export const workerOpaque: OpaqueClient = {
  startRegistration: async (passphrase) => (await worker())('startRegistration', passphrase),
  finishRegistration: async (kept, response, place) => (await worker())('finishRegistration', { kept, response, place }),
  startLogin: async (passphrase) => (await worker())('startLogin', passphrase),
  finishLogin: async (kept, response, place) => (await worker())('finishLogin', { kept, response, place }).catch(asReject),
};

/** A wrong password shows as an answer that does not open; from another thread it comes as a code alone. */
function asReject(error: unknown): never {
  throw error instanceof EngineError && error.code === 'reject' ? new Failure('reject') : error;
}
