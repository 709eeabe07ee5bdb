// Money that came for an invoice: a sale, or what is owed back, in one transaction, however often it is reported. spec/paid-links.md "Purchase".
import { type InTransaction, insertRows, type Row } from '@reprise/database';
import {
  type AccountCode,
  AccountsOf,
  events,
  type Journal,
  LedgerFailure,
  msat,
  type Operation,
  operationId,
  sat,
  satToMsat,
  shardOf,
  wholeSats,
} from '@reprise/ledger';
import type { PaymentHash, Received } from '@reprise/lightning';
import { hashOf } from './held-secret.ts';
import type { ServiceParts } from './ports.ts';
import { type Sale, windowOf, writeSale } from './sales.ts';

/** @returns false for an invoice that is none of ours */
export async function settle(service: ServiceParts, hash: PaymentHash, received: Received): Promise<boolean> {
  const { database } = service;
  const invoice = await database.db.selectFrom('paid_invoices').selectAll().where('payment_hash', '=', hash).executeTakeFirst();
  if (!invoice) return false;
  if (invoice.state !== 'settled') await credit(service, invoice, received);
  await takeLiquidity(service, hash, received);
  return true;
}

async function credit(service: ServiceParts, invoice: Row<'paid_invoices'>, { amount }: Received): Promise<void> {
  const { ledger, clock, settings } = service;
  const now = clock.now();
  const operation = { kind: 'invoice-settled', key: invoice.payment_hash, requestHash: hashOf('sale', amount) };
  const op = operationId(operation);
  const on = new AccountsOf(shardOf(op, settings.shards));
  const price = satToMsat(sat(BigInt(invoice.price)));
  const pending = on.code('pending', invoice.offer);
  const bought = amount >= price ? events.boughtByLightning(on, invoice.backend, pending, price, amount) : null;
  const nothing = events.received(on, invoice.backend, on.code('refund'), amount);
  await ledger.open(accountsOf(bought, nothing));
  const sale = bought && (await saleOf(service, invoice, now));
  await once(service, operation, async (queries) => {
    const written = sale ? await writeSale(queries, service, sale) : 'under-paid';
    const owed = wholeSats(written === 'written' ? msat(amount - price) : amount).whole;
    const reason = written === 'written' ? 'over-paid' : written;
    if (owed > 0n) {
      const row = { id: op, payment_hash: invoice.payment_hash, amount: Number(satToMsat(owed)), shard: shardOf(op, settings.shards) };
      await insertRows(queries, 'paid_refunds', [{ ...row, reason, state: 'owed', created_at: now }]);
    }
    await queries.updateTable('paid_invoices').set({ state: 'settled' }).where('payment_hash', '=', invoice.payment_hash).execute();
    const journal = written === 'written' ? bought : nothing;
    if (journal) await ledger.post(queries, op, journal, now);
  });
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
  const op = operationId({ kind: 'invoice-settled', key: credential });
  const price = sat(BigInt(invoice.price));
  const windowMs = await windowOf(service, offer);
  return { op, offer, version, way: 'lightning', price, credential, buyerKeyHash, given, windowMs, now };
}

/** What the backend kept of it, to make room for it. */
async function takeLiquidity(service: ServiceParts, hash: PaymentHash, { kept }: Received): Promise<void> {
  const { ledger, backend, settings, clock } = service;
  const operation = { kind: 'liquidity-taken', key: hash, requestHash: hashOf(kept) };
  const op = operationId(operation);
  const journal = events.liquidityTaken(new AccountsOf(shardOf(op, settings.shards)), backend.name, kept);
  if (!journal) return;
  await ledger.open(accountsOf(journal));
  await once(service, operation, (queries) => ledger.post(queries, op, journal, clock.now()));
}

/** Told with another amount later: the first word counts. */
async function once(service: ServiceParts, operation: Operation, work: (queries: InTransaction) => Promise<void>): Promise<void> {
  try {
    await service.database.transaction(async (queries) => {
      if (await service.ledger.claim(queries, operation, service.clock.now())) await work(queries);
    });
  } catch (error) {
    if (!(error instanceof LedgerFailure && error.code === 'operation-differs')) throw error;
  }
}

function accountsOf(...journals: readonly (Journal | null)[]): AccountCode[] {
  return journals.flatMap((journal) => journal?.legs.map(({ account }) => account) ?? []);
}
