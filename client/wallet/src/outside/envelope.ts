// What goes over a relay: requests signed and sealed for the wallet, and answers that only the wallet can have made. NIP-01, NIP-44, NIP-04 for
// wallets that know no better, NIP-47. The relay sees who asks whom, and when.
import { type Bytes, parseHex } from '@reprise/kit';
import { decrypt as open04, encrypt as seal04 } from 'nostr-tools/nip04';
import { decrypt as open44, encrypt as seal44, getConversationKey } from 'nostr-tools/nip44';
import { type Event, finalizeEvent, getPublicKey, verifyEvent } from 'nostr-tools/pure';
import type { Connection } from './connection.ts';

export type Encryption = 'nip44_v2' | 'nip04';
export type NostrEvent = Event;
export type WalletWord = { readonly methods: readonly string[]; readonly encryption: Encryption };

/** What the wallet says of itself, for everybody to read. */
export const announcementKind = 13_194;
const requestKind = 23_194;
const answerKind = 23_195;

/** @param expiresAtMs when the wallet is to ignore what it has not read */
export function sealRequest(
  { wallet, secret }: Connection,
  {
    encryption,
    text,
    expiresAtMs,
    nowMs,
  }: { readonly encryption: Encryption; readonly text: string; readonly expiresAtMs: number; readonly nowMs: number },
): NostrEvent {
  const key = keyOf(secret);
  const content = encryption === 'nip44_v2' ? seal44(text, getConversationKey(key, wallet)) : seal04(key, wallet, text);
  const tags = [
    ['p', wallet],
    ['expiration', String(Math.floor(expiresAtMs / 1_000))],
    ...(encryption === 'nip44_v2' ? [['encryption', encryption]] : []),
  ];
  return finalizeEvent({ kind: requestKind, created_at: Math.floor(nowMs / 1_000), tags, content }, key);
}

/** Which events may answer that request. */
export function answersTo({ wallet }: Connection, request: NostrEvent): Readonly<Record<string, readonly (string | number)[]>> {
  return { kinds: [answerKind], authors: [wallet], '#e': [request.id] };
}

export function announcementOf({ wallet }: Connection): Readonly<Record<string, readonly (string | number)[]>> {
  return { kinds: [announcementKind], authors: [wallet] };
}

/** @returns undefined for whatever is not the wallet's answer to this request, whoever says that it is */
export function openAnswer({ wallet, secret }: Connection, request: NostrEvent, event: NostrEvent): string | undefined {
  if (event.kind !== answerKind || event.pubkey !== wallet) return undefined;
  if (!event.tags.some(([name, value]) => name === 'e' && value === request.id) || !isSigned(event)) return undefined;
  const key = keyOf(secret);
  try {
    return event.content.includes('?iv=') ? open04(key, wallet, event.content) : open44(event.content, getConversationKey(key, wallet));
  } catch {
    return undefined;
  }
}

/** @returns undefined if the wallet did not say it */
export function readAnnouncement({ wallet }: Connection, event: NostrEvent): WalletWord | undefined {
  if (event.kind !== announcementKind || event.pubkey !== wallet || !isSigned(event)) return undefined;
  const known = event.tags.find(([name]) => name === 'encryption')?.[1]?.split(/[\s,]+/) ?? [];
  return { methods: event.content.trim().split(/[\s,]+/), encryption: known.includes('nip44_v2') ? 'nip44_v2' : 'nip04' };
}

/** @throws where the secret is no key of the curve */
export function publicKeyOf({ secret }: Connection): string {
  return getPublicKey(keyOf(secret));
}

/** @param secret 64 hex digits, as a connection was read */
function keyOf(secret: string): Bytes {
  return parseHex(secret) as Bytes;
}

/** Only of what came in: the library leaves a mark on events, and would believe it. */
function isSigned({ id, pubkey, kind, content, tags, sig, created_at }: NostrEvent): boolean {
  return verifyEvent({ id, pubkey, kind, content, tags, sig, created_at });
}
