// A place to put bytes, or to get a space's, is a token that carries what it allows and the server's mark: no row is
// needed to check it. Whether its bearer still stands in the space is looked at in the query that uses it.
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { PackClass } from '@reprise/chunks';
import { formatBase64url, formatHex, parseBase64url } from '@reprise/kit';
import { Failure, type ObjectId, type SpaceId } from '@reprise/protocol';
import type { Bearer } from './bearer.ts';

type Shared = {
  readonly space: SpaceId;
  /** Who was told of the place, see `bearerOf`: it is good as long as they stand in the space. */
  readonly bearer: Bearer;
  readonly expiresAt: number;
};

export type Place =
  | (Shared & { readonly kind: 'batch'; readonly bytesMax: number; readonly packClass: PackClass })
  | (Shared & { readonly kind: 'object'; readonly bytesMax: number; readonly id: ObjectId })
  /** To get any object of the space. */
  | (Shared & { readonly kind: 'space'; readonly bytesMax: 0 });

const kinds = { hot: 1, bulk: 2, object: 3, space: 4 } as const;
const fixedBytes = 1 + 32 + 32 + 4 + 8;
const markBytes = 32;

/** `u8 kind || space 32 || bearer 32 || u32 bytes || u64 expiry || [id 32] || HMAC-SHA-256`, in base64url. */
export function formatPlace(secret: Uint8Array, place: Place): string {
  const bytes = Buffer.alloc(fixedBytes + (place.kind === 'object' ? 32 : 0));
  bytes[0] = place.kind === 'batch' ? kinds[place.packClass] : kinds[place.kind];
  bytes.write(place.space, 1, 'hex');
  bytes.write(place.bearer, 33, 'hex');
  bytes.writeUInt32BE(place.bytesMax, 65);
  bytes.writeBigUInt64BE(BigInt(place.expiresAt), 69);
  if (place.kind === 'object') bytes.write(place.id, fixedBytes, 'hex');
  return formatBase64url(Buffer.concat([bytes, mark(secret, bytes)]));
}

/** @throws Failure place-expired for a place that is foreign, changed or over */
export function parsePlace(secret: Uint8Array, text: string, now: number): Place {
  const token = parseBase64url(text);
  if (!token || (token.length !== fixedBytes + markBytes && token.length !== fixedBytes + 32 + markBytes))
    throw new Failure('place-expired');
  const bytes = Buffer.from(token.buffer, token.byteOffset, token.length - markBytes);
  if (!timingSafeEqual(mark(secret, bytes), token.subarray(-markBytes))) throw new Failure('place-expired');
  const shared = {
    space: formatHex(bytes.subarray(1, 33)) as SpaceId,
    bearer: formatHex(bytes.subarray(33, 65)) as Bearer,
    bytesMax: bytes.readUInt32BE(65),
    expiresAt: Number(bytes.readBigUInt64BE(69)),
  };
  if (shared.expiresAt <= now) throw new Failure('place-expired');
  if (bytes[0] === kinds.object) return { kind: 'object', ...shared, id: formatHex(bytes.subarray(fixedBytes)) as ObjectId };
  if (bytes[0] === kinds.space) return { kind: 'space', ...shared, bytesMax: 0 };
  return { kind: 'batch', ...shared, packClass: bytes[0] === kinds.hot ? 'hot' : 'bulk' };
}

function mark(secret: Uint8Array, bytes: Uint8Array): Buffer {
  return createHmac('sha256', secret).update('reprise place 1\0').update(bytes).digest();
}
