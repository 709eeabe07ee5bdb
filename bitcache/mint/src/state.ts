// NUT-07 and NUT-09: what became of coins, and signatures given again.
import { among } from '@reprise/database';
import { MintFailure } from './failures.ts';
import type { BlindSignature } from './outputs.ts';
import type { MintParts } from './ports.ts';
import { type Output, readList, readOutputs, readPoint } from './read-request.ts';
import { limits } from './settings.ts';

export type ProofState = { readonly Y: string; readonly state: 'UNSPENT' | 'PENDING' | 'SPENT'; readonly witness: string | null };

export async function checkState(
  mint: MintParts,
  body: Readonly<Record<string, unknown>>,
): Promise<{ readonly states: readonly ProofState[] }> {
  return { states: await statesOf(mint, readList(body['Ys'], readPoint, limits.arrayMax, 11014)) };
}

/** In the order asked. */
export async function statesOf(mint: MintParts, ys: readonly string[]): Promise<readonly ProofState[]> {
  const { db } = mint.database;
  const rows = await db.selectFrom('mint_proofs').select(['y', 'state', 'witness']).where('y', 'in', among(db, ys)).execute();
  const known = new Map(rows.map((row) => [row.y, row]));
  return ys.map((y) => {
    const row = known.get(y);
    if (!row) return { Y: y, state: 'UNSPENT', witness: null };
    return row.state === 'spent' ? { Y: y, state: 'SPENT', witness: row.witness } : { Y: y, state: 'PENDING', witness: null };
  });
}

type WrittenOutput = { readonly amount: number; readonly id: string; readonly B_: string };
export type Restored = { readonly outputs: readonly WrittenOutput[]; readonly signatures: readonly BlindSignature[] };

/** Only what was signed, in the order asked. */
export async function restore(mint: MintParts, body: Readonly<Record<string, unknown>>): Promise<Restored> {
  const asked: readonly Output[] = readOutputs(body);
  if (asked.length === 0) throw new MintFailure(1);
  const { db } = mint.database;
  const bs = asked.map(({ b }) => b);
  const rows = await db
    .selectFrom('mint_outputs')
    .select(['b', 'keyset', 'amount', 'c', 'e', 's'])
    .where('b', 'in', among(db, bs))
    .where('state', '=', 'signed')
    .execute();
  const known = new Map(rows.map((row) => [row.b, row]));
  const found = bs.flatMap((b) => known.get(b) ?? []);
  return {
    outputs: found.map(({ b, keyset, amount }) => ({ amount: amount ?? 0, id: keyset, B_: b })),
    signatures: found.map(({ keyset, amount, c, e, s }) => ({
      id: keyset,
      amount: amount ?? 0,
      C_: c ?? '',
      dleq: { e: e ?? '', s: s ?? '' },
    })),
  };
}
