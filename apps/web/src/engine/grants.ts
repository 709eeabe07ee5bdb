// Media grants: what the service worker needs to answer ranges of one file, sealed in IndexedDB under a key that cannot be
// exported, so that a restarted service worker continues. The engine worker writes them, pages only know their names.
// spec/web.md "Video and audio with seeking".
import { type Bytes, concatBytes, decodeUtf8, encodeUtf8, formatHex, readU32, u32 } from '@reprise/kit';
import { deleteRow, openDatabase, putRow, readKeys, readRow } from './rows.ts';

/** One stretch of the file: `length` bytes from `offset` in the plaintext of the chunk `id`. */
export type GrantExtent = {
  readonly id: Bytes;
  readonly key: Bytes;
  readonly sealedLength: number;
  readonly offset: number;
  readonly length: number;
};

/** How the service worker asks where the chunks behind a link are; token and gate in base64url. */
export type GrantLink = { readonly id: string; readonly token: string; readonly gate: string | null; readonly download: string | null };
/** Where every chunk of a drive is until it expires: `{id}` stands for the object's id. */
export type GrantTemplate = { readonly template: string; readonly expiresAt: number };
export type GrantSource = GrantLink | GrantTemplate;

export type Grant = {
  readonly mediaType: string;
  /** Bytes of the file. */
  readonly size: number;
  readonly source: GrantSource;
  readonly extents: readonly GrantExtent[];
};

type SealedGrant = { readonly nonce: Bytes; readonly sealed: Bytes; readonly madeAt: number };

const database = { name: 'reprise-grants', stores: ['keys', 'grants'] } as const;
const grantLifeMs = 24 * 3_600_000;
const packedExtentBytes = 76;

/** @returns the grant's name in `/_v/<name>`, 128 bits in hex */
export async function makeGrant(grant: Grant): Promise<string> {
  const db = await openDatabase(database);
  await dropOldGrants(db);
  const name = formatHex(crypto.getRandomValues(new Uint8Array(16)));
  const key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
  const nonce = crypto.getRandomValues(new Uint8Array(12));
  const sealed = new Uint8Array(await crypto.subtle.encrypt(gcm(name, nonce), key, encodeGrant(grant)));
  await putRow(db, 'keys', name, key);
  await putRow(db, 'grants', name, { nonce, sealed, madeAt: Date.now() } satisfies SealedGrant);
  return name;
}

/** @returns undefined if there is none of that name, or no longer */
export async function readGrant(name: string): Promise<Grant | undefined> {
  const db = await openDatabase(database);
  const key = await readRow<CryptoKey>(db, 'keys', name);
  const row = await readRow<SealedGrant>(db, 'grants', name);
  if (!key || !row || Date.now() - row.madeAt > grantLifeMs) return undefined;
  return decodeGrant(new Uint8Array(await crypto.subtle.decrypt(gcm(name, row.nonce), key, row.sealed)));
}

export async function dropGrant(name: string): Promise<void> {
  const db = await openDatabase(database);
  await Promise.all([deleteRow(db, 'keys', name), deleteRow(db, 'grants', name)]);
}

async function dropOldGrants(db: IDBDatabase): Promise<void> {
  for (const name of await readKeys(db, 'grants')) {
    const row = await readRow<SealedGrant>(db, 'grants', name);
    if (row && Date.now() - row.madeAt > grantLifeMs) await dropGrant(name);
  }
}

function gcm(name: string, nonce: Bytes): AesGcmParams {
  return { name: 'AES-GCM', iv: nonce, additionalData: encodeUtf8(name) };
}

/** u32 length of the head || head as JSON || extents of 76 bytes each. */
export function encodeGrant({ extents, ...head }: Grant): Bytes {
  const json = encodeUtf8(JSON.stringify(head));
  return concatBytes(
    u32(json.length),
    json,
    ...extents.map((it) => concatBytes(it.id, it.key, u32(it.sealedLength), u32(it.offset), u32(it.length))),
  );
}

export function decodeGrant(bytes: Bytes): Grant {
  const extentsStart = 4 + readU32(bytes);
  const head = JSON.parse(decodeUtf8(bytes.subarray(4, extentsStart))) as Omit<Grant, 'extents'>;
  const extents: GrantExtent[] = [];
  for (let at = extentsStart; at < bytes.length; at += packedExtentBytes) {
    extents.push({
      id: bytes.slice(at, at + 32),
      key: bytes.slice(at + 32, at + 64),
      sealedLength: readU32(bytes, at + 64),
      offset: readU32(bytes, at + 68),
      length: readU32(bytes, at + 72),
    });
  }
  return { ...head, extents };
}
