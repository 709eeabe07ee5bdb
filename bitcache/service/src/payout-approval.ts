// Payouts above the limits wait for an operator, who lets them go or gives the money back. spec/paid-links.md "Payouts".
import type { Database } from '@reprise/database';
import type { Clock } from '@reprise/kit';
import type { Ledger } from '@reprise/ledger';
import { endPayout } from './carry-out.ts';
import { type Payout, shown } from './payouts.ts';

export type HeldPayout = Payout & { readonly account: string };

/** The oldest first. */
export async function listHeldPayouts({ db }: Database): Promise<readonly HeldPayout[]> {
  const rows = await db.selectFrom('paid_payouts').selectAll().where('state', '=', 'held').orderBy('created_at').limit(1_000).execute();
  return rows.map((row) => ({ ...shown(row), account: row.account }));
}

/** The running host sees it within ten seconds, unless the account is frozen: then it leaves once that is lifted. @returns false for one that does not wait */
export async function approvePayout({ db }: Database, id: string, now: number): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('paid_payouts')
    .set({ state: 'reserved', updated_at: now })
    .where('id', '=', id)
    .where('state', '=', 'held')
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** The money goes back to the account. @returns false for one that does not wait */
export async function rejectPayout(
  parts: { readonly database: Database; readonly ledger: Ledger; readonly clock: Clock },
  id: string,
): Promise<boolean> {
  const held = parts.database.db.selectFrom('paid_payouts').selectAll().where('id', '=', id).where('state', '=', 'held');
  const row = await held.executeTakeFirst();
  return row !== undefined && endPayout(parts, row, { state: 'cancelled', reason: 'rejected' });
}
