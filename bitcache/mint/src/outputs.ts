// What goes out: blinded secrets, signed once. A signature is stored in the transaction that pays for it, and given again to whoever
// shows the same output.
import { type InTransaction, insertRows, type NewRow } from '@reprise/database';
import { keysetsOf, unitOf } from './coins.ts';
import { MintFailure } from './failures.ts';
import type { MintParts } from './ports.ts';
import type { Output } from './read-request.ts';
import type { Signature } from './signer/signer.ts';

export type SignedOutput = Output & Signature;

/** As NUT-00 and NUT-12 write it. */
export type BlindSignature = {
  readonly id: string;
  readonly amount: number;
  readonly C_: string;
  readonly dleq: { readonly e: string; readonly s: string };
};

/** All of the one active keyset of their unit. @returns the unit and the sum @throws MintFailure 12001, 12002, 11009, 11006 */
export async function checkOutputs(mint: MintParts, outputs: readonly Output[]): Promise<{ readonly unit: string; readonly sum: bigint }> {
  const keysets = await keysetsOf(mint, outputs);
  for (const { keyset, amount } of outputs) {
    if (!keysets.get(keyset)?.keys.has(amount)) throw new MintFailure(11006);
  }
  await refuseInactive(mint, [...keysets.keys()]);
  return { unit: unitOf(keysets.values()), sum: outputs.reduce((sum, { amount }) => sum + amount, 0n) };
}

/** The keyset may have been rotated by another process since ours looked. */
export async function refuseInactive(mint: MintParts, keysets: readonly string[]): Promise<void> {
  const { db } = mint.database;
  const active = await db.selectFrom('mint_keysets').select('id').where('id', 'in', keysets).where('active', '=', 1).execute();
  if (active.length !== keysets.length) {
    await mint.keysets.read();
    throw new MintFailure(12002);
  }
}

/** @throws MintFailure 10001 for what is no point of the curve */
export async function signOutputs(mint: MintParts, outputs: readonly Output[]): Promise<readonly SignedOutput[]> {
  const signatures = await mint.signer.sign(outputs);
  return outputs.map((output, at) => {
    const signature = signatures[at];
    if (!signature) throw new MintFailure(10001);
    return { ...output, ...signature };
  });
}

type OutputRow = NewRow<'mint_outputs'>;

export function signedRows(outputs: readonly SignedOutput[], op: string): readonly OutputRow[] {
  return outputs.map(({ b, keyset, amount, c, e, s }, seq) => ({
    b,
    state: 'signed' as const,
    keyset,
    amount: Number(amount),
    c,
    e,
    s,
    op,
    seq,
  }));
}

/** @throws a violation of `unique` for an output that was signed, or waits to be */
export async function storeSigned(queries: InTransaction, rows: readonly OutputRow[]): Promise<void> {
  const sorted = rows.toSorted((x, y) => (x.b < y.b ? -1 : 1));
  await insertRows(queries, 'mint_outputs', sorted);
}

/** What an operation signed, in the order in which it was asked. */
export async function signaturesOf(mint: MintParts, op: string): Promise<readonly BlindSignature[]> {
  const rows = await mint.database.db
    .selectFrom('mint_outputs')
    .select(['keyset', 'amount', 'c', 'e', 's'])
    .where('op', '=', op)
    .where('state', '=', 'signed')
    .orderBy('seq')
    .execute();
  return rows.map(({ keyset, amount, c, e, s }) => ({ id: keyset, amount: amount ?? 0, C_: c ?? '', dleq: { e: e ?? '', s: s ?? '' } }));
}

export function blindSignature({ keyset, amount, c, e, s }: SignedOutput): BlindSignature {
  return { id: keyset, amount: Number(amount), C_: c, dleq: { e, s } };
}
