// What an invoice of Lightning says of itself, as far as who shows it or hands it to a wallet has to know: its amount, its end, and the hash by
// which its payment is known. Whether its signature is good is for the wallet that pays it. BOLT 11.
import { formatHex } from '@reprise/kit';
import { Failure } from './failures.ts';

const letters = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
/** Of the signature and the checksum, in letters. */
const tailLetters = 104 + 6;
const timestampLetters = 7;
const hashTag = 1;
const hashLetters = 52;
const expiryTag = 6;
const expirySecondsDefault = 3_600;

/** Thousandths of a satoshi in ten units of a pico-bitcoin. */
const pico: Readonly<Record<string, bigint>> = { '': 1_000_000_000_000n, m: 1_000_000_000n, u: 1_000_000n, n: 1_000n, p: 1n };

export type InvoiceText = {
  /** null: the payer chooses. */
  readonly msat: bigint | null;
  /** ms since 1970. */
  readonly expiresAt: number;
  /** SHA-256 of what proves the payment, 64 hex digits; null: it names none, and no wallet pays it. */
  readonly hash: string | null;
};

/** @throws Failure bad-answer */
export function readInvoice(bolt11: string): InvoiceText {
  const [, digits = '', unit = '', data = ''] =
    /^ln(?:bcrt|tbs|bc|tb)(?:([1-9]\d{0,17})([munp]?))?1([02-9ac-hj-np-z]+)$/.exec(bolt11.toLowerCase()) ?? [];
  const words = [...data.slice(0, Math.max(0, data.length - tailLetters))].map((letter) => letters.indexOf(letter));
  if (words.length < timestampLetters || words.includes(-1)) throw new Failure('bad-answer', { reason: 'no invoice' });
  const madeAt = number(words.slice(0, timestampLetters));
  const msat = digits === '' ? null : (BigInt(digits) * (pico[unit] ?? 0n)) / 10n;
  const expiry = field(words, expiryTag);
  const seconds = expiry === null ? expirySecondsDefault : number(expiry);
  return { msat, expiresAt: (madeAt + seconds) * 1_000, hash: hashOf(field(words, hashTag)) };
}

/** Of several fields of a tag the first counts. */
function field(words: readonly number[], wanted: number): readonly number[] | null {
  for (let at = timestampLetters; at + 3 <= words.length; ) {
    const [tag, high, low] = words.slice(at, at + 3) as [number, number, number];
    const end = at + 3 + 32 * high + low;
    if (tag === wanted) return words.slice(at + 3, end);
    at = end;
  }
  return null;
}

/** 260 bits, of which the last four mean nothing. */
function hashOf(words: readonly number[] | null): string | null {
  if (words?.length !== hashLetters) return null;
  const bits = words.reduce((sum, word) => (sum << 5n) | BigInt(word), 0n) >> 4n;
  return formatHex(Uint8Array.from({ length: 32 }, (_, i) => Number((bits >> BigInt(8 * (31 - i))) & 255n)));
}

function number(words: readonly number[]): number {
  return words.reduce((sum, word) => sum * 32 + word, 0);
}
