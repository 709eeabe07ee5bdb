// NUT-04, NUT-20, NUT-23: a quote to mint coins is an invoice; once paid, its money waits in the books as `minting`.
import { among, insertRows, type Row, sql } from '@reprise/database';
import { assert } from '@reprise/kit';
import { msat, operationId, satToMsat, sat, shardOf } from '@reprise/ledger';
import { LightningFailure, type PaymentHash } from '@reprise/lightning';
import { MintFailure } from './failures.ts';
import type { MintParts } from './ports.ts';
import { drawQuoteId } from './quote-id.ts';
import { readAmount, readList, readOptionalText, readQuoteId, readText } from './read-request.ts';
import { creditReceived } from './receipts.ts';
import { limits } from './settings.ts';
import { assertGoing } from './stopped.ts';

export type MintQuote = {
  readonly quote: string;
  readonly request: string;
  readonly amount: number;
  readonly unit: string;
  readonly state: 'UNPAID' | 'PAID' | 'ISSUED';
  /** Seconds since 1970, as the NUTs have it. */
  readonly expiry: number;
  readonly pubkey: string | null;
  readonly amount_paid: number;
  readonly amount_issued: number;
  readonly updated_at: number;
};

/** @throws MintFailure 11013, 11006, 20009, 20003, 2 */
export async function makeMintQuote(mint: MintParts, body: Readonly<Record<string, unknown>>): Promise<MintQuote> {
  const { settings } = mint;
  const [unit, amount] = [readText(body, 'unit', 32), readAmount(body, 'amount')];
  if (unit !== 'sat') throw new MintFailure(11013);
  if (amount < settings.amountMin || amount > settings.amountMax) throw new MintFailure(11006);
  assertGoing(mint);
  const pubkey = await readPubkey(mint, body);
  const description = readOptionalText(body, 'description', limits.descriptionBytesMax) ?? '';
  if (!description.isWellFormed() || Buffer.byteLength(description) > limits.descriptionBytesMax) throw new MintFailure(1);
  await refuseAboveCaps(mint, amount);
  const now = mint.clock.now();
  const id = drawQuoteId(now, mint.random);
  const invoice = await mint.backend
    .createInvoice({
      label: id,
      amount: satToMsat(sat(amount)),
      description: { text: description },
      expirySeconds: settings.mintQuoteSeconds,
    })
    .catch((error: unknown) => {
      throw error instanceof LightningFailure ? new MintFailure(2, { cause: error }) : error;
    });
  mint.reached('mint-quote/invoice-made');
  const row = {
    id,
    unit,
    amount: Number(amount),
    request: invoice.bolt11,
    payment_hash: invoice.hash,
    pubkey,
    shard: shardOf(operationId({ kind: 'mint-quote', key: id }), settings.shards),
    created_at: now,
    expires_at: invoice.expiresAt,
    updated_at: now,
  };
  await mint.database.transaction((queries) => insertRows(queries, 'mint_quotes', [row]));
  mint.reached('mint-quote/stored');
  return written({ ...row, amount_paid: 0, amount_issued: 0, checked_at: 0 });
}

async function readPubkey(mint: MintParts, body: Readonly<Record<string, unknown>>): Promise<string | null> {
  const pubkey = readOptionalText(body, 'pubkey', 66)?.toLowerCase() ?? null;
  if (pubkey !== null && (!/^0[23][0-9a-f]{64}$/.test(pubkey) || !(await mint.signer.arePoints([pubkey]))[0])) throw new MintFailure(20009);
  return pubkey;
}

async function refuseAboveCaps(mint: MintParts, amount: bigint): Promise<void> {
  const { db } = mint.database;
  const open = await db
    .selectFrom('mint_quotes')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('amount_paid', '=', 0)
    .where('expires_at', '>', mint.clock.now())
    .executeTakeFirstOrThrow();
  if (open.count >= mint.settings.openQuotesMax) throw new MintFailure(2);
  const { rows } = await sql<{ held: string }>`
    select cast(coalesce(sum(posted), 0) as text) as held from ledger_accounts where code like 'ecash:%' or code like 'minting#%'`.execute(
    db,
  );
  if (msat(BigInt(rows[0]?.held ?? '0')) + amount * 1_000n > mint.settings.ecashMax * 1_000n) throw new MintFailure(20003);
}

/** @throws MintFailure 3 */
export async function readMintQuote(mint: MintParts, id: string): Promise<MintQuote> {
  return written(await freshQuote(mint, readQuoteId(id)));
}

/** NUT-29: all of them, or none. @throws MintFailure 3, 11016, 11017 */
export async function readMintQuotes(mint: MintParts, body: Readonly<Record<string, unknown>>): Promise<readonly MintQuote[]> {
  const ids = readQuoteIds(body);
  const quotes: MintQuote[] = [];
  for (const id of ids) quotes.push(written(await freshQuote(mint, id)));
  return quotes;
}

/** Those of them that there are, as the database has them: the node is not asked. */
export async function mintQuotesOf(mint: MintParts, ids: readonly string[]): Promise<readonly MintQuote[]> {
  const { db } = mint.database;
  return (await db.selectFrom('mint_quotes').selectAll().where('id', 'in', among(db, ids)).execute()).map(written);
}

export function readQuoteIds(body: Readonly<Record<string, unknown>>): readonly string[] {
  const ids = readList(body['quotes'], readQuoteId, limits.quotesMax, 11017);
  if (ids.length === 0) throw new MintFailure(1);
  if (new Set(ids).size < ids.length) throw new MintFailure(11016);
  return ids;
}

/** Asks the backend about one that is not paid, if nobody did so lately: however often wallets ask, the node is spared. */
export async function freshQuote(mint: MintParts, id: string): Promise<Row<'mint_quotes'>> {
  const quote = await quoteRow(mint, id);
  if (quote.amount_paid > 0 || !(await mayAsk(mint, quote))) return quote;
  const state = await mint.backend.lookupInvoice(quote.payment_hash as PaymentHash).catch((error: unknown) => {
    // Whoever cannot be asked has said nothing.
    if (error instanceof LightningFailure) return null;
    throw error;
  });
  if (state?.state !== 'settled') return quote;
  await creditReceived(mint, quote.payment_hash as PaymentHash, state);
  return quoteRow(mint, id);
}

async function mayAsk(mint: MintParts, { id }: Row<'mint_quotes'>): Promise<boolean> {
  const now = mint.clock.now();
  const { numUpdatedRows } = await mint.database.db
    .updateTable('mint_quotes')
    .set({ checked_at: now })
    .where('id', '=', id)
    .where('checked_at', '<=', now - mint.settings.askEveryMs)
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n;
}

async function quoteRow(mint: MintParts, id: string): Promise<Row<'mint_quotes'>> {
  const row = await mint.database.db.selectFrom('mint_quotes').selectAll().where('id', '=', id).executeTakeFirst();
  if (!row) throw new MintFailure(3);
  return row;
}

function written(row: Row<'mint_quotes'>): MintQuote {
  assert(row.amount_issued <= row.amount_paid, 'no more is issued than was paid');
  return {
    quote: row.id,
    request: row.request,
    amount: row.amount,
    unit: row.unit,
    state: row.amount_paid === 0 ? 'UNPAID' : row.amount_issued < row.amount_paid ? 'PAID' : 'ISSUED',
    expiry: Math.floor(row.expires_at / 1_000),
    pubkey: row.pubkey,
    amount_paid: row.amount_paid,
    amount_issued: row.amount_issued,
    updated_at: Math.floor(row.updated_at / 1_000),
  };
}
