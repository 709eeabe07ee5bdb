// Finds bytes that the disk has changed before they are served: SHA-256 against the id (docs/decisions/verify-on-read.md).
import { createHash } from 'node:crypto';
import { type Clock, formatHex, systemClock, Turns } from '@reprise/kit';
import { Failure, type ObjectId, sha256 } from '@reprise/protocol';
import { CheckedLately } from './checked-lately.ts';
import { type ChunkStore, type Location, type Range, refuseOutside, type WritePiece } from './store.ts';

/** How long a check of a whole object holds for parts of it. */
export const checkHoldsMs = 600_000;
/** Objects remembered as checked: at 4 MiB each, 256 GiB of content. */
const checkedMax = 65_536;
const wrongMax = 4_096;
/** Checks at a time; the others wait. */
const checksAtOnce = 4;

/**
 * read() checks every time; sendRange() and readRange() check the whole object unless that was done within `checkHoldsMs`. An object that is sent
 * whole is checked on its way: its last piece is kept back until the hash is known, so that wrong bytes never leave as an object.
 */
export function withCheck(store: ChunkStore, clock: Clock = systemClock): ChunkStore {
  const checked = new CheckedLately(clock, { holdsMs: checkHoldsMs, entriesMax: checkedMax });
  /** Found wrong lately: these are checked before anything of them is sent, so that the next reader is told. */
  const wrong = new CheckedLately(clock, { holdsMs: checkHoldsMs, entriesMax: wrongMax });
  const turns = new Turns(checksAtOnce);
  const inFlight = new Map<string, Promise<unknown>>();

  const compare = (id: ObjectId, at: Location, digest: string) => {
    const key = keyOf(id, at);
    if (digest === id) {
      wrong.forget(key);
      return checked.add(key);
    }
    checked.forget(key);
    wrong.add(key);
    throw new Failure('chunk-corrupt', { id });
  };

  // Piece by piece through a lent buffer: half of what reading and hashing the object in one piece costs.
  const readThrough = async (id: ObjectId, at: Location) => {
    const hash = createHash('sha256');
    await store.sendRange(id, at, { start: 0, endExclusive: at.length }, async (piece) => void hash.update(piece));
    compare(id, at, hash.digest('hex'));
  };

  // What is sent whole is read once: reading it for the check and again to send it took the disk twice as long.
  const sendChecking = async (id: ObjectId, at: Location, write: WritePiece, signal?: AbortSignal) => {
    const hash = createHash('sha256');
    let sent = 0;
    const writeChecked: WritePiece = (piece) => {
      hash.update(piece);
      sent += piece.length;
      if (sent === at.length) compare(id, at, hash.digest('hex'));
      return write(piece);
    };
    await store.sendRange(id, at, { start: 0, endExclusive: at.length }, writeChecked, signal);
  };

  const check = async (id: ObjectId, at: Location, signal?: AbortSignal) => {
    const key = keyOf(id, at);
    if (checked.has(key)) return;
    // Many readers of one object, as of a video, share one check; each stops waiting by its own signal.
    const shared = inFlight.get(key) ?? turns.run(() => readThrough(id, at)).finally(() => inFlight.delete(key));
    inFlight.set(key, shared);
    await shared;
    signal?.throwIfAborted();
  };

  return {
    async read(id: ObjectId, at: Location, signal?: AbortSignal) {
      const bytes = await store.read(id, at, signal);
      compare(id, at, formatHex(await sha256(bytes)));
      return bytes;
    },
    async sendRange(id: ObjectId, at: Location, range: Range, write: WritePiece, signal?: AbortSignal) {
      refuseOutside(at, range);
      signal?.throwIfAborted();
      const key = keyOf(id, at);
      const isWhole = range.start === 0 && range.endExclusive === at.length && at.length > 0;
      if (isWhole && !checked.has(key) && !wrong.has(key) && !inFlight.has(key)) return sendChecking(id, at, write, signal);
      await check(id, at, signal);
      await store.sendRange(id, at, range, write, signal);
    },
    async *readRange(id: ObjectId, at: Location, range: Range, signal?: AbortSignal) {
      refuseOutside(at, range);
      signal?.throwIfAborted();
      await check(id, at, signal);
      yield* store.readRange(id, at, range, signal);
    },
    beginPack: (packClass) => store.beginPack(packClass),
    deletePack: (pack) => store.deletePack(pack),
    listPacks: () => store.listPacks(),
    free: () => store.free(),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

function keyOf(id: ObjectId, at: Location): string {
  return `${id}/${at.pack}/${at.offset}/${at.length}`;
}
