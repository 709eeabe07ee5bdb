// Payments whose worker is gone, or asleep: taken over, and ended when the journal of attempts says how. Nothing here guesses.
import { type Row } from '@reprise/database';
import { endMelt, leaveMelt, type Melt } from './melt-end.ts';
import { paymentOf } from './melt-quotes.ts';
import type { MintParts } from './ports.ts';

const perPass = 100;

/** One pass over what nobody works on. @returns how many payments ended */
export async function resumeMelts(mint: MintParts): Promise<number> {
  const now = mint.clock.now();
  const rows = await mint.database.db
    .selectFrom('mint_melts')
    .selectAll()
    .where('step', 'in', ['dispatching', 'unknown'])
    .where('lease_until', '<=', now)
    .orderBy('lease_until')
    .limit(perPass)
    .execute();
  let ended = 0;
  for (const row of rows) {
    const melt = await takeOver(mint, row);
    if (melt && (await resume(mint, melt))) ended++;
  }
  return ended;
}

async function takeOver(mint: MintParts, row: Row<'mint_melts'>): Promise<Melt | undefined> {
  const fence = row.fence + 1;
  const { numUpdatedRows } = await mint.database.db
    .updateTable('mint_melts')
    .set({ fence, lease_until: mint.clock.now() + mint.settings.leaseMs })
    .where('op', '=', row.op)
    .where('fence', '=', row.fence)
    .where('step', 'in', ['dispatching', 'unknown'])
    .executeTakeFirstOrThrow();
  if (numUpdatedRows !== 1n) return undefined;
  mint.reached('resume/taken-over');
  const { op, quote, attempt, shard, input_amount: inputs, input_fee: fee, created_at: startedAt } = row;
  return { op, quote, attempt, fence, shard, inputs: BigInt(inputs), inputFee: BigInt(fee), startedAt };
}

/** By this very attempt: what became of an earlier one, or of another quote of the invoice, says nothing about what a sleeper does next. */
async function resume(mint: MintParts, melt: Melt): Promise<boolean> {
  const payment = await paymentOf(mint, melt);
  const outcome = await mint.backend.withdraw(payment).catch(() => ({ state: 'unknown' as const, why: 'the backend failed' }));
  mint.reached('resume/looked-up');
  if (await endMelt(mint, melt, outcome)) return true;
  await leaveMelt(mint, melt);
  return false;
}
