// A public link: the secret in the fragment of a URL, and what follows from it. spec/link.md "URL", "Derivations".
import { type Bytes, concatBytes, formatBase64url, parseBase64url, u8 } from '@reprise/kit';
import { Failure } from '@reprise/protocol/formats';
import { type Engine, kdf, noBytes } from './engine.ts';
import { kdfLabels } from './labels.ts';

export const linkFlags = { password: 1, live: 2, paid: 4, upload: 8, anonymous: 16 } as const;
const knownFlags = 31;

const secretBytes = 32;
const fingerprintBytes = 16;
const payloadBytes = 1 + secretBytes + fingerprintBytes;
const version = '1';

export type Link = {
  readonly flags: number;
  readonly secret: Bytes;
  /** The first 16 bytes of the sharer's user id. */
  readonly fingerprint: Bytes;
};

/** @param origin `https://host`, no slash at the end */
export function formatLink(origin: string, link: Link): string {
  return `${origin}/s${formatLinkFragment(link)}`;
}

/** `#1.…`, 68 characters after the hash sign. */
export function formatLinkFragment(link: Link): string {
  return `#${version}.${formatBase64url(concatBytes(u8(link.flags), link.secret, link.fingerprint))}`;
}

/**
 * Reads a link: a whole URL, or its fragment with or without the hash sign.
 * @returns the origin too, null if only a fragment was given
 * @throws Failure bad-link with facts.reason
 */
export function parseLink(text: string): Link & { readonly origin: string | null } {
  const { origin, fragment } = splitUrl(text, '/s');
  const payload = parsePayload(fragment, payloadBytes);
  const flags = payload[0] as number;
  if ((flags & ~knownFlags) !== 0) throw badLink('flags');
  return { origin, flags, secret: payload.slice(1, 1 + secretBytes), fingerprint: payload.slice(1 + secretBytes) };
}

/** Splits a URL with this path into origin and fragment; bare fragments have no origin. @throws Failure bad-link */
export function splitUrl(text: string, path: string): { readonly origin: string | null; readonly fragment: string } {
  const trimmed = text.trim();
  if (/^#?\d+\./.test(trimmed)) return { origin: null, fragment: trimmed.replace(/^#/, '') };
  let url: URL;
  try {
    url = new URL(trimmed);
  } catch {
    throw badLink('not-a-link');
  }
  const web = url.protocol === 'https:' || url.protocol === 'http:';
  if (!web || url.pathname !== path || url.hash.length < 2) throw badLink('not-a-link');
  return { origin: url.origin, fragment: url.hash.slice(1) };
}

/** The bytes of `1.<base64url>`, exactly `length` of them. @throws Failure bad-link */
export function parsePayload(fragment: string, length: number): Bytes {
  const dot = fragment.indexOf('.');
  if (dot < 0 || !/^\d{1,4}$/.test(fragment.slice(0, dot))) throw badLink('not-a-link');
  if (fragment.slice(0, dot) !== version) throw badLink('version');
  const payload = fragment.slice(dot + 1);
  if (!/^[A-Za-z0-9_-]*$/.test(payload)) throw badLink('bad-character');
  const characters = Math.ceil((length * 4) / 3);
  if (payload.length < characters) throw badLink('too-short');
  if (payload.length > characters) throw badLink('too-long');
  const bytes = parseBase64url(payload);
  if (bytes?.length !== length) throw badLink('bad-character');
  return bytes;
}

function badLink(reason: 'too-short' | 'too-long' | 'bad-character' | 'flags' | 'version' | 'not-a-link'): Failure {
  return new Failure('bad-link', { reason });
}

export type LinkAddress = {
  /** 16 bytes. */
  readonly id: Bytes;
  /** 32 bytes; a server keeps its SHA-256. */
  readonly token: Bytes;
  /** 16 bytes, for the password of a link that has one. */
  readonly passwordSalt: Bytes;
};

/** What the secret alone gives: enough to ask for the record. */
export async function linkAddress(engine: Engine, link: Pick<Link, 'secret'>): Promise<LinkAddress> {
  return {
    id: await kdf(engine, link.secret, kdfLabels.linkId, noBytes, 16),
    token: await kdf(engine, link.secret, kdfLabels.linkToken, noBytes, 32),
    passwordSalt: await kdf(engine, link.secret, kdfLabels.linkSalt, noBytes, 16),
  };
}

export type LinkKeys = {
  /** Opens the record. */
  readonly key: Bytes;
  /** Proves the password to the server, which keeps its SHA-256. Means nothing without a password. */
  readonly gate: Bytes;
};

/** @param stretched what `stretchLinkPassword` made of the password, 32 bytes; empty without one */
export async function linkKeys(engine: Engine, link: Pick<Link, 'secret' | 'flags'>, stretched: Uint8Array = noBytes): Promise<LinkKeys> {
  const { id } = await linkAddress(engine, link);
  const both = concatBytes(link.secret, stretched);
  // Whether it is sold may change under the same URL: a link that was, and is no more, opens as if it never had been.
  const flags = link.flags & ~linkFlags.paid;
  return {
    key: await kdf(engine, both, kdfLabels.linkKey, concatBytes(id, u8(flags)), 32),
    gate: await kdf(engine, both, kdfLabels.linkGate, id, 32),
  };
}
