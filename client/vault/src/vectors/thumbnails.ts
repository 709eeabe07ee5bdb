// Judges thumbnails: vector file thumbnail.
import { type Bytes, equalBytes, parseHex } from '@reprise/kit';
import { sealObject, type SealedObject } from '../cae.ts';
import type { Engine } from '../engine.ts';
import type { ObjectLabel } from '../labels.ts';
import { openThumbnail, sealThumbnail } from '../thumbnail.ts';
import { applyEdits, type Case, type Edit, expectField, hexField, Mismatch, numberField, textField } from './case.ts';

export async function judgeThumbnail(engine: Engine, one: Case): Promise<void> {
  const key = hexField(one, 'key');
  const picture = pictureOf(one);
  if (one.verdict === 'accepted' || one['step'] === 'form') await sealAgain(engine, one, picture);
  const padded = new Uint8Array(16_384 * Math.ceil(picture.length / 16_384));
  padded.set(picture);
  const plain = applyEdits(padded, (one['edits'] ?? []) as readonly Edit[]);
  const { id, bytes } = await sealObject(engine, textField(one, 'label') as ObjectLabel, key, plain);
  expectField(one, 'id', id);
  expectField(one, 'sealedLength', bytes.length);
  const opened = await openThumbnail({ id, key, length: numberField(one, 'length') }, bytes, { engine });
  expectField(one, 'type', opened.type);
  if (!equalBytes(opened.picture, picture)) throw new Mismatch(`${one.name}: another picture came back`);
}

/** What this program seals is what the vector says, and it seals nothing else. */
async function sealAgain(engine: Engine, one: Case, picture: Bytes): Promise<void> {
  const made: SealedObject[] = [];
  const ref = await sealThumbnail(picture, { engine, random: () => hexField(one, 'key'), put: (object) => void made.push(object) });
  expectField(one, 'length', ref.length);
  expectField(one, 'id', made[0]?.id);
}

/** The bytes it begins with, then bytes of which the j-th is j mod 251. */
function pictureOf(one: Case): Bytes {
  const { begins, mod251 } = one['picture'] as { readonly begins: string; readonly mod251: number };
  const start = parseHex(begins) as Bytes;
  return Uint8Array.from({ length: mod251 }, (_, j) => start[j] ?? j % 251);
}
