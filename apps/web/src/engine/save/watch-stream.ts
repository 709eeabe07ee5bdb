// The watchdog of a service worker stream. It runs in the engine worker, whose clock is not throttled with a hidden page: every ten
// seconds it has the page ping the service worker, which keeps that alive, and judges the answer. spec/web.md "Saving".
import type { FromServiceWorker } from '../../sw/messages.ts';
import type { StreamSink } from './stream-sink.ts';

const pingMs = 10_000;
/** A browser that took nothing for this long is paused, or its download is dead. */
export const quietMsMax = 20_000;

export type StreamHealth = 'flowing' | 'paused';
export type Ping = () => Promise<Pick<FromServiceWorker, 'born' | 'streams'> | null>;

/** @returns stops the watch */
export function watchStream(id: string, sink: StreamSink, ping: Ping, onHealth: (health: StreamHealth) => void): () => void {
  let born: string | undefined;
  let asking = false;
  const look = async () => {
    if (asking) return;
    asking = true;
    const answer = await ping().catch(() => null);
    asking = false;
    const quiet = sink.waitingMs() >= quietMsMax;
    if (answer) {
      born ??= answer.born;
      // Another worker, or one that no longer has the stream: the browser may call the cut file finished, we must not.
      if (answer.born !== born || !answer.streams.includes(id)) return sink.breakOff('stream-died');
      return onHealth(quiet ? 'paused' : 'flowing');
    }
    if (quiet) sink.breakOff('stream-died');
  };
  const timer = setInterval(() => void look(), pingMs);
  void look();
  return () => clearInterval(timer);
}
