// Ids are lower-case hex in JSON, URLs and file names: spec/conventions.md.
import { type Brand, type Bytes, formatHex, parseHex } from '@reprise/kit';
import { Failure } from './failures.ts';

/** SHA-256 of a sealed object, 32 bytes. */
export type ObjectId = Brand<string, 'ObjectId'>;
/** TH("rp1/hash/space", genesis entry), 32 bytes. */
export type SpaceId = Brand<string, 'SpaceId'>;
/** TH("rp1/hash/device", device public key), 32 bytes. */
export type DeviceId = Brand<string, 'DeviceId'>;
/** TH("rp1/hash/user", identity public key), 32 bytes. */
export type UserId = Brand<string, 'UserId'>;
/** KDF of the link secret, 16 bytes. */
export type LinkId = Brand<string, 'LinkId'>;
/** One visitor's download, 16 random bytes. */
export type DownloadId = Brand<string, 'DownloadId'>;

export const objectIdBytes = 32;
export const spaceIdBytes = 32;
export const linkIdBytes = 16;

function idParser<Id extends string>(what: string, bytes: number) {
  const pattern = new RegExp(`^[0-9a-f]{${2 * bytes}}$`);
  return (text: string): Id => {
    if (!pattern.test(text)) throw new Failure('bad-request', { field: what, reason: `${2 * bytes} lower-case hex digits` });
    return text as Id;
  };
}

/** @throws Failure bad-request */
export const parseObjectId = idParser<ObjectId>('object id', objectIdBytes);
/** @throws Failure bad-request */
export const parseSpaceId = idParser<SpaceId>('space id', spaceIdBytes);
/** @throws Failure bad-request */
export const parseLinkId = idParser<LinkId>('link id', linkIdBytes);
/** @throws Failure bad-request */
export const parseDownloadId = idParser<DownloadId>('download id', 16);

export function formatId<Id extends string>(bytes: Uint8Array): Id {
  return formatHex(bytes) as Id;
}

export function idBytes(id: string): Bytes {
  const bytes = parseHex(id);
  if (!bytes) throw new Failure('bad-request', { field: 'id', reason: 'lower-case hex digits' });
  return bytes;
}

/** Splits a body of ids, `idBytes` each. @throws Failure bad-request */
export function splitIds(body: Uint8Array, idsMax: number): ObjectId[] {
  if (body.length % objectIdBytes !== 0) throw new Failure('bad-request', { field: 'body', reason: 'ids of 32 bytes each' });
  const count = body.length / objectIdBytes;
  if (count > idsMax) throw new Failure('bad-request', { field: 'body', reason: `at most ${idsMax} ids` });
  return Array.from({ length: count }, (_, i) => formatId<ObjectId>(body.subarray(i * objectIdBytes, (i + 1) * objectIdBytes)));
}

export function joinIds(ids: readonly ObjectId[]): Bytes {
  const body = new Uint8Array(ids.length * objectIdBytes);
  ids.forEach((id, i) => body.set(idBytes(id), i * objectIdBytes));
  return body;
}
