// Randomness as a port. The real source is crypto.getRandomValues, nothing else (spec/conventions.md).
import type { Bytes } from './bytes.ts';

export type RandomBytes = (length: number) => Bytes;

const requestBytesMax = 65_536;

export const systemRandom: RandomBytes = (length) => {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += requestBytesMax) crypto.getRandomValues(bytes.subarray(at, at + requestBytesMax));
  return bytes;
};
