// Payments whose worker is gone: taken over, looked up, and ended when the node says how. Nothing here guesses.
import { type Row } from '@reprise/database';
import type { PaymentHash } from '@reprise/lightning';
import { endMelt, leaveMelt, type Melt } from './melt-end.ts';
import { meltQuoteRow } from './melt-quotes.ts';
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
    if (melt && (await resume(mint, melt, row.absent_since))) ended++;
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

async function resume(mint: MintParts, melt: Melt, absentSince: number | null): Promise<boolean> {
  const { payment_hash } = await meltQuoteRow(mint, melt.quote);
  const outcome = await mint.backend
    .lookupPayment(payment_hash as PaymentHash)
    .catch(() => ({ state: 'unknown' as const, why: 'the backend failed' }));
  mint.reached('resume/looked-up');
  const now = mint.clock.now();
  if (outcome.state !== 'not-found') {
    if (await endMelt(mint, melt, outcome)) return true;
    await leaveMelt(mint, melt, now);
    return false;
  }
  // No trace. That it was never sent is believed at a second reading, a good while after the first, of a node in step with its network.
  const since = absentSince ?? now;
  const isLongAbsent = absentSince !== null && now - since >= mint.settings.absentMs && (await isSynced(mint));
  if (isLongAbsent) return endMelt(mint, melt, { state: 'failed', reason: 'other', evidence: null });
  await leaveMelt(mint, melt, now, since);
  return false;
}

async function isSynced(mint: MintParts): Promise<boolean> {
  try {
    return (await mint.backend.info()).synced;
  } catch {
    return false;
  }
}
