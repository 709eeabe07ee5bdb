// An AES-256-GCM ciphertext that opens under two keys with the same nonce and associated data (Dodis, Grubbs, Ristenpart, Woodage
// 2018, section 3; the last block is solved for, so that both keys compute one tag).
import { createCipheriv } from 'node:crypto';

const reduction = 0xe1n << 120n;
const one = 1n << 127n;

/** @returns `freeBytes` of chosen ciphertext, one solved block, and the tag */
export function collide(key1: Uint8Array, key2: Uint8Array, nonce: Uint8Array, associated: Uint8Array, freeBytes: number): Uint8Array {
  const free = Array.from({ length: freeBytes / 16 }, (_, i) => Buffer.alloc(16, i + 1));
  const known = [...blocksOf(associated), ...free];
  const lengths = Buffer.alloc(16);
  lengths.writeBigUInt64BE(BigInt(associated.length * 8), 0);
  lengths.writeBigUInt64BE(BigInt((freeBytes + 16) * 8), 8);
  const [first, second] = [key1, key2].map((key) => {
    const h = number(encryptBlock(key, Buffer.alloc(16)));
    const mask = number(encryptBlock(key, Buffer.concat([nonce, Buffer.from([0, 0, 0, 1])])));
    // The blocks before the solved one carry H to the power of their distance from the end; the solved one carries H².
    const sum = known.reduce(
      (total, block, i) => total ^ multiply(number(block), power(h, BigInt(known.length - i + 2))),
      multiply(number(lengths), h),
    );
    return { square: multiply(h, h), rest: sum ^ mask };
  }) as [{ square: bigint; rest: bigint }, { square: bigint; rest: bigint }];
  const solved = multiply(first.rest ^ second.rest, power(first.square ^ second.square, (1n << 128n) - 2n));
  const tag = multiply(solved, first.square) ^ first.rest;
  return new Uint8Array(Buffer.concat([...free, block(solved), block(tag)]));
}

function blocksOf(bytes: Uint8Array): Buffer[] {
  const padded = Buffer.alloc(Math.ceil(bytes.length / 16) * 16);
  padded.set(bytes);
  return Array.from({ length: padded.length / 16 }, (_, i) => padded.subarray(16 * i, 16 * i + 16));
}

/** Multiplication in GF(2¹²⁸), bits in the order of GHASH. */
function multiply(x: bigint, y: bigint): bigint {
  let product = 0n;
  let shifted = y;
  for (let i = 127n; i >= 0n; i--) {
    if ((x >> i) & 1n) product ^= shifted;
    shifted = shifted & 1n ? (shifted >> 1n) ^ reduction : shifted >> 1n;
  }
  return product;
}

function power(base: bigint, exponent: bigint): bigint {
  let result = one;
  for (let square = base, rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = multiply(result, square);
    square = multiply(square, square);
  }
  return result;
}

function encryptBlock(key: Uint8Array, input: Uint8Array): Buffer {
  const cipher = createCipheriv('aes-256-ecb', key, null);
  cipher.setAutoPadding(false);
  return Buffer.concat([cipher.update(input), cipher.final()]);
}

function number(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
}

function block(value: bigint): Buffer {
  return Buffer.from(value.toString(16).padStart(32, '0'), 'hex');
}
