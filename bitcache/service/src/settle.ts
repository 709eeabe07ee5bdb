// Money that came for an invoice: a sale, or what is owed back, or a deposit, in one transaction, however often it is reported. spec/paid-links.md "Purchase".
import type { InTransaction, NewRow, Row } from '@reprise/database';
import {
  type AccountCode,
  AccountsOf,
  events,
  type Journal,
  LedgerFailure,
  type Msat,
  msat,
  type Operation,
  type OperationId,
  operationId,
  sat,
  satToMsat,
  shardOf,
  wholeSats,
} from '@reprise/ledger';
import type { PaymentHash, Received } from '@reprise/lightning';
import type { OwnInvoice } from '@reprise/mint';
import { closeInvoices, type PaidInvoice } from './counter.ts';
import { ownDeposit, settleDeposit } from './deposits.ts';
import { hashOf } from './held-secret.ts';
import { carryOutPlanOrders } from './plans.ts';
import type { ServiceParts } from './ports.ts';
import { type Sale, windowOf, writeSales } from './sales.ts';

/** @returns false for an invoice that is none of ours */
export async function settle(service: ServiceParts, hash: PaymentHash, received: Received): Promise<boolean> {
  const invoice = await invoiceOf(service, hash);
  if (!invoice && !(await settleDeposit(service, hash, received))) return false;
  if (!invoice) await carryOutPlanOrders(service);
  if (invoice && invoice.state !== 'settled') await credit(service, invoice, received);
  if (await service.mint.hasMelted(hash)) await holdLate(service, hash, received);
  await takeLiquidity(service, hash, received);
  return true;
}

/** For coins of our own mint, which pay it in the books: a node does not pay itself. */
export async function ownInvoice(service: ServiceParts, hash: PaymentHash): Promise<OwnInvoice | undefined> {
  const invoice = await invoiceOf(service, hash);
  if (!invoice) return ownDeposit(service, hash, (received) => settle(service, hash, received));
  const price = satToMsat(sat(BigInt(invoice.price)));
  const accounts = accountsFor(service, invoice);
  return {
    isPaid: invoice.state === 'settled',
    received: (received) => settle(service, hash, received),
    retire: async () => {
      const open = service.database.db.updateTable('paid_invoices').set({ state: 'lapsed' }).where('payment_hash', '=', hash);
      await open.where('state', '=', 'open').execute();
    },
    prepare: async () => {
      const sale = await saleOf(service, invoice, service.clock.now());
      return {
        purposes: Object.values(accounts),
        settle: async (queries) => accounts[(await conclude(queries, service, { invoice, sale, amount: price })) ? 'sold' : 'owed'],
      };
    },
  };
}

async function invoiceOf({ database }: ServiceParts, hash: PaymentHash): Promise<Row<'paid_invoices'> | undefined> {
  return database.db.selectFrom('paid_invoices').selectAll().where('payment_hash', '=', hash).executeTakeFirst();
}

/** Where the money of an invoice goes: it waits for the seller, or for the buyer to take it back. */
function accountsFor({ settings }: ServiceParts, { payment_hash, offer }: Row<'paid_invoices'>) {
  const on = new AccountsOf(shardOf(settling(payment_hash), settings.shards));
  return { sold: on.code('pending', offer), owed: on.code('refund') };
}

/** The operation by which an invoice is settled, whoever pays it: of several that pay, one happens. */
const settling = (hash: string): OperationId => operationId({ kind: 'invoice-settled', key: hash });

async function credit(service: ServiceParts, invoice: Row<'paid_invoices'>, { amount }: Received): Promise<void> {
  const { ledger, clock, settings } = service;
  const op = settling(invoice.payment_hash);
  const operation = { kind: 'invoice-settled', key: invoice.payment_hash, requestHash: hashOf('sale', amount) };
  const on = new AccountsOf(shardOf(op, settings.shards));
  const price = satToMsat(sat(BigInt(invoice.price)));
  const to = accountsFor(service, invoice);
  const bought = amount >= price ? events.boughtByLightning(on, invoice.backend, to.sold, price, amount) : null;
  const nothing = events.received(on, invoice.backend, to.owed, amount);
  await ledger.open(accountsOf(bought, nothing));
  const sale = bought && (await saleOf(service, invoice, clock.now()));
  const owed = (reason: Unsold | null) => owedFor(service, { invoice, amount }, reason);
  const paid: PaidInvoice = {
    hash: invoice.payment_hash as PaymentHash,
    owed: owed(sale ? null : 'under-paid'),
    unsold: (reason) => ({ owed: owed(reason), journal: nothing }),
  };
  await firstWord(() =>
    service.counter.purchases.add({ operation, payer: null, taking: null, sale, journal: bought ?? nothing, invoice: paid }),
  );
}

