// What is kept of a connected wallet, as bytes: JSON that is read strictly, and refused as a whole. spec/wallet.md "A wallet of one's own".
import { type Bytes, decodeUtf8, encodeUtf8 } from '@reprise/kit';
import { refused } from '../failures.ts';
import { type Fields, hex32, list, misfit, object, oneOf, text, whole } from '../fields.ts';
import { type Asked, askedMax } from './asked.ts';
import type { Connection } from './connection.ts';
import type { WalletWord } from './envelope.ts';

export type Connected = Connection & WalletWord & { /** ms since 1970 */ readonly since: number };
export type OutsideState = { readonly connected: Connected | null; readonly asked: readonly Asked[] };

const version = 1;
export const emptyOutside: OutsideState = { connected: null, asked: [] };

export function encodeOutside({ connected, asked }: OutsideState): Bytes {
  return encodeUtf8(JSON.stringify({ version, connected, asked }));
}

/** @throws Failure wallet-refused: state */
export function decodeOutside(bytes: Uint8Array): OutsideState {
  try {
    const fields = object(JSON.parse(decodeUtf8(bytes)));
    if (fields['version'] !== version) throw misfit('version');
    const asked = list(fields['asked'], readAsked);
    if (asked.length > askedMax) throw misfit('too many');
    return { connected: fields['connected'] === null ? null : readConnected(object(fields['connected'])), asked };
  } catch (cause) {
    throw refused('state', {}, cause);
  }
}

function readConnected(fields: Fields): Connected {
  return {
    wallet: hex32(fields['wallet']),
    secret: hex32(fields['secret']),
    relays: list(fields['relays'], text),
    methods: list(fields['methods'], text),
    encryption: oneOf(fields['encryption'], ['nip44_v2', 'nip04']),
    since: whole(fields['since']),
  };
}

function readAsked(value: unknown): Asked {
  const { hash, purpose, sats, askedAt, endsAt, state } = object(value);
  return {
    hash: hex32(hash),
    purpose: text(purpose),
    sats: whole(sats),
    askedAt: whole(askedAt),
    endsAt: whole(endsAt),
    state: oneOf(state, ['asked', 'paid']),
  };
}
