// How a payment ends: paid, failed, or not yet. Only whoever holds its fence may end it, and only on the node's word about this attempt.
import { createHash } from 'node:crypto';
import type { InTransaction } from '@reprise/database';
import { parseHex } from '@reprise/kit';
import { AccountsOf, events, msat, operationId } from '@reprise/ledger';
import type { Outcome, Succeeded } from '@reprise/lightning';
import { blanksOf, fillBlanks, signChange } from './blanks.ts';
import { amountsByKeyset, bookNameOf } from './coins.ts';
import { invoiceAmount, meltQuoteRow } from './melt-quotes.ts';
import { hashOf, isOtherContent } from './once.ts';
import type { MintParts } from './ports.ts';

export type Melt = {
  readonly op: string;
  readonly quote: string;
  readonly attempt: number;
  readonly fence: number;
  readonly shard: number;
  /** Both in satoshis. */
  readonly inputs: bigint;
  readonly inputFee: bigint;
  readonly startedAt: number;
};

/** @returns whether it has ended: `in-flight` and `unknown` end nothing, nor does a preimage of something else */
export async function endMelt(mint: MintParts, melt: Melt, outcome: Outcome): Promise<boolean> {
  if (outcome.state === 'failed') return giveBack(mint, melt);
  if (outcome.state !== 'succeeded') return false;
  const { payment_hash } = await meltQuoteRow(mint, melt.quote);
  return isPreimageOf(outcome.preimage, payment_hash) && outcome.fee >= 0n ? spend(mint, melt, outcome) : false;
}

function isPreimageOf(preimage: string, hash: string): boolean {
  const bytes = parseHex(preimage);
  return bytes?.length === 32 && createHash('sha256').update(bytes).digest('hex') === hash;
}

function ending({ quote, attempt }: Melt, preimage: string | null) {
  return { kind: 'melt-end', key: `${quote}/${attempt}`, requestHash: hashOf(preimage), isPaid: preimage !== null };
}

async function spend(mint: MintParts, melt: Melt, { preimage, fee }: Succeeded): Promise<boolean> {
  const proofs = await mint.database.db.selectFrom('mint_proofs').select(['keyset', 'amount']).where('op', '=', melt.op).execute();
  if (proofs.length === 0) return tooLate(mint, melt);
  const quote = await meltQuoteRow(mint, melt.quote);
  const paid = { amount: invoiceAmount(quote, mint), fee };
  const rest = ((melt.inputs - melt.inputFee) * 1_000n - paid.amount - fee) / 1_000n;
  const change = await signChange(mint, await blanksOf(mint, melt.op), rest > 0n ? rest : 0n);
  mint.reached('melt/change-signed');
  const given = change.reduce((sum, { amount }) => sum + amount, 0n);
  const spent = amountsByKeyset(proofs.map(({ keyset, amount }) => ({ keyset, amount: BigInt(amount) })));
  // Without change, any keyset of the coins stands for nothing given.
  const keyset = change[0] ? bookNameOf(change[0].keyset) : (spent[0]?.keyset ?? '');
  const journal = events.melted(new AccountsOf(melt.shard), {
    spent,
    given: { keyset, amount: msat(given * 1_000n) },
    backend: mint.backend.name,
    paid,
    inputFee: msat(melt.inputFee * 1_000n),
  });
  await mint.ledger.open(journal?.legs.map(({ account }) => account) ?? []);
  const operation = ending(melt, preimage);
  mint.reached('melt/ending');
  return endOnce(mint, melt, operation, async (queries, now) => {
    await queries.updateTable('mint_proofs').set({ state: 'spent' }).where('op', '=', melt.op).where('state', '=', 'reserved').execute();
    await step(queries, melt, { step: 'paid', fee_msat: Number(fee), updated_at: now });
    await fillBlanks(queries, melt.op, change);
    await queries
      .updateTable('mint_melt_quotes')
      .set({ state: 'PAID', preimage })
      .where('id', '=', melt.quote)
      .where('op', '=', melt.op)
      .execute();
    mint.reached('melt/in-last-transaction');
    if (journal) await mint.ledger.post(queries, operationId(operation), journal, now);
  });
}

async function giveBack(mint: MintParts, melt: Melt): Promise<boolean> {
  mint.reached('melt/ending');
  return endOnce(mint, melt, ending(melt, null), async (queries, now) => {
    await step(queries, melt, { step: 'failed', updated_at: now });
    await queries.deleteFrom('mint_proofs').where('op', '=', melt.op).execute();
    await queries.deleteFrom('mint_outputs').where('op', '=', melt.op).execute();
    await queries
      .updateTable('mint_melt_quotes')
      .set({ state: 'UNPAID', op: null })
      .where('id', '=', melt.quote)
      .where('op', '=', melt.op)
      .execute();
    mint.reached('melt/in-last-transaction');
  });
}

type Step = { readonly step: 'paid' | 'failed'; readonly fee_msat?: number; readonly updated_at: number };

async function step(queries: InTransaction, { op, fence }: Melt, change: Step): Promise<void> {
  const { numUpdatedRows } = await queries
    .updateTable('mint_melts')
    .set(change)
    .where('op', '=', op)
    .where('fence', '=', fence)
    .where('step', 'in', ['dispatching', 'unknown'])
    .executeTakeFirstOrThrow();
  if (numUpdatedRows !== 1n) throw new TakenOver();
}

/** Another worker has the fence: what this one found out, that one will find out too. */
class TakenOver extends Error {}

async function endOnce(
  mint: MintParts,
  melt: Melt,
  operation: ReturnType<typeof ending>,
  work: (queries: InTransaction, now: number) => Promise<void>,
): Promise<boolean> {
  const now = mint.clock.now();
  try {
    await mint.database.transaction(async (queries) => {
      if (await mint.ledger.claim(queries, operation, now)) await work(queries, now);
    });
  } catch (error) {
    if (error instanceof TakenOver) return false;
    if (isOtherContent(error)) return operation.isPaid ? tooLate(mint, melt) : true;
    throw error;
  }
  mint.reached('melt/ended');
  return true;
}

/** It ended otherwise before, and that end stays: coins that were given back may be anywhere by now. */
function tooLate(mint: MintParts, { quote }: Melt): true {
  mint.onPaidAfterAll(quote);
  return true;
}

export async function renewLease(mint: MintParts, { op, fence }: Melt): Promise<void> {
  await mint.database.db
    .updateTable('mint_melts')
    .set({ lease_until: mint.clock.now() + mint.settings.leaseMs })
    .where('op', '=', op)
    .where('fence', '=', fence)
    .where('step', 'in', ['dispatching', 'unknown'])
    .execute();
}

/** Not ended yet: whoever looks next may take it over. */
export async function leaveMelt(mint: MintParts, { op, fence }: Melt): Promise<void> {
  const now = mint.clock.now();
  await mint.database.db
    .updateTable('mint_melts')
    .set({ step: 'unknown', lease_until: now, updated_at: now })
    .where('op', '=', op)
    .where('fence', '=', fence)
    .where('step', 'in', ['dispatching', 'unknown'])
    .execute();
}
