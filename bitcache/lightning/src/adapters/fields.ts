// Reading what a node answered: a field that is not what it should be makes the whole answer none.
import { parseHex } from '@reprise/kit';
import { type Msat, msat, msatMax } from '@reprise/ledger';
import { LightningFailure } from '../failures.ts';
import type { PaymentHash, Preimage } from '../port.ts';

export type Fields = Readonly<Record<string, unknown>>;

export function fieldsOf(value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw unreadable('an object');
  return value as Fields;
}

export function listAt(fields: Fields, key: string): readonly Fields[] {
  const list = fields[key] ?? [];
  if (!Array.isArray(list)) throw unreadable(key);
  return list.map(fieldsOf);
}

export function textAt(fields: Fields, key: string): string {
  const value = fields[key];
  if (typeof value !== 'string') throw unreadable(key);
  return value;
}

/** A whole number, as JSON has it or as decimal text, not below zero; absent is zero. */
export function numberAt(fields: Fields, key: string): number {
  const value = fields[key] ?? 0;
  const number = typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isSafeInteger(number) || number < 0) throw unreadable(key);
  return number;
}

/** An amount in `unit` msat: a whole number, as JSON has it or as decimal text, not below zero; absent is zero. */
export function msatAt(fields: Fields, key: string, unit: 1n | 1_000n = 1n): Msat {
  const value = fields[key] ?? 0;
  const isWhole =
    typeof value === 'number' ? Number.isSafeInteger(value) && value >= 0 : typeof value === 'string' && /^\d{1,19}$/.test(value);
  const amount = isWhole ? BigInt(value as number | string) * unit : -1n;
  if (amount < 0n || amount > msatMax) throw unreadable(key);
  return msat(amount);
}

export function hashAt(fields: Fields, key: string): PaymentHash {
  return hex32(fields[key], key) as PaymentHash;
}

/** Whether it is the preimage of the payment is judged by whoever holds the hash. */
export function preimageAt(fields: Fields, key: string): Preimage {
  return hex32(fields[key], key) as Preimage;
}

export function base64OfHex(hex: string): string {
  return Buffer.from(hex, 'hex').toString('base64');
}

function hex32(value: unknown, key: string): string {
  if (typeof value !== 'string' || parseHex(value)?.length !== 32) throw unreadable(key);
  return value;
}

export function unreadable(what: string): LightningFailure {
  return new LightningFailure('unavailable', { what });
}
