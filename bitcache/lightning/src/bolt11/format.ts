// Writes and signs invoices, for a backend that has no node to do it. BOLT 11.
import { createHash } from 'node:crypto';
import { assert, concatBytes, encodeUtf8, parseHex } from '@reprise/kit';
import type { Msat } from '@reprise/ledger';
import type { Network, PaymentHash } from '../port.ts';
import { formatBech32 } from './bech32.ts';
import { signRecoverable } from './signature.ts';
import { paddedBytesOf, wordsOf, wordsOfNumber } from './words.ts';

export type InvoiceFields = {
  readonly network: Network;
  readonly amount: Msat | null;
  readonly hash: PaymentHash;
  /** 32 bytes. */
  readonly secret: Uint8Array;
  readonly description: { readonly text: string } | { readonly hash: string };
  /** ms since 1970; whole seconds are kept. */
  readonly madeAt: number;
  readonly expirySeconds: number;
};

/** @param nodeKey 32 bytes, the secret key of the node that is paid */
export function formatInvoice(fields: InvoiceFields, nodeKey: Uint8Array): string {
  const prefix = `ln${currencies[fields.network]}${formatAmount(fields.amount)}`;
  const { description } = fields;
  const words = [
    ...wordsOfNumber(Math.floor(fields.madeAt / 1_000), 7),
    ...field(1, wordsOf(hexBytes(fields.hash))),
    ...field(16, wordsOf(fields.secret)),
    ...('text' in description ? field(13, wordsOf(encodeUtf8(description.text))) : field(23, wordsOf(hexBytes(description.hash)))),
    ...field(6, wordsOfNumber(fields.expirySeconds)),
    ...field(24, wordsOfNumber(finalDelta)),
    // Bits 9 and 14: payments carry a variable onion, and must carry the secret.
    ...field(5, [16, 16, 0]),
  ];
  const digest = createHash('sha256')
    .update(concatBytes(encodeUtf8(prefix), paddedBytesOf(words)))
    .digest();
  return formatBech32({ prefix, words: [...words, ...wordsOf(signRecoverable(digest, nodeKey))] });
}

const currencies: Readonly<Record<Network, string>> = { mainnet: 'bc', testnet: 'tb', signet: 'tbs', regtest: 'bcrt' };
const finalDelta = 18;
/** msat of each unit, the largest that divides first. */
const units: readonly (readonly [string, bigint])[] = [
  ['', 10n ** 11n],
  ['m', 10n ** 8n],
  ['u', 10n ** 5n],
  ['n', 10n ** 2n],
];

function formatAmount(amount: Msat | null): string {
  if (amount === null) return '';
  assert(amount > 0n, 'an invoice asks for something');
  const [unit, size] = units.find(([, one]) => amount % one === 0n) ?? ['p', 0n];
  return size === 0n ? `${amount * 10n}p` : `${amount / size}${unit}`;
}

function field(tag: number, words: readonly number[]): readonly number[] {
  assert(words.length < 1_024, 'a field of an invoice holds at most 1,023 words');
  return [tag, words.length >> 5, words.length & 31, ...words];
}

function hexBytes(hex: string): Uint8Array {
  const bytes = parseHex(hex);
  assert(bytes?.length === 32, 'a hash is 32 bytes in hex');
  return bytes;
}
