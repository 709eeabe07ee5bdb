// A purchase over Lightning until it is paid: an invoice that carries the price, the version and the buyer's key. spec/paid-links.md "Purchase".
import { insertRows, type Row, violationOf } from '@reprise/database';
import { type Bytes, formatHex } from '@reprise/kit';
import { type Sat, sat, satToMsat } from '@reprise/ledger';
import { LightningFailure, type PaymentHash } from '@reprise/lightning';
import { assertGoing, ServiceFailure } from './failures.ts';
import { sha256Hex } from './held-secret.ts';
import { assertOpen, currentOf } from './offers.ts';
import type { OfferId, ServiceParts } from './ports.ts';
import { type Terms, termsOf } from './quotes.ts';
import { type Granted, grantOf } from './sales.ts';
import { settle } from './settle.ts';
import { makeToken } from './token.ts';

export type InvoiceRequest = {
  readonly offer: OfferId;
  readonly buyerKey: Bytes;
  /** Text of a quote; null: the price of now. */
  readonly quote: string | null;
};
export type PurchaseInvoice = {
  readonly paymentHash: PaymentHash;
  readonly bolt11: string;
  readonly version: number;
  readonly sats: Sat;
  /** ms since 1970. */
  readonly expiresAt: number;
  /** Shows this payment to whoever made it: of L402. */
  readonly token: string;
};

/** One is open for a buyer key: asked again, it is shown again, unless the price has changed. @throws ServiceFailure bad-buyer-key, bad-quote, busy, stopped, and as `quotePrice` */
export async function makeInvoice(service: ServiceParts, request: InvoiceRequest): Promise<PurchaseInvoice> {
  const { offer, buyerKey, quote } = request;
  await assertBuyerKey(service, buyerKey);
  const current = await currentOf(service.database.db, offer);
  assertOpen(service, current, service.clock.now());
  const terms = await termsOf(service, current, quote);
  const buyerKeyHash = sha256Hex(buyerKey);
  const before = await openInvoice(service, offer, buyerKeyHash);
  if (before && isAsGood(before, terms, service.clock.now())) return shown(service, before);
  assertGoing(service);
  await assertRoom(service);
  const row = await drawInvoice(service, request, terms);
  try {
    await service.database.transaction(async (queries) => {
      const open = queries.updateTable('paid_invoices').set({ state: 'lapsed' }).where('state', '=', 'open');
      if (before) await open.where('payment_hash', '=', before.payment_hash).execute();
      await insertRows(queries, 'paid_invoices', [row]);
    });
    return shown(service, row);
  } catch (error) {
    // The same buyer asked twice at a time: the invoice that was stored first is the one to pay.
    const first = violationOf(error) === 'unique' ? await openInvoice(service, offer, buyerKeyHash) : undefined;
    if (!first) throw error;
    return shown(service, first);
  }
}

/** @throws ServiceFailure bad-buyer-key */
export async function assertBuyerKey({ agent }: ServiceParts, buyerKey: Bytes): Promise<void> {
  if (!(await agent.accepts(buyerKey))) throw new ServiceFailure('bad-buyer-key');
}

function isAsGood(row: Row<'paid_invoices'>, { version, sats }: Terms, now: number): boolean {
  return row.expires_at > now && row.version === version && BigInt(row.price) === sats;
}

async function openInvoice({ database }: ServiceParts, offer: OfferId, buyerKeyHash: string): Promise<Row<'paid_invoices'> | undefined> {
  return database.db
    .selectFrom('paid_invoices')
    .selectAll()
    .where('offer', '=', offer)
    .where('buyer_key_hash', '=', buyerKeyHash)
    .where('state', '=', 'open')
    .executeTakeFirst();
}

/** @throws ServiceFailure busy */
async function assertRoom({ database, clock, settings }: ServiceParts): Promise<void> {
  const open = await database.db
    .selectFrom('paid_invoices')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('state', '=', 'open')
    .where('expires_at', '>', clock.now())
    .executeTakeFirstOrThrow();
  if (open.count >= settings.openInvoicesMax) throw new ServiceFailure('busy');
}

async function drawInvoice(service: ServiceParts, { offer, buyerKey }: InvoiceRequest, { version, sats }: Terms) {
  const { backend, settings, clock, random } = service;
  const invoice = await backend
    .createInvoice({
      label: `sale-${formatHex(random(16))}`,
      amount: satToMsat(sats),
      description: { text: settings.description },
      expirySeconds: settings.invoiceSeconds,
    })
    .catch((error: unknown) => {
      throw error instanceof LightningFailure ? new ServiceFailure('busy', {}, { cause: error }) : error;
    });
  return {
    payment_hash: invoice.hash,
    offer,
    version,
    backend: backend.name,
    request: invoice.bolt11,
    price: Number(sats),
    buyer_key: buyerKey,
    buyer_key_hash: sha256Hex(buyerKey),
    state: 'open' as const,
    created_at: clock.now(),
    expires_at: invoice.expiresAt,
  };
}

type Shown = Omit<Row<'paid_invoices'>, 'checked_at' | 'backend' | 'state' | 'created_at'>;

function shown({ fileKey, settings }: ServiceParts, row: Shown): PurchaseInvoice {
  const { offer, version, request: bolt11, expires_at: expiresAt, buyer_key_hash: buyerKeyHash } = row;
  const [paymentHash, sats] = [row.payment_hash as PaymentHash, sat(BigInt(row.price))];
  const token = makeToken(fileKey, { offer, paymentHash, price: sats, buyerKeyHash, expiresAt: expiresAt + settings.tokenMs });
  return { paymentHash, bolt11, version, sats, expiresAt, token };
}

/**
 * What a payment over Lightning gave; the backend is asked, if nobody did so lately. What is given opens with the buyer's key only, so that
 * the payment hash is enough to ask for it.
 * @throws ServiceFailure no-invoice, unpaid, owed-back
 */
export async function collect(service: ServiceParts, offer: OfferId, paymentHash: PaymentHash): Promise<Granted> {
  const { db } = service.database;
  const find = () =>
    db.selectFrom('paid_invoices').selectAll().where('payment_hash', '=', paymentHash).where('offer', '=', offer).executeTakeFirst();
  let invoice = await find();
  if (!invoice) throw new ServiceFailure('no-invoice');
  if (invoice.state !== 'settled' && (await mayAsk(service, paymentHash))) {
    await askBackend(service, paymentHash);
    invoice = (await find()) ?? invoice;
  }
  if (invoice.state !== 'settled') throw new ServiceFailure('unpaid');
  const granted = await grantOf(service, { offer, credential: paymentHash, buyerKeyHash: invoice.buyer_key_hash });
  if (granted) return granted;
  const refund = await db.selectFrom('paid_refunds').select('amount').where('payment_hash', '=', paymentHash).executeTakeFirst();
  throw new ServiceFailure('owed-back', { amount: String((refund?.amount ?? 0) / 1_000) });
}

async function askBackend(service: ServiceParts, hash: PaymentHash): Promise<void> {
  const state = await service.backend.lookupInvoice(hash).catch((error: unknown) => {
    // Whoever cannot be asked has said nothing.
    if (error instanceof LightningFailure) return null;
    throw error;
  });
  if (state?.state === 'settled') await settle(service, hash, state);
}

async function mayAsk({ database, clock, settings }: ServiceParts, hash: PaymentHash): Promise<boolean> {
  const now = clock.now();
  const { numUpdatedRows } = await database.db
    .updateTable('paid_invoices')
    .set({ checked_at: now })
    .where('payment_hash', '=', hash)
    .where('checked_at', '<=', now - settings.askEveryMs)
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n;
}
