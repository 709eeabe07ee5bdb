// The transaction of purchases, however they are paid. Those that come at the same time share one, and what they read before it.
// spec/paid-links.md "Purchase".
import { among, type InTransaction, insertRows, type NewRow, Together, violationOf } from '@reprise/database';
import { type Journal, LedgerFailure, type Operation, operationId } from '@reprise/ledger';
import type { PaymentHash } from '@reprise/lightning';
import { storeTaken, type Taking } from '@reprise/mint';
import { assertNotFrozen } from './cases/freezes.ts';
import { ServiceFailure } from './failures.ts';
import { type Current, currentsOf } from './offers.ts';
import type { OfferId, ServiceParts } from './ports.ts';
import { type Sale, writeSales } from './sales.ts';

/** Everything that costs is done. */
export type Ready = {
  readonly operation: Operation;
  /** The account whose balance pays; null: whoever it was. */
  readonly payer: string | null;
  /** Coins, and the change for them. */
  readonly taking: Taking | null;
  /** Null: too little came for an invoice. */
  readonly sale: Sale | null;
  readonly journal: Journal | null;
  readonly invoice: PaidInvoice | null;
};

/** Money that came already, whatever becomes of the sale. */
export type PaidInvoice = {
  readonly hash: PaymentHash;
  readonly owed: NewRow<'paid_refunds'> | null;
  /** What is written in place of the sale, where none can be made any more. */
  unsold(reason: 'ended' | 'sold-out'): Pick<Ready, 'journal'> & Pick<PaidInvoice, 'owed'>;
};

type CounterParts = Omit<ServiceParts, 'counter' | 'firstSales'>;

/** Of one process. */
export type Counter = {
  /** An offer as it is now. @throws ServiceFailure no-offer */
  readonly offers: Together<OfferId, Current>;
  /** `false` for what had happened before, with the same content. */
  readonly purchases: Together<Ready, boolean>;
};

/** Four coins each and their change fill statements of the largest size. */
const groupMax = 64;

export function openCounter(service: CounterParts): Counter {
  const read = async (ids: readonly OfferId[]) => {
    const offers = await currentsOf(service.database.db, ids);
    return ids.map((id) => offers.get(id) as Current);
  };
  return {
    offers: new Together({ work: read, isOfOne, groupMax }),
    purchases: new Together({ work: (ready) => writeReady(service, ready), isOfOne, groupMax }),
  };
}

/** Coins that somebody else spent, an offer that ended, a balance that is too low: the others of the group are not touched by it. */
function isOfOne(error: unknown): boolean {
  return error instanceof LedgerFailure || error instanceof ServiceFailure || violationOf(error) !== undefined;
}

/** One transaction: operations, coins, sales, what is owed back, legs of all, or nothing. @returns false for one alone that had happened */
async function writeReady(service: CounterParts, ready: readonly Ready[]): Promise<readonly boolean[]> {
  const { ledger, database, clock } = service;
  const now = clock.now();
  return database.transaction(async (queries) => {
    const operations = ready.map(({ operation }) => operation);
    if (ready.length > 1) await ledger.claimAll(queries, operations, now);
    else if (!(await ledger.claim(queries, operations[0] as Operation, now))) return [false];
    await storeTaken(
      queries,
      ready.flatMap(({ taking, operation }) => taking?.rows(operationId(operation)) ?? []),
    );
    for (const { payer } of ready) if (payer !== null) await assertNotFrozen(queries, payer);
    const made = await writeAll(queries, service, ready);
    await closeInvoices(
      queries,
      made.flatMap(({ invoice }) => invoice ?? []),
    );
    const journals = made.flatMap(({ operation, journal }) => (journal ? [{ operation: operationId(operation), journal }] : []));
    await ledger.postAll(queries, journals, now);
    return ready.map(() => true);
  });
}

/** @returns them as they are to be booked @throws ServiceFailure ended, sold-out for one that must stand alone, or whose money has not come yet */
async function writeAll(queries: InTransaction, service: CounterParts, ready: readonly Ready[]): Promise<readonly Ready[]> {
  const sales = ready.flatMap(({ sale }) => sale ?? []);
  const written = sales.length > 0 ? await writeSales(queries, service, sales) : 'written';
  if (written === 'written') return ready;
  const [one, ...others] = ready;
  if (!one?.invoice || others.length > 0) throw new ServiceFailure(written);
  const { journal, owed } = one.invoice.unsold(written);
  return [{ ...one, journal, invoice: { ...one.invoice, owed } }];
}

/** They were paid: each may owe something back. */
export async function closeInvoices(queries: InTransaction, invoices: readonly Pick<PaidInvoice, 'hash' | 'owed'>[]): Promise<void> {
  if (invoices.length === 0) return;
  const owed = invoices.flatMap((invoice) => invoice.owed ?? []);
  await insertRows(queries, 'paid_refunds', owed);
  const hashes = invoices.map(({ hash }) => hash).sort();
  await queries
    .updateTable('paid_invoices')
    .set({ state: 'settled' })
    // One alone is found by the index, whatever the planner thinks of lists.
    .where((row) =>
      hashes.length === 1 ? row('payment_hash', '=', hashes[0] as string) : row('payment_hash', 'in', among(queries, hashes)),
    )
    .execute();
}
