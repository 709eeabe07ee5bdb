// Strict deterministic CBOR, the one encoding of every structure: spec/conventions.md "dCBOR".
// Written here rather than taken from a library because text must survive byte for byte: a decoder that drops a leading
// U+FEFF or replaces bad UTF-8 would read back another file name than was signed.
import { type Bytes, decodeUtf8, encodeUtf8 } from '@reprise/kit';
import { Failure } from './failures.ts';

/** Integers beyond ±(2⁵³ − 1) are bigint, from −2⁶⁴ to 2⁶⁴ − 1. Map keys are whole numbers below 2⁵³. */
export type DcborValue = number | bigint | string | boolean | null | Uint8Array | readonly DcborValue[] | DcborMap;
export type DcborMap = ReadonlyMap<number, DcborValue>;

const depthMax = 16;
const major = { unsigned: 0, negative: 1, bytes: 2, text: 3, array: 4, map: 5, simple: 7 } as const;
const simple = { false: 20, true: 21, null: 22 } as const;

/** @throws Failure bad-object if the value has no dCBOR form: a fraction, an unpaired surrogate, a key that is no whole number. */
export function encodeDcbor(value: DcborValue): Bytes {
  const writer = new Writer();
  writer.value(value, 0);
  return writer.finish();
}

/** @throws Failure bad-object unless the bytes are the one deterministic encoding of one value. */
export function decodeDcbor(bytes: Uint8Array): DcborValue {
  const reader = new Reader(bytes);
  const value = reader.value(0);
  if (reader.at !== bytes.length) throw refused('bytes after the end');
  return value;
}

/** The encoding of an array, put together from the encodings of its items. */
export function joinDcborArray(items: readonly Uint8Array[]): Bytes {
  const writer = new Writer();
  writer.arrayOf(items);
  return writer.finish();
}

/**
 * The encodings of an array's items, as views of the array's. What is in an item is held against its lengths and its depth only: whether it is
 * the one encoding of its value shows when it is decoded.
 * @param depth how many arrays and maps the array lies in
 * @throws Failure bad-object unless the bytes are one array
 */
export function splitDcborArray(bytes: Uint8Array, depth = 0): Uint8Array[] {
  const reader = new Reader(bytes);
  const items = reader.itemsOf(depth);
  if (reader.at !== bytes.length) throw refused('bytes after the end');
  return items;
}

/** The first item of an array that `splitDcborArray` gave. @throws Failure bad-object */
export function firstOfDcborArray(bytes: Uint8Array): DcborValue {
  return new Reader(bytes).first();
}

function refused(reason: string, cause?: unknown): Failure {
  return new Failure('bad-object', { reason: `dCBOR: ${reason}` }, cause === undefined ? undefined : { cause });
}

class Writer {
  #bytes: Bytes = new Uint8Array(256);
  #at = 0;

  finish(): Bytes {
    return this.#bytes.slice(0, this.#at);
  }

  value(value: DcborValue, depth: number): void {
    if (depth > depthMax) throw refused('nested too deep');
    if (value === null) this.#head(major.simple, simple.null);
    else if (typeof value === 'boolean') this.#head(major.simple, value ? simple.true : simple.false);
    else if (typeof value === 'number' || typeof value === 'bigint') this.#integer(value);
    else if (typeof value === 'string') this.#string(major.text, encodeText(value));
    else if (value instanceof Uint8Array) this.#string(major.bytes, value);
    else if (value instanceof Map) this.#map(value as DcborMap, depth);
    else this.#array(value as readonly DcborValue[], depth);
  }

