// Moves verified bytes from a source into a sink, and says "done" only when the sink proves the size that was promised.
// spec/web.md "Saving decrypted files".
import type { Bytes } from '@reprise/kit';
import { EngineError } from '../rpc.ts';
import type { Sink } from './sink.ts';

export type SaveRun = {
  readonly sink: Sink;
  /** Verified plaintext in order; a piece is valid until the next is asked for. */
  readonly source: AsyncIterable<Bytes>;
  /** Bytes the source must give; null if only its end can tell. */
  readonly size: number | null;
  /** Called after each piece with the bytes handed to the sink so far. */
  readonly onBytes: (bytesDone: number) => void;
  /** Called once all bytes were handed over, before the sink is closed. */
  readonly onLastByte: () => void;
  readonly signal: AbortSignal;
};

const readyMsMax = 15_000;

/** @returns the bytes saved. @throws whatever broke the source or the sink; then the sink was aborted */
export async function runSave({ sink, source, size, onBytes, onLastByte, signal }: SaveRun): Promise<number> {
  const guard = interruptedBy(sink.broken, signal);
  const pieces = source[Symbol.asyncIterator]();
  try {
    await guard(Promise.race([sink.ready, readyTimeout()]));
    let bytesDone = 0;
    for (let next = await guard(pieces.next()); !next.done; next = await guard(pieces.next())) {
      const { length } = next.value;
      if (length === 0) continue;
      if (size !== null && bytesDone + length > size) throw wrongSize(bytesDone + length, size);
      await guard(sink.write(next.value));
      bytesDone += length;
      onBytes(bytesDone);
    }
    if (size !== null && bytesDone !== size) throw wrongSize(bytesDone, size);
    onLastByte();
    const saved = await guard(sink.close());
    if (saved !== bytesDone) throw wrongSize(saved, bytesDone);
    return saved;
  } catch (error) {
    // The source may be waiting for the network: whoever began it ends that; here nobody waits for it.
    pieces.return?.().catch(() => undefined);
    await sink.abort();
    throw error;
  }
}

function wrongSize(bytes: number, expected: number): EngineError {
  return new EngineError({ code: 'integrity', facts: { bytes, expected } });
}

function readyTimeout(): Promise<never> {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new EngineError({ code: 'no-stream', facts: {} })), readyMsMax);
  });
}

/**
 * Waits for work until the sink breaks or the signal fires. Not Promise.race: each race would keep its result, a whole chunk, for as
 * long as the promises it raced against live.
 */
function interruptedBy(broken: Promise<never>, signal: AbortSignal): <Value>(work: Promise<Value>) => Promise<Value> {
  let over: { readonly reason: unknown } | undefined;
  let waiting: ((reason: unknown) => void) | undefined;
  const interrupt = (reason: unknown) => {
    over ??= { reason };
    waiting?.(reason);
  };
  broken.catch(interrupt);
  if (signal.aborted) interrupt(signal.reason);
  signal.addEventListener('abort', () => interrupt(signal.reason), { once: true });
  return (work) =>
    new Promise((resolve, reject) => {
      if (over) {
        work.catch(() => undefined);
        return reject(over.reason);
      }
      waiting = reject;
      work.then(resolve, reject).finally(() => {
        waiting = undefined;
      });
    });
}
