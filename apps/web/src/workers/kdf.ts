// The only place where WebAssembly runs and a password is stretched; its headers allow it no network. spec/web.md "Threads".
import { stretchLinkPassword } from '@reprise/vault';
import type { KdfCalls } from '../engine/calls.ts';
import { joinPort } from '../engine/rpc.ts';
import { sayHere } from '../engine/here.ts';

declare const self: DedicatedWorkerGlobalScope;

self.addEventListener('message', (joined) => {
  const port = joined.ports[0];
  if (!port) return;
  joinPort<Record<never, never>, KdfCalls>(port, { stretch: ({ password, salt }) => stretchLinkPassword(password, salt) });
});
sayHere();
