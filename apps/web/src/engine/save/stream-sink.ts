// Writes into a download that the service worker streams, or has it read the file itself: four chunks are under way at most, and the end
// counts only after the browser took the last byte. spec/web.md "Saving decrypted files".
import type { Bytes } from '@reprise/kit';
import type { EngineFailure } from '../port.ts';
import { EngineError } from '../rpc.ts';
import type { FromStream, ToStream } from '../../sw/messages.ts';
import type { Sink } from './sink.ts';

export type StreamSink = Sink & {
  /**
   * Instead of any write: the service worker reads the file by itself. Resolves with the bytes that the browser took in all.
   * @param grant encoded, see ../grants.ts
   */
  readFile(grant: Bytes, watch: FileWatch): Promise<number>;
  /** The page's watchdog found the service worker dead or another one in its place. */
  breakOff(code: 'stream-died' | 'cancelled'): void;
  /** Milliseconds since the browser last took a chunk; 0 while none is due. */
  waitingMs(): number;
};

export type FileWatch = {
  /** The bytes that the browser took so far. */
  readonly onBytes: (bytesDone: number) => void;
  readonly onNetwork: (there: boolean) => void;
};

export function openStreamSink(port: MessagePort): StreamSink {
  let credits = 0;
  let handedOver = 0;
  let waitingSince = 0;
  let over: EngineError | undefined;
  let creditCame: (() => void) | undefined;
  let file: FileWatch | undefined;
  const opened = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<number>();
  const broken = Promise.withResolvers<never>();
  for (const promise of [opened.promise, closed.promise, broken.promise]) promise.catch(() => undefined);

  const breakOff = (code: 'stream-died' | 'cancelled') => breakWith({ code, facts: {} });
  const breakWith = (failure: EngineFailure) => {
    if (over) return;
    over = new EngineError(failure);
    for (const waiting of [opened, closed, broken]) waiting.reject(over);
    creditCame?.();
    port.close();
  };
  const post = (message: ToStream, transfer: Transferable[] = []) => port.postMessage(message, transfer);
  port.onmessage = (event) => {
    const message = event.data as FromStream;
    if (message.kind === 'opened') opened.resolve();
    else if (message.kind === 'closed') closed.resolve(message.size);
    else if (message.kind === 'cancelled') breakOff('cancelled');
    else if (message.kind === 'failed') breakWith(message.failure);
    else if (message.kind === 'network') file?.onNetwork(message.there);
    else if (message.kind === 'moved') {
      // The browser is waited for only while there is something for it to take.
      const moved = message.takenBytes > handedOver;
      handedOver = message.takenBytes;
      if (message.openedBytes <= message.takenBytes) waitingSince = 0;
      else if (moved || waitingSince === 0) waitingSince = Date.now();
      file?.onBytes(message.takenBytes);
    } else if (message.kind === 'credit') {
      credits++;
      waitingSince = 0;
      creditCame?.();
    }
  };

  return {
    ready: opened.promise,
    broken: broken.promise,
    breakOff,
    waitingMs: () => (waitingSince === 0 ? 0 : Date.now() - waitingSince),
    async write(chunk: Bytes) {
      while (credits === 0 && !over) {
        waitingSince ||= Date.now();
        await new Promise<void>((resolve) => {
          creditCame = resolve;
        });
      }
      if (over) throw over;
      credits--;
      handedOver += chunk.length;
      post({ kind: 'chunk', bytes: chunk }, [chunk.buffer]);
    },
    async readFile(grant, watch) {
      file = watch;
      post({ kind: 'file', grant });
      const size = await closed.promise;
      port.close();
      return size;
    },
    async close() {
      if (over) throw over;
      waitingSince = Date.now();
      post({ kind: 'end', size: handedOver });
      const size = await closed.promise;
      port.close();
      return size;
    },
    async abort() {
      if (over) return;
      post({ kind: 'fail' });
      over = new EngineError({ code: 'cancelled', facts: {} });
      creditCame?.();
    },
  };
}
