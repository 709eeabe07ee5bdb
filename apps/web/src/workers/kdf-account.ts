// Proves passwords to the server without telling them: OPAQUE, in a worker that may run WebAssembly and reach nothing.
// spec/accounts.md "Password", spec/web.md "Threads".
import { opaqueClient } from '@reprise/vault/account';
import type { OpaqueCalls } from '../engine/calls.ts';
import { joinPort } from '../engine/rpc.ts';
import { sayHere } from '../engine/here.ts';

declare const self: DedicatedWorkerGlobalScope;

self.addEventListener('message', (joined) => {
  const port = joined.ports[0];
  if (!port) return;
  joinPort<Record<never, never>, OpaqueCalls>(port, {
    startRegistration: (passphrase) => opaqueClient.startRegistration(passphrase),
    finishRegistration: ({ kept, response, place }) => opaqueClient.finishRegistration(kept, response, place),
    startLogin: (passphrase) => opaqueClient.startLogin(passphrase),
    finishLogin: ({ kept, response, place }) => opaqueClient.finishLogin(kept, response, place),
  });
});
sayHere();
