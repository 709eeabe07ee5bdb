// NUT-02: the id of a keyset says everything that wallets rely on, so that a mint cannot change it under them. Version 1 is only known
// here to be told apart: its eight bytes were too few, and no keyset of ours has one.
import { createHash } from 'node:crypto';

/** 66 lower-case hex digits, the first two `01`. */
export type KeysetId = string;

export type KeysetFacts = {
  readonly unit: string;
  /** Thousandths of the unit for each coin that is spent. */
  readonly feePpk: number;
  /** Seconds since 1970. */
  readonly finalExpiry: number | null;
};

/** Amount → compressed public key in hex. */
export type KeysetKeys = ReadonlyMap<bigint, string>;

export function keysetId(keys: KeysetKeys, { unit, feePpk, finalExpiry }: KeysetFacts): KeysetId {
  const listed = byAmount(keys).map(([amount, key]) => `${amount}:${key}`);
  const fee = feePpk === 0 ? '' : `|input_fee_ppk:${feePpk}`;
  const expiry = finalExpiry === null ? '' : `|final_expiry:${finalExpiry}`;
  return `01${sha256Hex(`${listed.join(',')}|unit:${unit}${fee}${expiry}`)}`;
}

/** Deprecated: SHA-256 of the keys alone, cut to seven bytes. */
export function keysetIdVersion1(keys: KeysetKeys): string {
  const joined = byAmount(keys)
    .map(([, key]) => key)
    .join('');
  return `00${sha256Hex(Buffer.from(joined, 'hex')).slice(0, 14)}`;
}

function byAmount(keys: KeysetKeys): readonly (readonly [bigint, string])[] {
  return [...keys].sort(([a], [b]) => (a < b ? -1 : 1));
}

function sha256Hex(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}
