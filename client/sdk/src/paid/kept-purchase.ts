// A purchase as its buyer keeps it, so that what was begun is finished and what was bought stays bought: written before anything is sent,
// sealed under a key of this machine. spec/paid-links.md "What a buyer keeps".
import type { Bytes, RandomBytes } from '@reprise/kit';
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
import { type Engine, type Link, openLocal, sealLocal } from '@reprise/vault';

/** A payment that was begun. Each shows itself by something of its own, and asked again it has the same answer. */
export type Attempt =
  | { readonly way: 'lightning'; readonly token: string; readonly bolt11: string; readonly sats: number; readonly expiresAt: number }
  | { readonly way: 'coins'; readonly coins: string; readonly quote: string; readonly sats: number }
  | { readonly way: 'balance'; readonly request: Bytes; readonly quote: string; readonly sats: number };

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

/** Where purchases are kept; what is saved is durable when `save` resolves. Names are ids of links, in hex. */
export interface PurchaseStore {
  /** null where nothing is kept under that name. */
  load(name: string): Promise<Bytes | null>;
  /** Takes the place of what was kept before; a program that dies leaves the one or the other. */
  save(name: string, sealed: Bytes): Promise<void>;
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
    const { store, key, engine } = this.#parts;
    const sealed = await store.load(linkId);
    if (!sealed) return null;
    try {
      return decodePurchase(await openLocal(engine, key, place(linkId), sealed));
    } catch (cause) {
      throw new Failure('bad-journal', { path: linkId }, { cause });
    }
  }

  /** Durable when it resolves. @param linkId in hex */
  async put(linkId: string, purchase: KeptPurchase): Promise<void> {
    const { store, key, engine, random } = this.#parts;
    await store.save(linkId, await sealLocal(engine, key, place(linkId), encodePurchase(purchase), random));
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

const attemptsMax = 64;
const recordsMax = 16;

function encodePurchase({ link, origin, title, seed, records, attempts, bought }: KeptPurchase): Bytes {
  const kept: DcborValue[] = attempts.slice(-attemptsMax).map(encodeAttempt);
  const got: DcborValue = bought && [bought.half, bought.release, bought.receipt, bought.at, bought.sats];
  return encodeDcbor([1, [link.flags, link.secret, link.fingerprint], origin, title, seed, records.slice(-recordsMax), kept, got]);
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
      ]);
  }
}

/** @throws Failure bad-object */
function decodePurchase(bytes: Uint8Array): KeptPurchase {
  const [version, link, origin, title, seed, records, attempts, bought] = readTuple(decodeDcbor(bytes), 8);
  readUint(version, 1, 1);
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
  const attempt = readMap(value, [1, 2, 3, 4, 5, 6, 7]);
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
    case 3:
      return { way: 'balance', sats, quote: readText(attempt.get(6)), request: readBytes(attempt.get(7), 16) };
    default:
      throw badObject('a way of paying that is not known');
  }
}

function decodeBought(value: DcborValue | undefined): Bought {
  const [half, release, receipt, at, sats] = readTuple(value, 5);
  return { half: readBytes(half, 32), release: readBytes(release), receipt: readBytes(receipt), at: readUint(at), sats: readUint(sats) };
}
