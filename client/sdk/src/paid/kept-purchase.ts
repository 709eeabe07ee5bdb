// A purchase as its buyer keeps it, so that what was begun is finished and what was bought stays bought: written before anything is sent,
// sealed under a key of this machine. spec/paid-links.md "What a buyer keeps".
import { type Bytes, equalBytes, parseHex, type RandomBytes } from '@reprise/kit';
import {
  badObject,
  type DcborValue,
  decodeDcbor,
  encodeDcbor,
  Failure,
  readArray,
  readBytes,
  readMap,
  readText,
  readTuple,
  readUint,
} from '@reprise/protocol/formats';
import { formatId, type UserId } from '@reprise/protocol';
import { type Engine, type Link, openLocal, sealLocal } from '@reprise/vault';

/** A payment that was begun. Each shows itself by something of its own, and asked again it has the same answer. */
export type Attempt =
  | { readonly way: 'lightning'; readonly token: string; readonly bolt11: string; readonly sats: number; readonly expiresAt: number }
  | { readonly way: 'coins'; readonly coins: string; readonly quote: string; readonly sats: number }
  | {
      readonly way: 'balance';
      readonly request: Bytes;
      /** Whose balance, 64 hex digits. */
      readonly userId: UserId;
      readonly quote: string;
      readonly sats: number;
    };

export type Bought = { readonly half: Bytes; readonly release: Bytes; readonly receipt: Bytes; readonly at: number; readonly sats: number };

/** One purchase: who buys what, the payments that were begun, and what they gave. */
export type KeptPurchase = {
  readonly link: Link;
  /** Where it is sold: `https://host`. */
  readonly origin: string;
  readonly title: string;
  /** Of the buyer's key, 32 bytes: for this offer alone. */
  readonly seed: Bytes;
  /** The records of the link that something was agreed to, the latest last: a payment by an earlier price opens with the earlier one. */
  readonly records: readonly Bytes[];
  readonly attempts: readonly Attempt[];
  readonly bought: Bought | null;
};

/** Where purchases are kept; several programs may share it. What is saved is durable when `save` resolves. Names are ids of links, in hex. */
export interface PurchaseStore {
  /** null where nothing is kept under that name. */
  load(name: string): Promise<Bytes | null>;
  /**
   * Takes the place of `expected`, null: of nothing; a program that dies leaves the one or the other.
   * @returns false if something else is kept there by now
   */
  save(name: string, sealed: Bytes, expected: Bytes | null): Promise<boolean>;
  /** Of everything that is kept. */
  names(): Promise<readonly string[]>;
  /** Nothing happens where nothing is kept. */
  remove(name: string): Promise<void>;
}

/** What keeping purchases takes. */
export type PurchaseParts = {
  readonly store: PurchaseStore;
  /** 32 bytes of this machine. */
  readonly key: Bytes;
  readonly engine: Engine;
  readonly random: RandomBytes;
};

/** What was bought on this machine, and what is under way. */
export class Purchases {
  readonly #parts: PurchaseParts;

  constructor(parts: PurchaseParts) {
    this.#parts = parts;
  }

  /** @param linkId in hex @returns null if nothing was begun @throws Failure bad-journal if what is kept cannot be read */
  async get(linkId: string): Promise<KeptPurchase | null> {
    return this.#open(linkId, await this.#parts.store.load(linkId));
  }

  async #open(linkId: string, sealed: Bytes | null): Promise<KeptPurchase | null> {
    const { key, engine } = this.#parts;
    if (!sealed) return null;
    try {
      return decodePurchase(await openLocal(engine, key, place(linkId), sealed));
    } catch (cause) {
      throw new Failure('bad-journal', { path: linkId }, { cause });
    }
  }

  /**
   * Puts something else in the place of what is kept, by whichever program; durable when it resolves.
   * @param linkId in hex
   * @param work of what is kept there gives what is to be; it runs again where another program was quicker, and returns the same object to leave
   *   all as it is
   * @returns what is kept then
   * @throws what `work` throws; Failure bad-journal; limit-exceeded if that is more than can be kept
   */
  async change(linkId: string, work: (kept: KeptPurchase | null) => KeptPurchase): Promise<KeptPurchase> {
    const { store, key, engine, random } = this.#parts;
    for (let round = 0; round < roundsMax; round++) {
      const before = await store.load(linkId);
      const kept = await this.#open(linkId, before);
      const next = work(kept);
      if (next === kept) return next;
      if (await store.save(linkId, await sealLocal(engine, key, place(linkId), encodePurchase(next), random), before)) return next;
    }
    throw new Failure('bad-journal', { path: linkId, reason: 'others write without end' });
  }

  /** Everything that was bought or begun here. */
  async *all(): AsyncGenerator<KeptPurchase> {
    for (const name of await this.#parts.store.names()) {
      const kept = await this.get(name);
      if (kept) yield kept;
    }
  }

  /** What was bought is then lost, unless its link is bought again. @param linkId in hex */
  remove(linkId: string): Promise<void> {
    return this.#parts.store.remove(linkId);
  }
}

function place(linkId: string) {
  return { table: 'purchase', row: new TextEncoder().encode(linkId) };
}