  #integer(value: number | bigint): void {
    if (typeof value === 'number' && !Number.isSafeInteger(value)) throw refused('not a whole number');
    if (value >= 0) this.#head(major.unsigned, value);
    else this.#head(major.negative, typeof value === 'bigint' ? -1n - value : -1 - value);
  }

  #string(type: number, bytes: Uint8Array): void {
    this.#head(type, bytes.length);
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  #array(items: readonly DcborValue[], depth: number): void {
    this.#head(major.array, items.length);
    for (const item of items) this.value(item, depth + 1);
  }

  arrayOf(items: readonly Uint8Array[]): void {
    this.#head(major.array, items.length);
    this.#reserve(items.reduce((sum, item) => sum + item.length, 0));
    for (const item of items) {
      this.#bytes.set(item, this.#at);
      this.#at += item.length;
    }
  }

  #map(map: DcborMap, depth: number): void {
    this.#head(major.map, map.size);
    for (const key of [...map.keys()].sort((a, b) => a - b)) {
      if (!Number.isSafeInteger(key) || key < 0) throw refused('a map key is a whole number');
      this.#head(major.unsigned, key);
      this.value(map.get(key) as DcborValue, depth + 1);
    }
  }

  #head(type: number, argument: number | bigint): void {
    this.#reserve(9);
    const view = new DataView(this.#bytes.buffer);
    const size = argumentSize(argument);
    this.#bytes[this.#at] = (type << 5) | (size === 0 ? Number(argument) : headOf[size]);
    if (size === 1) view.setUint8(this.#at + 1, Number(argument));
    else if (size === 2) view.setUint16(this.#at + 1, Number(argument));
    else if (size === 4) view.setUint32(this.#at + 1, Number(argument));
    else if (size === 8) view.setBigUint64(this.#at + 1, BigInt(argument));
    this.#at += 1 + size;
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(2 * this.#bytes.length, this.#at + bytes));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
}

const headOf = { 1: 24, 2: 25, 4: 26, 8: 27 } as const;

function argumentSize(argument: number | bigint): 0 | 1 | 2 | 4 | 8 {
  if (argument < 24) return 0;
  if (argument < 2 ** 8) return 1;
  if (argument < 2 ** 16) return 2;
  if (argument < 2 ** 32) return 4;
  if (argument < 2n ** 64n) return 8;
  throw refused('an integer beyond 64 bits');
}

function encodeText(text: string): Bytes {
  if (!text.isWellFormed()) throw refused('an unpaired surrogate');
  return encodeUtf8(text);
}

class Reader {
  at = 0;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  value(depth: number): DcborValue {
    if (depth > depthMax) throw refused('nested too deep');
    const initial = this.#initial();
    const [type, info] = [initial >> 5, initial & 31];
    if (type === major.simple) return simpleValue(info);
    const argument = this.#argument(info);
    if (type === major.unsigned) return argument;
    if (type === major.negative) return negative(argument);
    if (type === major.bytes) return this.#take(argument).slice();
    if (type === major.text) return decodeText(this.#take(argument));
    if (type === major.array) return this.#array(argument, depth);
    if (type === major.map) return this.#map(argument, depth);
    throw refused('a tag');
  }

  itemsOf(depth: number): Uint8Array[] {
    const items: Uint8Array[] = [];
    for (let left = this.#arrayLength(); left > 0; left--) {
      const start = this.at;
      this.#skip(depth + 1);
      items.push(this.#bytes.subarray(start, this.at));
    }
    return items;
  }

  first(): DcborValue {
    if (this.#arrayLength() === 0) throw refused('an array of nothing');
    return this.value(1);
  }

  #arrayLength(): number {
    const initial = this.#initial();
    if (initial >> 5 !== major.array) throw refused('an array expected');
    return this.#count(this.#argument(initial & 31));
  }

  #skip(depth: number): void {
    if (depth > depthMax) throw refused('nested too deep');
    const initial = this.#initial();
    const [type, info] = [initial >> 5, initial & 31];
    if (type === major.simple) return void simpleValue(info);
    const argument = this.#argument(info);
    if (type === major.bytes || type === major.text) this.#pass(Number(argument));
    else if (type === major.array || type === major.map)
      for (let left = this.#count(argument) * (type === major.map ? 2 : 1); left > 0; left--) this.#skip(depth + 1);
    else if (type !== major.unsigned && type !== major.negative) throw refused('a tag');
  }

  #initial(): number {
    return this.#bytes[this.#pass(1)] as number;
  }

  #array(length: number | bigint, depth: number): DcborValue[] {
    const items: DcborValue[] = [];
    for (let i = 0; i < this.#count(length); i++) items.push(this.value(depth + 1));
    return items;
  }

  #map(length: number | bigint, depth: number): DcborMap {
    const map = new Map<number, DcborValue>();
    let last = -1;
    for (let i = 0; i < this.#count(length); i++) {
      const key = this.value(depth + 1);
      if (typeof key !== 'number' || key < 0) throw refused('a map key is a whole number');
      if (key <= last) throw refused('map keys repeat or are not sorted');
      last = key;
      map.set(key, this.value(depth + 1));
    }
    return map;
  }

  /** Every item takes a byte at least, so a count beyond the bytes left is refused before anything is read. */
  #count(length: number | bigint): number {
    if (length > this.#bytes.length) throw refused('cut short');
    return Number(length);
  }

  #argument(info: number): number | bigint {
    if (info < 24) return info;
    if (info > 27) throw refused('an indefinite length or a reserved form');
    const size = 2 ** (info - 24);
    const argument = this.#unsigned(this.#pass(size), size);
    if (argumentSize(argument) !== size) throw refused('an integer in a longer form than needed');
    return argument;
  }

  #unsigned(at: number, size: number): number | bigint {
    if (size === 1) return this.#view.getUint8(at);
    if (size === 2) return this.#view.getUint16(at);
    if (size === 4) return this.#view.getUint32(at);
    const wide = this.#view.getBigUint64(at);
    return wide <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(wide) : wide;
  }

  #take(length: number | bigint): Uint8Array {
    // A length beyond 2⁵³ loses digits as a number, and is too long all the same.
    const start = this.#pass(Number(length));
    return this.#bytes.subarray(start, this.at);
  }

  /** @returns where the bytes passed over begin */
  #pass(length: number): number {
    const start = this.at;
    if (start + length > this.#bytes.length) throw refused('cut short');
    this.at = start + length;
    return start;
  }
}

function negative(argument: number | bigint): number | bigint {
  if (typeof argument === 'number' && argument < Number.MAX_SAFE_INTEGER) return -1 - argument;
  return -1n - BigInt(argument);
}

function simpleValue(info: number): boolean | null {
  if (info === simple.false) return false;
  if (info === simple.true) return true;
  if (info === simple.null) return null;
  throw refused('a float, undefined or another simple value');
}

function decodeText(bytes: Uint8Array): string {
  try {
    return decodeUtf8(bytes);
  } catch (cause) {
    throw refused('text that is not UTF-8', cause);
  }
}
