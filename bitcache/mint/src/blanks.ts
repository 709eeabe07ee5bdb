// NUT-08: outputs without an amount, on which the mint gives back what a payment did not cost.
import { type InTransaction, insertRows } from '@reprise/database';
import { keysetsOf, unitOf } from './coins.ts';
import { MintFailure } from './failures.ts';
import { refuseInactive, signOutputs, type SignedOutput } from './outputs.ts';
import type { MintParts } from './ports.ts';
import type { Output } from './read-request.ts';

/** @throws MintFailure 12001, 12002, 11010, 10001 for what is no point of the curve */
export async function checkBlanks(mint: MintParts, blanks: readonly Output[], unit: string): Promise<void> {
  if (blanks.length === 0) return;
  const keysets = await keysetsOf(mint, blanks);
  if (unitOf(keysets.values()) !== unit) throw new MintFailure(11010);
  await refuseInactive(mint, [...keysets.keys()]);
  // Known now, while the payment can still be refused.
  if (!(await mint.signer.arePoints(blanks.map(({ b }) => b))).every(Boolean)) throw new MintFailure(10001);
}

export async function storeBlanks(queries: InTransaction, blanks: readonly Output[], op: string): Promise<void> {
  const rows = blanks.map(({ b, keyset }, seq) => ({ b, state: 'blank' as const, keyset, op, seq }));
  rows.sort((x, y) => (x.b < y.b ? -1 : 1));
  await insertRows(queries, 'mint_outputs', rows);
}

/** Powers of two that make the amount, the smallest first; with too few blanks the largest, and the rest stays with the house. */
export function splitChange(amount: bigint, blanks: number): readonly bigint[] {
  const parts: bigint[] = [];
  for (let power = 1n, rest = amount; rest > 0n; power <<= 1n, rest >>= 1n) if (rest & 1n) parts.push(power);
  return parts.slice(Math.max(0, parts.length - blanks));
}

/** @param amount in satoshis @returns the first blanks, signed, in their order */
export async function signChange(mint: MintParts, blanks: readonly Output[], amount: bigint): Promise<readonly SignedOutput[]> {
  const parts = splitChange(amount, blanks.length);
  return signOutputs(
    mint,
    parts.map((part, at) => ({ ...(blanks[at] as Output), amount: part })),
  );
}

export async function blanksOf(mint: MintParts, op: string): Promise<readonly Output[]> {
  const rows = await mint.database.db
    .selectFrom('mint_outputs')
    .select(['b', 'keyset'])
    .where('op', '=', op)
    .where('state', '=', 'blank')
    .orderBy('seq')
    .execute();
  return rows.map(({ b, keyset }) => ({ b, keyset, amount: 0n }));
}

/** Blanks that were not needed are free again. */
export async function fillBlanks(queries: InTransaction, op: string, signed: readonly SignedOutput[]): Promise<void> {
  for (const { b, amount, c, e, s } of signed.toSorted((x, y) => (x.b < y.b ? -1 : 1))) {
    await queries
      .updateTable('mint_outputs')
      .set({ state: 'signed', amount: Number(amount), c, e, s })
      .where('b', '=', b)
      .where('op', '=', op)
      .execute();
  }
  await queries.deleteFrom('mint_outputs').where('op', '=', op).where('state', '=', 'blank').execute();
}
