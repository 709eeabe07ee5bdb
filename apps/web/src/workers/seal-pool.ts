// One worker of the seal pool: seals and opens what it is sent, with WebCrypto. It holds the keys of its job and nothing else; its
// own headers allow it no other script. spec/web.md "Threads".
import { answerJob, type JobMessage } from '@reprise/sdk/jobs';
import { webEngine } from '@reprise/vault';
import { nudgeCollector } from '../engine/nudge.ts';
import { sayHere } from '../engine/here.ts';

declare const self: DedicatedWorkerGlobalScope;

/** A buffer sent back at once tells the engine what the way costs. */
type Echo = { readonly echo: ArrayBuffer };

/** Each job leaves a chunk's worth of opened segments behind. */
const jobsBetweenNudges = 8;
let jobs = 0;

self.addEventListener('message', (joined) => {
  const port = joined.ports[0];
  if (!port) return;
  port.onmessage = async (event) => {
    const message = event.data as JobMessage | Echo;
    if ('echo' in message) return port.postMessage(message, [message.echo]);
    const { reply, transfer } = await answerJob(webEngine, message);
    port.postMessage(reply, transfer);
    if (++jobs % jobsBetweenNudges === 0) nudgeCollector();
  };
});
sayHere();
