// Reads decoded dCBOR into the shapes a structure promises; anything else is bad-object: spec/conventions.md "Structures".
import type { Bytes } from '@reprise/kit';
import { type DcborMap, type DcborValue, encodeDcbor } from './dcbor.ts';
import { Failure } from './failures.ts';

export function badObject(reason: string): Failure {
  return new Failure('bad-object', { reason });
}

export function readBytes(value: DcborValue | undefined, length?: number): Bytes {
  if (!(value instanceof Uint8Array)) throw badObject('bytes expected');
  if (length !== undefined && value.length !== length) throw badObject(`${length} bytes expected`);
  return value as Bytes;
}

/** A whole number from `min` to `max`. */
export function readUint(value: DcborValue | undefined, max = Number.MAX_SAFE_INTEGER, min = 0): number {
  if (typeof value !== 'number' || value < min || value > max) throw badObject(`a whole number from ${min} to ${max} expected`);
  return value;
}

export function readText(value: DcborValue | undefined): string {
  if (typeof value !== 'string') throw badObject('text expected');
  return value;
}

export function readArray(value: DcborValue | undefined, lengthMax = Number.MAX_SAFE_INTEGER): readonly DcborValue[] {
  if (!Array.isArray(value)) throw badObject('an array expected');
  if (value.length > lengthMax) throw badObject(`at most ${lengthMax} items expected`);
  return value;
}

/** An array of exactly `length` items. */
export function readTuple(value: DcborValue | undefined, length: number): readonly DcborValue[] {
  const items = readArray(value);
  if (items.length !== length) throw badObject(`${length} items expected`);
  return items;
}

/** A map whose keys below 100 are all known; keys from 100 up are carried along. */
export function readMap(value: DcborValue | undefined, known: readonly number[]): DcborMap {
  if (!(value instanceof Map)) throw badObject('a map expected');
  for (const key of value.keys()) if (key < 100 && !known.includes(key)) throw badObject(`unknown key ${key}`);
  return value as DcborMap;
}

/** Whether two values are the same bytes once encoded. */
export function sameValue(a: DcborValue, b: DcborValue): boolean {
  const [left, right] = [encodeDcbor(a), encodeDcbor(b)];
  return left.length === right.length && left.every((byte, i) => byte === right[i]);
}