type Unsold = 'under-paid' | 'ended' | 'sold-out';
type Paid = { readonly invoice: Row<'paid_invoices'>; readonly amount: Msat };

/** The rows of a payment: a sale, or a refund, or what came above the price beside a sale. @returns whether it was sold */
async function conclude(queries: InTransaction, service: ServiceParts, paid: Paid & { readonly sale: Sale }): Promise<boolean> {
  const written = await writeSales(queries, service, [paid.sale]);
  const isSold = written === 'written';
  const hash = paid.invoice.payment_hash as PaymentHash;
  await closeInvoices(queries, [{ hash, owed: owedFor(service, paid, isSold ? null : written) }]);
  return isSold;
}

/** @param reason why nothing was sold; null: something was, and what came above its price is owed */
function owedFor({ clock, settings }: ServiceParts, { invoice, amount }: Paid, reason: Unsold | null): NewRow<'paid_refunds'> | null {
  const owed = wholeSats(reason === null ? msat(amount - satToMsat(sat(BigInt(invoice.price)))) : amount).whole;
  if (owed === 0n) return null;
  const id = settling(invoice.payment_hash);
  return {
    id,
    payment_hash: invoice.payment_hash,
    amount: Number(satToMsat(owed)),
    shard: shardOf(id, settings.shards),
    reason: reason ?? 'over-paid',
    state: 'owed',
    created_at: clock.now(),
  };
}

/** Coins had paid it inside, and then it was paid once more from outside: nobody's until it is given back. */
async function holdLate(service: ServiceParts, hash: PaymentHash, { amount }: Received): Promise<void> {
  await postOnce(service, { kind: 'received-late', key: hash, requestHash: hashOf(amount) }, (on) =>
    events.receivedLate(on, service.backend.name, amount),
  );
}

async function saleOf(service: ServiceParts, invoice: Row<'paid_invoices'>, now: number): Promise<Sale> {
  const { offer, version, buyer_key: buyerKey, buyer_key_hash: buyerKeyHash, payment_hash: credential } = invoice;
  const { hash } = await service.database.db
    .selectFrom('paid_listings')
    .select('hash')
    .where('offer', '=', offer)
    .where('version', '=', version)
    .executeTakeFirstOrThrow();
  const given = await service.agent.seal({ offer, version, hash, buyerKey, at: now });
  const op = settling(credential);
  const price = sat(BigInt(invoice.price));
  const windowMs = await windowOf(service, (await service.counter.offers.add(offer)).seller);
  return { op, offer, version, way: 'lightning', price, credential, buyerKeyHash, given, windowMs, now };
}

/** What the backend kept of it, to make room for it. */
async function takeLiquidity(service: ServiceParts, hash: PaymentHash, { kept }: Received): Promise<void> {
  await postOnce(service, { kind: 'liquidity-taken', key: hash, requestHash: hashOf(kept) }, (on) =>
    events.liquidityTaken(on, service.backend.name, kept),
  );
}

async function postOnce(service: ServiceParts, operation: Operation, journalOn: (on: AccountsOf) => Journal | null): Promise<void> {
  const { ledger, clock, settings } = service;
  const op = operationId(operation);
  const journal = journalOn(new AccountsOf(shardOf(op, settings.shards)));
  if (!journal) return;
  await ledger.open(accountsOf(journal));
  await once(service, operation, (queries) => ledger.post(queries, op, journal, clock.now()));
}

async function once(service: ServiceParts, operation: Operation, work: (queries: InTransaction) => Promise<void>): Promise<void> {
  await firstWord(() =>
    service.database.transaction(async (queries) => {
      if (await service.ledger.claim(queries, operation, service.clock.now())) await work(queries);
    }),
  );
}

/** Told with another amount later: the first word counts. */
async function firstWord(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof LedgerFailure && error.code === 'operation-differs')) throw error;
  }
}

function accountsOf(...journals: readonly (Journal | null)[]): AccountCode[] {
  return journals.flatMap((journal) => journal?.legs.map(({ account }) => account) ?? []);
}
