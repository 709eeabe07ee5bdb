// What Cashu writes into headers: a request for payment (`creqA`, NUT-18) and coins (`cashuB`, NUT-00). Both are CBOR with text for keys,
// which the formats of this project never have.
import { type Bytes, concatBytes, decodeUtf8, encodeUtf8, formatHex } from '@reprise/kit';

/** `X-Cashu` of a 402 (NUT-24). @param sats below 2³² */
export function paymentRequest(sats: bigint, mint: string): string {
  const entries = [text('a'), head(0, Number(sats)), text('u'), text('sat'), text('m'), head(4, 1), text(mint)];
  return `creqA${Buffer.from(concatBytes(head(5, 3), ...entries)).toString('base64url')}`;
}

export type TokenProof = {
  readonly amount: bigint;
  /** In hex; eight bytes of it are enough to name a keyset. */
  readonly id: string;
  readonly secret: string;
  readonly C: string;
  readonly witness?: string;
};
export type Token = { readonly mint: string; readonly unit: string; readonly proofs: readonly TokenProof[] };

/** @returns undefined for what is no token of this form */
export function readCashuToken(header: string): Token | undefined {
  if (!header.startsWith('cashuB')) return undefined;
  try {
    const { m, u, t } = asMap(new Reader(new Uint8Array(Buffer.from(header.slice(6), 'base64url'))).whole());
    const proofs = asList(t).flatMap((entry) => {
      const { i, p } = asMap(entry);
      return asList(p).map((proof) => readProof(asMap(proof), hexOf(i)));
    });
    return { mint: asText(m), unit: asText(u), proofs };
  } catch {
    return undefined;
  }
}

function readProof({ a, s, c, w }: Fields, id: string): TokenProof {
  if (typeof a !== 'bigint') throw new TypeError('no amount');
  return { amount: a, id, secret: asText(s), C: hexOf(c), ...(w === undefined || w === null ? {} : { witness: asText(w) }) };
}

type Value = bigint | string | boolean | null | Uint8Array | readonly Value[] | Fields;
type Fields = { readonly [name: string]: Value | undefined };

const asMap = (value: Value | undefined): Fields => {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Uint8Array) throw new TypeError('no map');
  return value as Fields;
};
const asList = (value: Value | undefined): readonly Value[] => {
  if (!Array.isArray(value)) throw new TypeError('no list');
  return value as readonly Value[];
};
const asText = (value: Value | undefined): string => {
  if (typeof value !== 'string') throw new TypeError('no text');
  return value;
};
const hexOf = (value: Value | undefined): string => {
  if (!(value instanceof Uint8Array)) throw new TypeError('no bytes');
  return formatHex(value);
};

function text(value: string): Bytes {
  const bytes = encodeUtf8(value);
  return concatBytes(head(3, bytes.length), bytes);
}

function head(major: number, value: number): Bytes {
  const first = major << 5;
  if (value < 24) return Uint8Array.of(first | value);
  if (value < 256) return Uint8Array.of(first | 24, value);
  if (value < 65_536) return Uint8Array.of(first | 25, value >> 8, value & 255);
  return Uint8Array.of(first | 26, value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255);
}

/** CBOR of definite lengths: what wallets write. Everything else is refused. */
class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  whole(): Value {
    const value = this.#value(0);
    if (this.#at !== this.#bytes.length) throw new TypeError('bytes after the end');
    return value;
  }

  #value(depth: number): Value {
    if (depth > 8) throw new TypeError('too deep');
    const first = this.#take(1)[0] as number;
    const [major, size] = [first >> 5, this.#size(first & 31)];
    const count = Number(size);
    if (major === 0) return size;
    if (major === 2) return this.#take(count);
    if (major === 3) return decodeUtf8(this.#take(count));
    // Every item has a byte at least: no list is longer than what is left.
    if ((major === 4 || major === 5) && count > this.#bytes.length - this.#at) throw new TypeError('cut off');
    if (major === 4) return Array.from({ length: count }, () => this.#value(depth + 1));
    if (major === 5)
      return Object.fromEntries(Array.from({ length: count }, () => [asText(this.#value(depth + 1)), this.#value(depth + 1)]));
    const simple = new Map<number, Value>([
      [0xf4, false],
      [0xf5, true],
      [0xf6, null],
    ]).get(first);
    if (simple === undefined) throw new TypeError('not of a token');
    return simple;
  }

  #size(low: number): bigint {
    if (low < 24) return BigInt(low);
    if (low > 27) throw new TypeError('no definite length');
    return this.#take(1 << (low - 24)).reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
  }

  #take(count: number): Uint8Array {
    const end = this.#at + count;
    if (end > this.#bytes.length) throw new TypeError('cut off');
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }
}
