// The list of links made from a drive, kept in `.reprise/links`: their secrets, so that every device can show, change and end them.
// spec/drive.md "The list of links".
import { type Bytes, formatHex } from '@reprise/kit';
import { type DcborValue, readBytes, readMap, readText, readUint } from '@reprise/protocol/formats';
import { decodeRef, encodeRef, type ListFormat, readMoment, type Ref } from '@reprise/vault';

/** One link, as its maker keeps it. */
export type KeptLink = {
  /** 32 random bytes; everything else of the link follows. */
  readonly secret: Bytes;
  readonly flags: number;
  /** The entry it was made of, in the drive. */
  readonly fid: Bytes;
  readonly title: string;
  /** The owner's own words, never shown to visitors. */
  readonly label: string;
  readonly createdMs: number;
  /** What Argon2id made of the password; empty without one. */
  readonly stretched: Bytes;
  /** The published directory; null while it is being made. */
  readonly ref: Ref | null;
  readonly sizeBytes: number;
  /** Of the newest record at the server. */
  readonly version: number;
  /** Whether it opens beside a tip jar. */
  readonly hasJar: boolean;
};

/** 400 bytes each. */
export const linksList: ListFormat<KeptLink> = {
  name: 'links',
  version: 1,
  itemsMax: 10_000,
  limit: 'links of a drive',
  encode: encodeLink,
  decode: decodeLink,
  keyOf: ({ secret }) => formatHex(secret),
};

function encodeLink(link: KeptLink): DcborValue {
  return new Map<number, DcborValue>([
    [1, link.secret],
    [2, link.flags],
    [3, link.fid],
    [4, link.title],
    [5, link.label],
    [6, link.createdMs],
    [7, link.stretched],
    [8, link.ref && encodeRef(link.ref)],
    [9, link.sizeBytes],
    [10, link.version],
    ...(link.hasJar ? ([[11, 1]] as const) : []),
  ]);
}

function decodeLink(value: DcborValue): KeptLink {
  const link = readMap(value, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  const ref = link.get(8);
  const stretched = readBytes(link.get(7));
  return {
    secret: readBytes(link.get(1), 32),
    flags: readUint(link.get(2), 255),
    fid: readBytes(link.get(3), 16),
    title: readText(link.get(4)),
    label: readText(link.get(5)),
    createdMs: readMoment(link.get(6)),
    stretched: stretched.length === 0 ? stretched : readBytes(stretched, 32),
    ref: ref === null ? null : decodeRef(ref),
    sizeBytes: readUint(link.get(9)),
    version: readUint(link.get(10)),
    hasJar: link.has(11) && readUint(link.get(11), 1, 1) === 1,
  };
}
