// What is kept of a connected wallet, as bytes: JSON that is read strictly, and refused as a whole. spec/wallet.md "A wallet of one's own".
import { type Bytes, decodeUtf8, encodeUtf8 } from '@reprise/kit';
import { refused } from '../failures.ts';
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
    const fields = recordOf(JSON.parse(decodeUtf8(bytes)));
    if (fields['version'] !== version) throw new TypeError('version');
    const asked = listOf(fields['asked'], readAsked);
    if (asked.length > askedMax) throw new TypeError('too many');
    return { connected: fields['connected'] === null ? null : readConnected(recordOf(fields['connected'])), asked };
  } catch (cause) {
    throw refused('state', {}, cause);
  }
}

type Fields = Readonly<Record<string, unknown>>;

function readConnected(fields: Fields): Connected {
  return {
    wallet: hexOf(fields['wallet']),
    secret: hexOf(fields['secret']),
    relays: listOf(fields['relays'], textOf),
    methods: listOf(fields['methods'], textOf),
    encryption: oneOf(fields['encryption'], ['nip44_v2', 'nip04']),
    since: wholeOf(fields['since']),
  };
}

function readAsked(value: unknown): Asked {
  const { hash, purpose, sats, askedAt, endsAt, state } = recordOf(value);
  return {
    hash: hexOf(hash),
    purpose: textOf(purpose),
    sats: wholeOf(sats),
    askedAt: wholeOf(askedAt),
    endsAt: wholeOf(endsAt),
    state: oneOf(state, ['asked', 'paid']),
  };
}

function recordOf(value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TypeError('an object');
  return value as Fields;
}

function listOf<Value>(value: unknown, read: (one: unknown) => Value): readonly Value[] {
  if (!Array.isArray(value)) throw new TypeError('a list');
  return value.map(read);
}

function textOf(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError('text');
  return value;
}

function hexOf(value: unknown): string {
  if (typeof value !== 'string' || !/^[0-9a-f]{64}$/.test(value)) throw new TypeError('32 bytes in hex');
  return value;
}

function wholeOf(value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw new TypeError('a whole number');
  return value as number;
}

function oneOf<Word extends string>(value: unknown, words: readonly Word[]): Word {
  const word = words.find((one) => one === value);
  if (word === undefined) throw new TypeError(words.join(' or '));
  return word;
}
