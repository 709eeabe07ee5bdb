// What a drive writes beside an entry for people: a star, a colour, where something was before it went to the trash. spec/drive.md "Marks".
import { type Bytes, decodeUtf8, encodeUtf8 } from '@reprise/kit';
import type { DcborMap, DcborValue } from '@reprise/protocol/formats';
import type { Entry } from '@reprise/vault';

/** Keys of an entry's `ext` that this version of the drive writes. */
export const extKeys = { taken: 102, trashedFrom: 110, trashedPath: 111, trashedAt: 112, star: 120, colour: 121 } as const;

/** 0: none; then red, orange, green, teal, blue, violet, pink. What a later version adds is shown as none and kept. */
export type Colour = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7;
const colourMax = 7;

/** What a person marked an entry with. */
export type Marks = { readonly starred: boolean; readonly colour: Colour };

export function marksOf(entry: Pick<Entry, 'ext'>): Marks {
  const colour = entry.ext.get(extKeys.colour);
  return {
    starred: entry.ext.get(extKeys.star) === 1,
    colour: typeof colour === 'number' && colour >= 1 && colour <= colourMax ? (colour as Colour) : 0,
  };
}

/** The entry's `ext` with these marks; everything else in it stays. */
export function withMarks(ext: DcborMap, marks: Partial<Marks>): DcborMap {
  const next = new Map<number, DcborValue>(ext);
  if (marks.starred !== undefined) setOrDelete(next, extKeys.star, marks.starred ? 1 : null);
  if (marks.colour !== undefined) setOrDelete(next, extKeys.colour, marks.colour === 0 ? null : marks.colour);
  return next;
}

function setOrDelete(ext: Map<number, DcborValue>, key: number, value: DcborValue): void {
  if (value === null) ext.delete(key);
  else ext.set(key, value);
}

/** Where a wrapper of the trash says its contents came from. */
export type TrashedFrom = {
  /** fid of the folder; 16 zeros for the root. */
  readonly parentFid: Bytes;
  /** That folder's path when it was removed, cut to 160 bytes. */
  readonly path: string;
  readonly atMs: number;
};

const trashedPathBytesMax = 160;

export function trashedExt(from: TrashedFrom): DcborMap {
  return new Map<number, DcborValue>([
    [extKeys.trashedFrom, from.parentFid],
    [extKeys.trashedPath, cutText(from.path, trashedPathBytesMax)],
    [extKeys.trashedAt, from.atMs],
  ]);
}

/** @returns null for a directory that no deletion of ours made */
export function trashedFrom(ext: DcborMap): TrashedFrom | null {
  const parentFid = ext.get(extKeys.trashedFrom);
  const path = ext.get(extKeys.trashedPath);
  const atMs = ext.get(extKeys.trashedAt);
  if (!(parentFid instanceof Uint8Array) || parentFid.length !== 16 || typeof path !== 'string' || typeof atMs !== 'number') return null;
  return { parentFid: parentFid as Bytes, path, atMs };
}

/** The longest beginning of a text that takes at most so many bytes, cut between characters. */
function cutText(text: string, bytesMax: number): string {
  const bytes = encodeUtf8(text);
  if (bytes.length <= bytesMax) return text;
  let end = bytesMax;
  while (end > 0 && ((bytes[end] as number) & 0xc0) === 0x80) end--;
  return decodeUtf8(bytes.subarray(0, end));
}
