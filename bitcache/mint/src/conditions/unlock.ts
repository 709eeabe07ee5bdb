// NUT-10, 11, 14: which signatures have to be checked before coins may be spent, and what follows from the answers. Pure: the checking
// itself is the signer's.
import { createHash } from 'node:crypto';
import { assert, parseHex } from '@reprise/kit';
import type { SchnorrCheck } from '../signer/signer.ts';
import { type Lock, type Pathway, readLock } from './locked-secret.ts';

export type LockedInput = { readonly secret: string; readonly c: string; readonly witness: string | null };
export type LockedOutput = { readonly amount: bigint; readonly b: string };

/** What SIG_ALL signs besides the inputs; a melt also signs which quote it pays. */
export type Transaction = { readonly inputs: readonly LockedInput[]; readonly outputs: readonly LockedOutput[]; readonly quote?: string };

export type Unlocking = {
  readonly checks: readonly SchnorrCheck[];
  /** @param valid for each check */
  readonly opens: (valid: readonly boolean[]) => boolean;
};

export const checksMax = 1_000;

/** @param nowSeconds since 1970 @returns why not, or what is to be checked */
export function unlock(transaction: Transaction, nowSeconds: number): Unlocking | 'locked' | 'too-many-signatures' {
  const locks = transaction.inputs.map(({ secret }) => readLock(secret));
  if (locks.includes('malformed')) return 'locked';
  const attempts = locks.some((lock) => isLock(lock) && lock.signsAll)
    ? allAtOnce(transaction, locks, nowSeconds)
    : transaction.inputs.map((input, at) => oneByOne(input, locks[at] ?? null, nowSeconds));
  if (attempts.includes('locked')) return 'locked';
  const plans = attempts.filter((attempt) => attempt !== 'locked');
  const checks = plans.flatMap((plan) => plan.checks);
  if (checks.length > checksMax) return 'too-many-signatures';
  const opens = (valid: readonly boolean[]) => {
    assert(valid.length === checks.length, 'an answer for each check');
    let at = 0;
    return plans.every((plan) => plan.opens(valid.slice(at, (at += plan.checks.length))));
  };
  return { checks, opens };
}

const isLock = (lock: Lock | null | 'malformed' | undefined): lock is Lock => typeof lock === 'object' && lock !== null;

const free: Unlocking = { checks: [], opens: () => true };

function oneByOne(input: LockedInput, lock: Lock | null | 'malformed', nowSeconds: number): Unlocking | 'locked' {
  if (!isLock(lock)) return free;
  return open(lock, input.witness, input.secret, nowSeconds);
}

/** One input that signs all makes all of them the same lock, opened by the first one's witness. */
function allAtOnce(
  { inputs, outputs, quote = '' }: Transaction,
  locks: readonly (Lock | null | 'malformed')[],
  nowSeconds: number,
): (Unlocking | 'locked')[] {
  const [first] = locks;
  const isSame = (lock: Lock | null | 'malformed') =>
    isLock(lock) && isLock(first) && lock.signsAll && lock.kind === first.kind && lock.data === first.data && lock.tags === first.tags;
  if (!isLock(first) || !locks.every(isSame)) return ['locked'];
  const message = [
    ...inputs.flatMap(({ secret, c }) => [secret, c]),
    ...outputs.flatMap(({ amount, b }) => [String(amount), b]),
    quote,
  ].join('');
  return [open(first, inputs[0]?.witness ?? null, message, nowSeconds)];
}

function open(lock: Lock, witnessText: string | null, message: string, nowSeconds: number): Unlocking | 'locked' {
  const expired = lock.locktime !== null && nowSeconds > lock.locktime;
  if (expired && lock.refund === null) return free;
  const witness = readWitness(witnessText);
  if (!witness) return 'locked';
  const ways: Pathway[] = [];
  if (lock.kind === 'P2PK' || isPreimage(witness.preimage, lock.data)) ways.push(lock.main);
  if (expired && lock.refund) ways.push(lock.refund);
  // An HTLC without keys is opened by its preimage alone.
  if (lock.kind === 'HTLC' && lock.main.keys.length === 0 && ways.includes(lock.main)) return free;
  const digest = createHash('sha256').update(message).digest('hex');
  const keys = [...new Set(ways.flatMap((way) => way.keys))];
  const checks = keys.flatMap((x) => witness.signatures.map((signature) => ({ x, digest, signature })));
  const opens = (valid: readonly boolean[]) => {
    const signers = new Set(checks.flatMap(({ x }, at) => (valid[at] === true ? [x] : [])));
    return ways.some((way) => way.keys.filter((x) => signers.has(x)).length >= way.signatures);
  };
  return { checks, opens };
}

function isPreimage(preimage: string | null, hash: string): boolean {
  const bytes = preimage === null ? undefined : parseHex(preimage);
  return bytes?.length === 32 && createHash('sha256').update(bytes).digest('hex') === hash;
}

type Witness = { readonly signatures: readonly string[]; readonly preimage: string | null };

function readWitness(text: string | null): Witness | undefined {
  if (text === null) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return undefined;
    const { signatures = [], preimage = null } = value as Record<string, unknown>;
    if (!Array.isArray(signatures) || !signatures.every((one) => typeof one === 'string')) return undefined;
    if (preimage !== null && typeof preimage !== 'string') return undefined;
    const unique = [...new Set(signatures.map((one: string) => one.toLowerCase()))];
    return { signatures: unique.filter((one) => /^[0-9a-f]{128}$/.test(one)), preimage };
  } catch {
    return undefined;
  }
}
