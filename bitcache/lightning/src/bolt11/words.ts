// Numbers and bytes as runs of 5 bits, most significant first. BOLT 11.
import type { Bytes } from '@reprise/kit';

type Words = readonly number[];

/** Whole bytes; fewer than 8 bits at the end are padding and left out. */
export function bytesOf(words: Words): Bytes {
  return regroup(words, 5, 8, false);
}

/** Padded with zero bits to a whole byte: what is signed. */
export function paddedBytesOf(words: Words): Bytes {
  return regroup(words, 5, 8, true);
}

export function wordsOf(bytes: Uint8Array): Words {
  return [...regroup([...bytes], 8, 5, true)];
}

/** @returns undefined beyond 2^53 */
export function numberOf(words: Words): number | undefined {
  const value = words.reduce((sum, word) => sum * 32 + word, 0);
  return Number.isSafeInteger(value) ? value : undefined;
}

/** In as few words as it needs, or in `length` of them. */
export function wordsOfNumber(value: number, length = 0): Words {
  const words: number[] = [];
  for (let rest = value; rest > 0 || words.length < length; rest = Math.floor(rest / 32)) words.unshift(rest % 32);
  return words;
}

function regroup(values: Words, from: number, to: number, pad: boolean): Bytes {
  const out: number[] = [];
  let held = 0;
  let bits = 0;
  for (const value of values) {
    held = (held << from) | value;
    bits += from;
    while (bits >= to) {
      bits -= to;
      out.push((held >>> bits) & ((1 << to) - 1));
      held &= (1 << bits) - 1;
    }
  }
  if (pad && bits > 0) out.push((held << (to - bits)) & ((1 << to) - 1));
  return Uint8Array.from(out);
}
