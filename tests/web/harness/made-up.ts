// Contents that page and test can make apart from each other: a mix of the place and a seed, four bytes at a time.

/** Bytes from `at` (a multiple of 4) of the made-up file with this seed. */
export function madeUpBytes(at: number, bytes: number, seed: number): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(Math.ceil(bytes / 4));
  for (let i = 0; i < words.length; i++) words[i] = Math.imul((at / 4 + i) ^ seed, 2_654_435_761) ^ (i >>> 7);
  return new Uint8Array(words.buffer, 0, bytes);
}

export const madeUpStep = 2 ** 22;
