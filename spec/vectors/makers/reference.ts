// CAE-1 once more, written from spec/cae-1.md on node:crypto alone: the sealed bytes of the vectors come from here, so that the
// implementation is held to something other than itself.
import { createCipheriv, createHash, hkdfSync } from 'node:crypto';

export type Sealing = { readonly label: string; readonly key: Uint8Array; readonly context?: Uint8Array; readonly salt?: Uint8Array };

const segmentBytes = 262_144;

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

export function bytes(hexText: string): Uint8Array {
  return new Uint8Array(Buffer.from(hexText, 'hex'));
}

export function ascii(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'utf8'));
}

export function hash(...parts: readonly Uint8Array[]): Uint8Array {
  const digest = createHash('sha256');
  for (const part of parts) digest.update(part);
  return new Uint8Array(digest.digest());
}

export function u32(value: number): Uint8Array {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32BE(value);
  return new Uint8Array(buffer);
}

/** Bytes that stand for random ones: SHA-256("reprise vectors" || name), repeated with a counter to the length. */
export function fixed(name: string, length = 32): Uint8Array {
  const blocks: Uint8Array[] = [];
  for (let i = 0; i * 32 < length; i++) blocks.push(hash(ascii(`reprise vectors ${name} ${i}`)));
  return new Uint8Array(Buffer.concat(blocks).subarray(0, length));
}

export function derive(
  mode: 'A' | 'B',
  sealing: Sealing,
): { encryptionKey: Uint8Array; commitment: Uint8Array; info: Uint8Array; magic: Uint8Array } {
  const magic = Uint8Array.of(0x52, 0x50, mode === 'A' ? 0x41 : 0x42, 1);
  const context = sealing.context ?? new Uint8Array();
  const info = new Uint8Array(Buffer.concat([ascii(sealing.label), Uint8Array.of(0), magic, u32(context.length), context]));
  const okm = new Uint8Array(hkdfSync('sha256', sealing.key, sealing.salt ?? new Uint8Array(), info, 64));
  return { encryptionKey: okm.slice(0, 32), commitment: okm.slice(32), info, magic };
}

export function nonce(index: number, final: boolean): Uint8Array {
  return new Uint8Array(Buffer.concat([Buffer.alloc(7), u32(index), Uint8Array.of(final ? 1 : 0)]));
}

export function sealSegment(encryptionKey: Uint8Array, info: Uint8Array, index: number, final: boolean, plain: Uint8Array): Uint8Array {
  const cipher = createCipheriv('aes-256-gcm', encryptionKey, nonce(index, final));
  cipher.setAAD(info);
  return new Uint8Array(Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]));
}

export function sealA(label: string, key: Uint8Array, plain: Uint8Array): Uint8Array {
  const { encryptionKey, commitment, info, magic } = derive('A', { label, key });
  const count = Math.ceil(plain.length / segmentBytes);
  const segments = Array.from({ length: count }, (_, i) =>
    sealSegment(encryptionKey, info, i, i === count - 1, plain.subarray(i * segmentBytes, (i + 1) * segmentBytes)),
  );
  return new Uint8Array(Buffer.concat([magic, commitment, ...segments]));
}

/** @param padded the message with its mark and zeros */
export function sealB(sealing: Sealing & { readonly salt: Uint8Array }, padded: Uint8Array): Uint8Array {
  const { encryptionKey, commitment, info, magic } = derive('B', sealing);
  return new Uint8Array(Buffer.concat([magic, sealing.salt, commitment, sealSegment(encryptionKey, info, 0, true, padded)]));
}

export function padMessage(message: Uint8Array, length: number): Uint8Array {
  const padded = new Uint8Array(length);
  padded.set(message);
  padded[message.length] = 0x80;
  return padded;
}

export function mod251(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, j) => j % 251);
}

/** A case as it stands in a file. */
export type VectorCase = Record<string, unknown> & { readonly name: string; readonly verdict: 'accepted' | 'refused' };
export type VectorFile = { readonly about: string; readonly spec: string; readonly cases: readonly VectorCase[] };