/** Each round that is lost was won by another program. */
const roundsMax = 100;
const attemptsMax = 64;
/** Of a purchase that was made, only the last is read. */
export const recordsMax = 16;
/** An invoice that has ended this long ago is not paid any more: no wallet begins, and no node still carries a payment of it. */
const lateMsMax = 24 * 3_600_000;

/** @returns it, if one more payment can be kept with it @throws Failure limit-exceeded: nothing is ever left out to make room */
export function assertRoom(purchase: KeptPurchase): KeptPurchase {
  if (purchase.attempts.length >= attemptsMax || purchase.records.length > recordsMax) throw tooMany();
  return purchase;
}

function tooMany(): Failure {
  return new Failure('limit-exceeded', { limit: 'payments of a purchase' });
}

/**
 * A purchase without what cannot be paid any more, if there is little room left in it.
 * @param unpaid what the operator has just said to be unpaid
 * @param nowMs of the server's clock
 */
export function withoutUnpaid(purchase: KeptPurchase, unpaid: readonly Attempt[], nowMs: number): KeptPurchase {
  const { attempts, records } = purchase;
  if (attempts.length < attemptsMax && records.length < recordsMax) return purchase;
  const isOver = (one: Attempt) =>
    one.way === 'lightning' && one.expiresAt + lateMsMax < nowMs && unpaid.some((other) => isSameAttempt(one, other));
  const left = attempts.filter((one) => !isOver(one));
  // Where no payment is left, no record waits for one.
  return { ...purchase, attempts: left, records: left.length === 0 ? [] : records };
}

/** @returns the same object if it is kept already @throws Failure limit-exceeded */
export function withAttempt(purchase: KeptPurchase, attempt: Attempt): KeptPurchase {
  if (purchase.attempts.some((one) => isSameAttempt(one, attempt))) return purchase;
  return { ...assertRoom(purchase), attempts: [...purchase.attempts, attempt] };
}

export function isSameAttempt(a: Attempt, b: Attempt): boolean {
  switch (a.way) {
    case 'lightning':
      return b.way === a.way && b.token === a.token;
    case 'coins':
      return b.way === a.way && b.coins === a.coins && b.quote === a.quote;
    case 'balance':
      return b.way === a.way && equalBytes(b.request, a.request);
  }
}

function encodePurchase({ link, origin, title, seed, records, attempts, bought }: KeptPurchase): Bytes {
  if (attempts.length > attemptsMax || records.length > recordsMax) throw tooMany();
  const kept: DcborValue[] = attempts.map(encodeAttempt);
  const got: DcborValue = bought && [bought.half, bought.release, bought.receipt, bought.at, bought.sats];
  return encodeDcbor([2, [link.flags, link.secret, link.fingerprint], origin, title, seed, records, kept, got]);
}

function encodeAttempt(attempt: Attempt): DcborValue {
  switch (attempt.way) {
    case 'lightning':
      return new Map<number, DcborValue>([
        [1, 1],
        [2, attempt.token],
        [3, attempt.sats],
        [4, attempt.bolt11],
        [5, attempt.expiresAt],
      ]);
    case 'coins':
      return new Map<number, DcborValue>([
        [1, 2],
        [2, attempt.coins],
        [3, attempt.sats],
        [6, attempt.quote],
      ]);
    case 'balance':
      return new Map<number, DcborValue>([
        [1, 3],
        [3, attempt.sats],
        [6, attempt.quote],
        [7, attempt.request],
        [8, parseHex(attempt.userId) as Bytes],
      ]);
  }
}

/** @throws Failure bad-object */
function decodePurchase(bytes: Uint8Array): KeptPurchase {
  const [version, link, origin, title, seed, records, attempts, bought] = readTuple(decodeDcbor(bytes), 8);
  readUint(version, 2, 2);
  const [flags, secret, fingerprint] = readTuple(link, 3);
  return {
    link: { flags: readUint(flags, 255), secret: readBytes(secret, 32), fingerprint: readBytes(fingerprint, 16) },
    origin: readText(origin),
    title: readText(title),
    seed: readBytes(seed, 32),
    records: readArray(records, recordsMax).map((record) => readBytes(record)),
    attempts: readArray(attempts, attemptsMax).map(decodeAttempt),
    bought: bought === null ? null : decodeBought(bought),
  };
}

function decodeAttempt(value: DcborValue): Attempt {
  const attempt = readMap(value, [1, 2, 3, 4, 5, 6, 7, 8]);
  const sats = readUint(attempt.get(3));
  switch (attempt.get(1)) {
    case 1:
      return {
        way: 'lightning',
        token: readText(attempt.get(2)),
        sats,
        bolt11: readText(attempt.get(4)),
        expiresAt: readUint(attempt.get(5)),
      };
    case 2:
      return { way: 'coins', coins: readText(attempt.get(2)), sats, quote: readText(attempt.get(6)) };
    case 3: {
      const userId = formatId<UserId>(readBytes(attempt.get(8), 32));
      return { way: 'balance', userId, sats, quote: readText(attempt.get(6)), request: readBytes(attempt.get(7), 16) };
    }
    default:
      throw badObject('a way of paying that is not known');
  }
}

function decodeBought(value: DcborValue | undefined): Bought {
  const [half, release, receipt, at, sats] = readTuple(value, 5);
  return { half: readBytes(half, 32), release: readBytes(release), receipt: readBytes(receipt), at: readUint(at), sats: readUint(sats) };
}
