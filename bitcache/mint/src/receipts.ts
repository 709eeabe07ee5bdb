// Money that came for a quote: credited once, however often and by whomever it is reported.
import { AccountsOf, events, msat, operationId, wholeSats } from '@reprise/ledger';
import type { PaymentHash, Received } from '@reprise/lightning';
import { hasMelted } from './has-melted.ts';
import { hashOf, isOtherContent, recall } from './once.ts';
import type { MintParts } from './ports.ts';

/** The operation by which an invoice is settled; what pays it inside claims the same, so that only one of both happens. */
export function settling(hash: string, how: string) {
  return { kind: 'invoice-settled', key: hash, requestHash: hashOf(how) };
}

/** @returns false for an invoice that is none of this mint's */
export async function creditReceived(mint: MintParts, hash: PaymentHash, received: Received): Promise<boolean> {
  const quote = await mint.database.db
    .selectFrom('mint_quotes')
    .select(['id', 'shard'])
    .where('payment_hash', '=', hash)
    .executeTakeFirst();
  if (!quote) return false;
  const on = new AccountsOf(quote.shard);
  const operation = settling(hash, `received ${received.amount}`);
  if ((await recall(mint, operation)) !== 'other') await credit(mint, on, operation, quote.id, received);
  // Told with another amount later, the first word counts.
  else if (await hasMelted(mint, hash)) await holdLate(mint, on, hash, received);
  await takeLiquidity(mint, on, hash, received);
  return true;
}

async function credit(
  mint: MintParts,
  on: AccountsOf,
  operation: ReturnType<typeof settling>,
  id: string,
  { amount }: Received,
): Promise<void> {
  const journal = events.received(on, mint.backend.name, on.code('minting'), amount);
  if (!journal) return;
  await mint.ledger.open(journal.legs.map(({ account }) => account));
  const now = mint.clock.now();
  const paid = Number(wholeSats(amount).whole);
  await mint.database.transaction(async (queries) => {
    if (!(await mint.ledger.claim(queries, operation, now))) return;
    await queries
      .updateTable('mint_quotes')
      .set({ amount_paid: paid, updated_at: now })
      .where('id', '=', id)
      .where('amount_paid', '=', 0)
      .execute();
    mint.reached('receipt/in-transaction');
    await mint.ledger.post(queries, operationId(operation), journal, now);
  });
  mint.reached('receipt/stored');
}

/** The invoice was paid inside, and then once more from outside: nobody's until it is given back. */
async function holdLate(mint: MintParts, on: AccountsOf, hash: string, { amount }: Received): Promise<void> {
  const journal = events.receivedLate(on, mint.backend.name, amount);
  await post(mint, { kind: 'received-late', key: hash, requestHash: hashOf(amount) }, journal);
}

async function takeLiquidity(mint: MintParts, on: AccountsOf, hash: string, { kept }: Received): Promise<void> {
  const journal = events.liquidityTaken(on, mint.backend.name, msat(kept));
  await post(mint, { kind: 'liquidity-taken', key: hash, requestHash: hashOf(kept) }, journal);
}

async function post(
  mint: MintParts,
  operation: ReturnType<typeof settling>,
  journal: ReturnType<typeof events.receivedLate>,
): Promise<void> {
  if (!journal) return;
  await mint.ledger.open(journal.legs.map(({ account }) => account));
  const now = mint.clock.now();
  await mint.database
    .transaction(async (queries) => {
      if (await mint.ledger.claim(queries, operation, now)) await mint.ledger.post(queries, operationId(operation), journal, now);
    })
    .catch((error: unknown) => {
      // Told with another amount later: the first word counts, and the watch compares with the backend.
      if (!isOtherContent(error)) throw error;
    });
}
