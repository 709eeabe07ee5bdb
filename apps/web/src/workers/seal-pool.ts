// One worker of the seal pool: seals and opens what it is sent, with WebCrypto. It holds the keys of its job and nothing else; its
// own headers allow it no other script. spec/web.md "Threads".
import { answerJob, type JobMessage } from '@reprise/sdk/jobs';
import { webEngine } from '@reprise/vault';

declare const self: DedicatedWorkerGlobalScope;

/** A buffer sent back at once tells the engine what the way costs. */
type Echo = { readonly echo: ArrayBuffer };

self.addEventListener('message', (joined) => {
  const port = joined.ports[0];
  if (!port) return;
  port.onmessage = async (event) => {
    const message = event.data as JobMessage | Echo;
    if ('echo' in message) return port.postMessage(message, [message.echo]);
    const { reply, transfer } = await answerJob(webEngine, message);
    port.postMessage(reply, transfer);
  };
});
