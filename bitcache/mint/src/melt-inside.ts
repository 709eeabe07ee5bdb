// Coins that pay an invoice of this very node: nothing leaves, and one transaction does it all. The node's invoice is cancelled first, so
// that nobody pays it once more; who does all the same is credited to nobody until it is sorted out.
import { insertRows } from '@reprise/database';
import { type AccountCode, AccountsOf, events, msat, type Operation, operationId, shardOf } from '@reprise/ledger';
import { LightningFailure, type PaymentHash } from '@reprise/lightning';
import { fillBlanks, signChange, storeBlanks } from './blanks.ts';
import { bookNameOf, coinRows, spentOf, storeCoins } from './coins.ts';
import { MintFailure } from './failures.ts';
import { type MeltRequest, meltCollision } from './melt-request.ts';
import { invoiceAmount, type MeltQuote, meltQuoteRow, written } from './melt-quotes.ts';
import { isOtherContent } from './once.ts';
import { ownInvoiceOf } from './own-invoices.ts';
import type { MintParts, OwnInvoice } from './ports.ts';
import { settling } from './receipts.ts';

/** @returns undefined for an invoice of somebody else */
export async function payInside(mint: MintParts, request: MeltRequest, operation: Operation): Promise<MeltQuote | undefined> {
  const { quote, coins, blanks } = request;
  const hash = quote.payment_hash as PaymentHash;
  const target = await ownInvoiceOf(mint, hash);
  if (!target) return undefined;
  if (target.isPaid) throw new MintFailure(20006);
  await closeInvoice(mint, hash, target);
  mint.reached('melt/inside-cancelled');
  const op = operationId(operation);
  const on = new AccountsOf(shardOf(op, mint.settings.shards));
  const amount = invoiceAmount(quote, mint);
  const change = await signChange(mint, blanks, coins.sum - coins.fee - BigInt(quote.amount));
  const given = change.reduce((sum, output) => sum + output.amount, 0n);
  const spent = spentOf(coins);
  const { purposes, settle } = await target.prepare();
  const melted = {
    spent,
    given: { keyset: change[0] ? bookNameOf(change[0].keyset) : (spent[0]?.keyset ?? ''), amount: msat(given * 1_000n) },
    inputFee: msat(coins.fee * 1_000n),
  };
  const journalTo = (purpose: AccountCode) => events.meltedInside(on, melted, purpose, amount);
  await mint.ledger.open(purposes.flatMap((purpose) => journalTo(purpose)?.legs.map(({ account }) => account) ?? []));
  const now = mint.clock.now();
  try {
    await mint.database.transaction(async (queries) => {
      // The same claim as of money from outside: of both, one happens.
      const isMine = await mint.ledger.claim(queries, operation, now);
      if (!isMine) return;
      if (!(await mint.ledger.claim(queries, settling(hash, `inside ${op}`), now))) throw new MintFailure(20006);
      await storeCoins(queries, coinRows(coins, op, 'spent'));
      await storeBlanks(queries, blanks, op);
      const attempt = quote.attempts + 1;
      const sums = { input_amount: Number(coins.sum), input_fee: Number(coins.fee), shard: shardOf(op, mint.settings.shards) };
      const times = { lease_until: now, created_at: now, updated_at: now };
      await insertRows(queries, 'mint_melts', [{ op, quote: quote.id, attempt, step: 'paid', ...sums, fence: 1, fee_msat: 0, ...times }]);
      await fillBlanks(queries, op, change);
      const purpose = await settle(queries);
      const moved = await queries
        .updateTable('mint_melt_quotes')
        .set({ state: 'PAID', op, attempts: attempt })
        .where('id', '=', quote.id)
        .where('state', '=', 'UNPAID')
        .executeTakeFirstOrThrow();
      if (purpose === undefined || moved.numUpdatedRows !== 1n) throw new MintFailure(20006);
      mint.reached('melt/inside-in-transaction');
      const journal = journalTo(purpose);
      if (journal) await mint.ledger.post(queries, op, journal, now);
    });
  } catch (error) {
    if (isOtherContent(error)) throw new MintFailure(20006, { cause: error });
    throw await meltCollision(mint, error, op, request);
  }
  mint.reached('melt/inside-stored');
  return written(mint, await meltQuoteRow(mint, quote.id));
}

/** @throws MintFailure 20006 for one that was paid from outside, 2 if the node does not answer */
async function closeInvoice(mint: MintParts, hash: PaymentHash, target: OwnInvoice): Promise<void> {
  // First, so that whoever dies or is refused after the node has closed it leaves no invoice behind that looks open.
  await target.retire();
  try {
    const closed = await mint.backend.cancelInvoice?.(hash);
    if (closed === undefined || closed === 'cancelled') return;
    await target.received(closed);
  } catch (error) {
    throw error instanceof LightningFailure ? new MintFailure(2, { cause: error }) : error;
  }
  throw new MintFailure(20006);
}
