// The page of the sink test: the real service worker, frame and pings, and a worker that makes up the bytes.
import { EngineError, joinPort, Moved } from '../../../apps/web/src/engine/rpc.ts';
import { closeBrowserStream, handToBrowser, openBrowserStream } from '../../../apps/web/src/engine/save/browser-download.ts';
import { startWorker } from '../../../apps/web/src/engine/sturdy-worker.ts';
import { controllingWorker, pingWorker } from '../../../apps/web/src/engine/service-worker.ts';
import type { SinkPageCalls, SinkRun, SinkWorkerCalls } from './sinks-calls.ts';

const violations: string[] = [];
addEventListener('securitypolicyviolation', (event) => violations.push(`${event.violatedDirective} ${event.blockedURI}`));

const { call } = joinPort<SinkWorkerCalls, SinkPageCalls>(startWorker('seal-engine'), {
  async openStream({ id, name, size }) {
    const port = await openBrowserStream(id, name, size);
    return port ? new Moved<MessagePort | null>(port, [port]) : null;
  },
  ping: () => pingWorker(),
});

async function save(run: Omit<SinkRun, 'id'>): Promise<{ ok: true; ms: number } | { ok: false; code: string }> {
  const id = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
  try {
    const { ms, blob } = await call('save', { ...run, id });
    if (blob) handToBrowser(blob, run.name);
    return { ok: true, ms };
  } catch (error) {
    return { ok: false, code: error instanceof EngineError ? `${error.code} ${JSON.stringify(error.facts)}` : String(error) };
  } finally {
    closeBrowserStream(id);
  }
}

Object.assign(globalThis, { harness: { save, ready: async () => (await controllingWorker()) !== null, violations } });
