// A small picture beside a file, sealed as an object of its own and named by the file's entry. spec/thumbnails.md.
import { type Bytes, formatHex } from '@reprise/kit';
import { badObject, sealedLength, thumbnailBytesMax, thumbnailStepBytes } from '@reprise/protocol/formats';
import { type ObjectRef, openObject, sealObject } from './cae.ts';
import { objectLabels } from './labels.ts';
import type { NodeReader, NodeWriter, Ref } from './tree-node.ts';

/** The two kinds of picture there are; which one it is, its first bytes tell. */
export type ThumbnailType = 'image/jpeg' | 'image/webp';

export type Thumbnail = { readonly type: ThumbnailType; readonly picture: Bytes };

const label = objectLabels.thumb;
const riff = '52494646';
const webp = '57454250';

/** @returns null for what may be no thumbnail: another kind of file, none at all, or a picture that is too large */
export function thumbnailType(picture: Uint8Array): ThumbnailType | null {
  if (picture.length > thumbnailBytesMax) return null;
  if (formatHex(picture.subarray(0, 3)) === 'ffd8ff') return 'image/jpeg';
  return formatHex(picture.subarray(0, 4)) === riff && formatHex(picture.subarray(8, 12)) === webp ? 'image/webp' : null;
}

/** Seals a picture under the next key of the writer, gives the object to it, and names it. @throws Failure bad-object */
export async function sealThumbnail(picture: Uint8Array, writer: NodeWriter): Promise<Ref> {
  if (!thumbnailType(picture)) throw badObject('a thumbnail is a JPEG or a WebP of at most 262,144 bytes');
  const padded = new Uint8Array(paddedLength(picture.length));
  padded.set(picture);
  const key = writer.random(32);
  const object = await sealObject(writer.engine, label, key, padded);
  await writer.put(object);
  return { id: object.id, key, length: picture.length };
}

/** Fetches pictures in one go; what one of them lacks costs no other. @returns null for each that was refused */
export async function openThumbnails(refs: readonly Ref[], reader: NodeReader): Promise<(Thumbnail | null)[]> {
  const fitting = refs.filter((ref) => ref.length <= thumbnailBytesMax);
  const sealed = await reader.fetch(fitting.map(thumbnailObject));
  const bytesOf = new Map(fitting.map((ref, i) => [ref, sealed[i] ?? new Uint8Array()]));
  return Promise.all(
    refs.map(async (ref) => {
      const bytes = bytesOf.get(ref);
      return bytes ? openThumbnail(ref, bytes, reader).catch(() => null) : null;
    }),
  );
}

/** @throws Failure reject or bad-object */
export async function openThumbnail(ref: Ref, sealed: Uint8Array, { engine }: Pick<NodeReader, 'engine'>): Promise<Thumbnail> {
  const padded = await openObject(engine, label, thumbnailObject(ref), sealed);
  if (padded.subarray(ref.length).some((byte) => byte !== 0)) throw badObject('a thumbnail is padded with zeros');
  const picture = padded.slice(0, ref.length);
  const type = thumbnailType(picture);
  if (!type) throw badObject('a thumbnail is a JPEG or a WebP');
  return { type, picture };
}

/** @throws Failure bad-object if it names more than a thumbnail may hold */
export function thumbnailObject(ref: Ref): ObjectRef {
  if (ref.length > thumbnailBytesMax) throw badObject('a thumbnail has at most 262,144 bytes');
  return { id: ref.id, key: ref.key, sealedLength: sealedLength(paddedLength(ref.length)) };
}

function paddedLength(length: number): number {
  return Math.ceil(length / thumbnailStepBytes) * thumbnailStepBytes;
}
