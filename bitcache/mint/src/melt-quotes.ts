// NUT-05, NUT-23: a quote to pay an invoice with coins.
import { among, insertRows, type Row } from '@reprise/database';
import { assert } from '@reprise/kit';
import { type Msat, msat, sat, satsToPay, satToMsat } from '@reprise/ledger';
import { LightningFailure, payable, type PayableInvoice, type PaymentRequest } from '@reprise/lightning';
import { MintFailure } from './failures.ts';
import { type BlindSignature, signaturesOf } from './outputs.ts';
import { ownInvoiceOf } from './own-invoices.ts';
import type { MintParts } from './ports.ts';
import { drawQuoteId } from './quote-id.ts';
import { readQuoteId, readText } from './read-request.ts';
import { limits } from './settings.ts';
import { assertGoing } from './stopped.ts';

export type MeltQuote = {
  readonly quote: string;
  readonly request: string;
  readonly amount: number;
  readonly unit: string;
  readonly fee_reserve: number;
  readonly state: 'UNPAID' | 'PENDING' | 'PAID';
  /** Seconds since 1970. */
  readonly expiry: number;
  readonly payment_preimage: string | null;
  /** NUT-08: what was too much, on the blank outputs that came with the coins. */
  readonly change?: readonly BlindSignature[];
};

export type MeltQuoteRow = Omit<Row<'mint_melt_quotes'>, 'amount_msat'>;

const columns = [
  'id',
  'unit',
  'request',
  'payment_hash',
  'amount',
  'fee_reserve',
  'state',
  'attempts',
  'op',
  'preimage',
  'created_at',
  'expires_at',
] as const;

/** @throws MintFailure 11013, 11011, 11012, 11006, 20005, 20006, 20007, 1, 2 */
export async function makeMeltQuote(mint: MintParts, body: Readonly<Record<string, unknown>>): Promise<MeltQuote> {
  if (readText(body, 'unit', 32) !== 'sat') throw new MintFailure(11013);
  assertGoing(mint);
  const now = mint.clock.now();
  const invoice = readInvoice(readText(body, 'request', limits.invoiceCharactersMax), mint, now);
  refuseOtherAmount(body, invoice);
  const amount = satsToPay(invoice.amount);
  if (amount < mint.settings.amountMin || amount > mint.settings.amountMax) throw new MintFailure(11006);
  await refuseLive(mint, invoice.hash);
  const inside = await ownInvoiceOf(mint, invoice.hash);
  if (inside?.isPaid) throw new MintFailure(20006);
  const row = {
    id: drawQuoteId(now, mint.random),
    unit: 'sat',
    request: invoice.bolt11,
    payment_hash: invoice.hash,
    amount: Number(amount),
    // What is paid inside costs nothing on the way.
    fee_reserve: inside ? 0 : Number(feeReserve(amount)),
    state: 'UNPAID' as const,
    created_at: now,
    expires_at: Math.min(invoice.expiresAt, now + 1_000 * mint.settings.meltQuoteSeconds),
  };
  await mint.database.transaction((queries) =>
    insertRows(queries, 'mint_melt_quotes', [{ ...row, amount_msat: invoice.amount as bigint }]),
  );
  mint.reached('melt-quote/stored');
  return written(mint, { ...row, attempts: 0, op: null, preimage: null });
}

/** The most that routing may cost: one in a hundred, and at least ten satoshis. */
export function feeReserve(amount: bigint): bigint {
  const hundredth = (amount + 99n) / 100n;
  return hundredth > 10n ? hundredth : 10n;
}

export function readInvoice(request: string, mint: MintParts, now: number): PayableInvoice {
  try {
    return payable(request, mint.network, now);
  } catch (error) {
    if (!(error instanceof LightningFailure)) throw error;
    if (error.code === 'invoice-amountless') throw new MintFailure(11011, { cause: error });
    if (error.code === 'invoice-expired') throw new MintFailure(20007, { cause: error });
    throw new MintFailure(1, { cause: error });
  }
}

/** Parts of a payment (NUT-15) are not paid; an amount beside the invoice's own must be the same. */
function refuseOtherAmount(body: Readonly<Record<string, unknown>>, { amount }: PayableInvoice): void {
  const { options } = body as { options?: { mpp?: unknown; amountless?: { amount_msat?: unknown } } | null };
  if (options === undefined || options === null) return;
  if (typeof options !== 'object') throw new MintFailure(1);
  const asked = options.amountless?.amount_msat ?? amount;
  if ((options.mpp !== undefined && options.mpp !== null) || asked !== amount) throw new MintFailure(11012);
}

/** One invoice is paid once, by whichever quote. @throws MintFailure 20005, 20006 */
export async function refuseLive(mint: MintParts, hash: string): Promise<void> {
  const live = await mint.database.db
    .selectFrom('mint_melt_quotes')
    .select('state')
    .where('payment_hash', '=', hash)
    .where('state', 'in', ['PENDING', 'PAID'])
    .executeTakeFirst();
  if (live) throw new MintFailure(live.state === 'PAID' ? 20006 : 20005);
}

/** @throws MintFailure 3 */
export async function readMeltQuote(mint: MintParts, id: string): Promise<MeltQuote> {
  return written(mint, await meltQuoteRow(mint, readQuoteId(id)));
}

/** Those of them that there are. */
export async function meltQuotesOf(mint: MintParts, ids: readonly string[]): Promise<readonly MeltQuote[]> {
  const { db } = mint.database;
  const rows = await db.selectFrom('mint_melt_quotes').select(columns).where('id', 'in', among(db, ids)).execute();
  return Promise.all(rows.map((row) => written(mint, row)));
}

export async function meltQuoteRow(mint: MintParts, id: string): Promise<MeltQuoteRow> {
  const row = await mint.database.db.selectFrom('mint_melt_quotes').select(columns).where('id', '=', id).executeTakeFirst();
  if (!row) throw new MintFailure(3);
  return row;
}

/** The amount of the invoice itself, which may end in parts of a satoshi. */
export function invoiceAmount({ request }: MeltQuoteRow, mint: MintParts): Msat {
  // Read at time zero: what was accepted once does not expire afterwards.
  const { amount } = payable(request, mint.network, 0);
  assert(amount > 0n, 'an invoice asks for something');
  return msat(amount);
}

/** What is handed over for an attempt, and asked about by it: the same, whoever works on it. */
export async function paymentOf(
  mint: MintParts,
  { quote: payer, attempt }: { readonly quote: string; readonly attempt: number },
): Promise<PaymentRequest> {
  const quote = await meltQuoteRow(mint, payer);
  const setAside = satToMsat(sat(BigInt(quote.amount + quote.fee_reserve)));
  const maxFee = msat(setAside - invoiceAmount(quote, mint));
  return { bolt11: quote.request, maxFee, timeoutSeconds: mint.settings.payTimeoutSeconds, attempt, payer };
}

export async function written(mint: MintParts, row: MeltQuoteRow): Promise<MeltQuote> {
  const change = row.state === 'PAID' && row.op !== null ? await signaturesOf(mint, row.op) : [];
  return {
    quote: row.id,
    request: row.request,
    amount: row.amount,
    unit: row.unit,
    fee_reserve: row.fee_reserve,
    state: row.state,
    expiry: Math.floor(row.expires_at / 1_000),
    payment_preimage: row.preimage,
    ...(change.length > 0 ? { change } : {}),
  };
}
