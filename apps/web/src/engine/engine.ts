// The page's end of the engine: starts its workers when they are first needed and connects them, because workers may name no
// script themselves. The page holds no key beyond the link it shows. spec/web.md "Threads".
import type { EngineCalls, PageCalls } from './calls.ts';
import { type Call, type Handlers, joinPort, Moved } from './rpc.ts';
import { startWorker } from './sturdy-worker.ts';

const handlers: { -readonly [Name in keyof Handlers<PageCalls>]?: Handlers<PageCalls>[Name] } = {
  startWorker({ name }) {
    const channel = new MessageChannel();
    startWorker(name).postMessage({ kind: 'join' }, [channel.port1]);
    return new Moved(channel.port2, [channel.port2]);
  },
};
let running: Call<EngineCalls> | undefined;

/** Calls the engine worker, which starts with the first call and lives as long as the page. */
export const callEngine: Call<EngineCalls> = (name, argument, options) => {
  running ??= start();
  return running(name, argument, options);
};

/** What the engine may ask of this page; each screen's part of the engine adds its own. */
export function answerEngine(added: Partial<Handlers<PageCalls>>): void {
  Object.assign(handlers, added);
}

function start(): Call<EngineCalls> {
  const worker = startWorker('seal-engine', (failure) => {
    close(failure);
    running = undefined;
  });
  const { call, close } = joinPort<EngineCalls, PageCalls>(worker, handlers as Handlers<PageCalls>);
  return call;
}
