// Counts what a store does, for the operator: operations, bytes, durations and failures, never an id.
import type { Bytes } from '@reprise/kit';
import type { ObjectId } from '@reprise/protocol';
import type { ChunkStore, Location, PackWriter, Range, WritePiece } from './store.ts';

export type StoreOperation = 'write' | 'read' | 'delete';
export type Measured = {
  readonly operation: StoreOperation;
  readonly outcome: 'done' | 'failed';
  /** Bytes moved, of failed operations too. */
  readonly bytes: number;
  readonly durationMs: number;
};

/** One call for each operation that ended; a write is a pack from its beginning to its commit. */
export interface Meter {
  record(measured: Measured): void;
}

export function withMeter(store: ChunkStore, meter: Meter): ChunkStore {
  const begin = (operation: StoreOperation) => {
    const startedAt = performance.now();
    return (outcome: Measured['outcome'], bytes: number) =>
      meter.record({ operation, outcome, bytes, durationMs: performance.now() - startedAt });
  };
  return {
    async beginPack(packClass) {
      const end = begin('write');
      try {
        return meteredWriter(await store.beginPack(packClass), end);
      } catch (error) {
        end('failed', 0);
        throw error;
      }
    },
    async read(id: ObjectId, at: Location, signal?: AbortSignal) {
      const end = begin('read');
      try {
        const bytes = await store.read(id, at, signal);
        end('done', bytes.length);
        return bytes;
      } catch (error) {
        end('failed', 0);
        throw error;
      }
    },
    async sendRange(id: ObjectId, at: Location, range: Range, write: WritePiece, signal?: AbortSignal) {
      const end = begin('read');
      let sentBytes = 0;
      const counted: WritePiece = async (piece) => {
        await write(piece);
        sentBytes += piece.length;
      };
      try {
        await store.sendRange(id, at, range, counted, signal);
        end('done', sentBytes);
      } catch (error) {
        end('failed', sentBytes);
        throw error;
      }
    },
    readRange: (id, at, range, signal) => meteredPieces(store.readRange(id, at, range, signal), begin('read')),
    async deletePack(pack) {
      const end = begin('delete');
      try {
        await store.deletePack(pack);
        end('done', 0);
      } catch (error) {
        end('failed', 0);
        throw error;
      }
    },
    listPacks: () => store.listPacks(),
    free: () => store.free(),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

type End = (outcome: Measured['outcome'], bytes: number) => void;

/** A reader that leaves early is no failure of the store. */
async function* meteredPieces(pieces: AsyncIterable<Bytes>, end: End): AsyncIterable<Bytes> {
  let bytes = 0;
  let outcome: Measured['outcome'] = 'done';
  try {
    for await (const piece of pieces) {
      bytes += piece.length;
      yield piece;
    }
  } catch (error) {
    outcome = 'failed';
    throw error;
  } finally {
    end(outcome, bytes);
  }
}

/** Its end is counted once: at the commit, the abort or the first failure. */
function meteredWriter(writer: PackWriter, end: End): PackWriter {
  let ended = false;
  const endOnce: End = (outcome, bytes) => {
    if (!ended) end(outcome, bytes);
    ended = true;
  };
  const watched = async <Result>(step: Promise<Result>): Promise<Result> => {
    try {
      return await step;
    } catch (error) {
      endOnce('failed', writer.bytes);
      throw error;
    }
  };
  return {
    get pack() {
      return writer.pack;
    },
    get bytes() {
      return writer.bytes;
    },
    write: (bytes) => watched(writer.write(bytes)),
    async commit() {
      const pack = await watched(writer.commit());
      endOnce('done', writer.bytes);
      return pack;
    },
    async abort() {
      await writer.abort();
      endOnce('failed', writer.bytes);
    },
  };
}
