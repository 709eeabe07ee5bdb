// What a machine keeps for itself, sealed so that a copied folder tells nothing: spec/conventions.md "Labels".
import { type Bytes, concatBytes, encodeUtf8, type RandomBytes, u8 } from '@reprise/kit';
import { type MessageSeal, openMessage, sealMessage } from './cae.ts';
import type { Engine } from './engine.ts';
import { sealLabels } from './labels.ts';

/** Where a kept message belongs: it opens there and nowhere else. */
export type LocalPlace = {
  /** The kind of record, without a zero byte. */
  readonly table: string;
  readonly row: Uint8Array;
};

/** Not padded beyond the end mark: it never leaves the machine. @param key 32 bytes of this machine */
export function sealLocal(engine: Engine, key: Bytes, place: LocalPlace, message: Uint8Array, random: RandomBytes): Promise<Bytes> {
  return sealMessage(engine, localSeal(key, place), message, message.length + 1, random);
}

/** @throws Failure reject */
export function openLocal(engine: Engine, key: Bytes, place: LocalPlace, sealed: Uint8Array): Promise<Bytes> {
  return openMessage(engine, localSeal(key, place), sealed);
}

function localSeal(key: Bytes, { table, row }: LocalPlace): MessageSeal {
  return { label: sealLabels.local, key, context: concatBytes(encodeUtf8(table), u8(0), row) };
}
