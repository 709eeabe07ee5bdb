// What the files rope, manifest, entry and directory are put together from: extents, nodes of trees, and keys that follow a pattern.
import { type DcborValue, encodeDcbor } from '@reprise/protocol/formats';
import type { Ref } from '@reprise/vault';
import { fixed, hash, hex, sealA, u32 } from './reference.ts';

/** A chunk of 4 MiB, and the same sealed. */
export const full = 4_194_304;
export const fullSealed = 4_194_596;

export function cbor(value: DcborValue): string {
  return hex(encodeDcbor(value));
}

export function extent(name: string, sealedLength: number, offset: number, length: number): DcborValue[] {
  return [fixed(`id ${name}`), fixed(`key ${name}`), sealedLength, offset, length];
}

/** SHA-256(u32 number || u8 use): see vectors/README.md. */
export function pattern(number: number, use: number): Uint8Array<ArrayBuffer> {
  return hash(u32(number >>> 0), Uint8Array.of(use)) as Uint8Array<ArrayBuffer>;
}

export function patternKeys(seed: number): () => Uint8Array<ArrayBuffer> {
  let i = 0;
  return () => pattern(seed * 65_536 + i++, 3);
}

export function refJson(ref: Ref): { id: string; key: string; length: number } {
  return { id: hex(ref.id), key: hex(ref.key), length: ref.length };
}

export type Given = { readonly ref: string; readonly objects: readonly string[] };

/** Nodes sealed by the reference implementation: the first is the top; the others are made first, for their references. */
export function given(
  label: string,
  build: (add: (value: DcborValue, change?: (plain: Uint8Array) => Uint8Array) => DcborValue) => DcborValue,
): Given {
  const objects: string[] = [];
  const add = (value: DcborValue, change = (plain: Uint8Array) => plain): DcborValue => {
    const encoded = encodeDcbor(value);
    const plain = new Uint8Array(1_024);
    plain.set(encoded);
    const key = fixed(`node ${objects.length}`);
    const sealed = sealA(label, key, change(plain));
    objects.push(hex(sealed));
    return [hash(sealed), key, encoded.length];
  };
  return { ref: cbor(build(add)), objects };
}
