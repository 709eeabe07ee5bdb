// A case is decided once, and then what it held goes where it was decided to go, sale by sale: whatever dies on the way, the next pass goes on.
// spec/paid-links.md "Under notice".
import { type InTransaction, insertRows, type Queries, type Row } from '@reprise/database';
import { assert } from '@reprise/kit';
import { AccountsOf, events, type Journal, msat, type Operation, operationId } from '@reprise/ledger';
import { accountOf } from '../account-code.ts';
import { hashOf } from '../held-secret.ts';
import type { OfferId } from '../ports.ts';
import { caseBatch, type CaseId, type CaseParts, escrowOf, escrowWaiting } from './escrow.ts';
import { type Decision, type Fate, fateOf } from './rules.ts';

/** The same decision again changes nothing. @throws LedgerFailure operation-differs for another one */
export async function decideCase(parts: CaseParts, id: CaseId, decision: Decision): Promise<void> {
  const opened = await parts.database.db.selectFrom('paid_cases').select('offer').where('id', '=', id).orderBy('offer').execute();
  for (const { offer } of opened) {
    await escrowWaiting(parts, offer);
    await decideOffer(parts, { id, offer, decision });
  }
  await settleCase(parts, id);
}

type Decided = { readonly id: CaseId; readonly offer: OfferId; readonly decision: Decision };

async function decideOffer({ database, ledger, clock }: CaseParts, { id, offer, decision }: Decided): Promise<void> {
  const now = clock.now();
  const operation = { kind: 'case-decided', key: `${id}/${offer}`, requestHash: hashOf(decision) };
  await database.transaction(async (queries) => {
    if (!(await ledger.claim(queries, operation, now))) return;
    const row = queries
      .updateTable('paid_cases')
      .set({ outcome: decision, decided_at: now })
      .where('id', '=', id)
      .where('offer', '=', offer);
    await row.where('outcome', '=', 'open').execute();
    if (decision !== 'dismissed') return;
    const counted = queries.updateTable('paid_offers').set(({ eb }) => ({ cases_standing: eb('cases_standing', '-', 1) }));
    await counted.where('id', '=', offer).execute();
  });
}

/** In any process, also in several at once: what sales under notice wait for, and what decided cases still hold. @returns how many sales moved */
export async function settleCases(parts: CaseParts): Promise<number> {
  let moved = await escrowWaiting(parts);
  const holding = await parts.database.db
    .selectFrom('paid_cases')
    .innerJoin('paid_sales', (join) =>
      join.onRef('paid_sales.case_id', '=', 'paid_cases.id').onRef('paid_sales.offer', '=', 'paid_cases.offer'),
    )
    .select('paid_cases.id')
    .distinct()
    .where('paid_sales.state', '=', 'escrowed')
    .where('paid_cases.outcome', 'in', ['dismissed', 'refund'])
    .execute();
  for (const { id } of holding) moved += await settleCase(parts, id);
  return moved;
}

type Held = Row<'paid_sales'> & { readonly outcome: Row<'paid_cases'>['outcome'] };

async function settleCase(parts: CaseParts, id: CaseId): Promise<number> {
  let moved = 0;
  for (;;) {
    const held = await parts.database.db
      .selectFrom('paid_sales')
      .innerJoin('paid_cases', (join) =>
        join.onRef('paid_cases.id', '=', 'paid_sales.case_id').onRef('paid_cases.offer', '=', 'paid_sales.offer'),
      )
      .selectAll('paid_sales')
      .select('paid_cases.outcome')
      .where('paid_sales.case_id', '=', id)
      .where('paid_sales.state', '=', 'escrowed')
      .where('paid_cases.outcome', 'in', ['dismissed', 'refund'])
      .orderBy('paid_sales.id')
      .limit(caseBatch)
      .execute();
    if (held.length === 0) return moved;
    moved += await settleBatch(parts, held);
  }
}

async function settleBatch(parts: CaseParts, held: readonly Held[]): Promise<number> {
  const { database, ledger, clock } = parts;
  const buyers = await buyersOf(
    database.db,
    held.filter(({ way }) => way === 'balance').map(({ id }) => id),
  );
  const now = clock.now();
  const all = held.flatMap((sale) => fatesOf(sale).flatMap((fate) => postingsOf(sale, fate, buyers)));
  await ledger.open(all.flatMap(({ journal }) => journal?.legs.map(({ account }) => account) ?? []));
  return database.transaction(async (queries) => {
    let moved = 0;
    for (const sale of held) {
      const standing = await standingOf(queries, sale.offer);
      const fate = fateOf(sale, sale.outcome as Decision, { now, standing });
      if (await moveSale(parts, queries, { sale, fate, postings: postingsOf(sale, fate, buyers), now })) moved++;
    }
    return moved;
  });
}

type Posting = { readonly operation: Operation; readonly journal: Journal | null };
type Move = { readonly sale: Held; readonly fate: Fate; readonly postings: readonly Posting[]; readonly now: number };

/** What it may turn out to be, by the time that its transaction begins. */
function fatesOf({ outcome, way }: Held): readonly Fate[] {
  if (outcome === 'dismissed') return ['released', 'pending'];
  return [way === 'balance' ? 'refunded' : 'owed'];
}

async function moveSale({ ledger }: CaseParts, queries: InTransaction, { sale, fate, postings, now }: Move): Promise<boolean> {
  for (const { operation } of postings) if (!(await ledger.claim(queries, operation, now))) return false;
  const change = fate === 'pending' ? { state: fate } : { state: fate === 'released' ? fate : ('refunded' as const), ended_at: now };
  // One that waits again keeps the case that held it: a report of what is owed may be older than its return.
  await queries.updateTable('paid_sales').set(change).where('id', '=', sale.id).execute();
  if (fate === 'owed' || fate === 'refunded') {
    const row = { sale: sale.id, amount: sale.gross, shard: sale.shard, created_at: now };
    await insertRows(queries, 'paid_case_refunds', [{ ...row, state: fate === 'refunded' ? 'taken' : 'owed' }]);
  }
  for (const { operation, journal } of postings) if (journal) await ledger.post(queries, operationId(operation), journal, now);
  return true;
}

/** What each fate posts; what is refunded to an account is owed first and taken at once. */
function postingsOf(sale: Held, fate: Fate, buyers: ReadonlyMap<string, string>): readonly Posting[] {
  const on = new AccountsOf(sale.shard);
  const escrow = escrowOf(sale.case_id as string);
  const [gross, commission] = [msat(BigInt(sale.gross)), msat(BigInt(sale.commission))];
  const back = { kind: 'case-returned', key: `${sale.case_id}/${sale.id}`, requestHash: hashOf(sale.id) };
  const owed = {
    operation: { kind: 'case-refund', key: sale.id, requestHash: hashOf(sale.id) },
    journal: events.refundOwed(on, escrow, gross),
  };
  switch (fate) {
    case 'released':
      return [{ operation: back, journal: events.released(on, escrow, accountOf(sale.seller), { gross, commission }) }];
    case 'pending':
      return [{ operation: back, journal: events.returned(escrow, on.code('pending', sale.offer), gross) }];
    case 'owed':
      return [owed];
    case 'refunded': {
      const buyer = buyers.get(sale.id);
      assert(buyer !== undefined, 'a purchase from a balance has the account that paid in its journal');
      const taken = { kind: 'case-refund-taken', key: sale.id, requestHash: hashOf('account', buyer) };
      return [owed, { operation: taken, journal: events.refundTaken(on, buyer, gross) }];
    }
    case 'escrowed':
      return [];
  }
}

/** The accounts that paid, as the books have them: the journal of a sale has its id. */
async function buyersOf(queries: Queries, sales: readonly string[]): Promise<ReadonlyMap<string, string>> {
  if (sales.length === 0) return new Map();
  const rows = await queries
    .selectFrom('ledger_postings')
    .innerJoin('ledger_accounts', 'ledger_accounts.id', 'ledger_postings.account')
    .select(['ledger_postings.journal', 'ledger_accounts.code'])
    .where('ledger_postings.journal', 'in', sales)
    .where('ledger_accounts.code', 'like', 'account:%')
    .execute();
  return new Map(rows.map(({ journal, code }) => [journal, code]));
}

async function standingOf(queries: InTransaction, offer: OfferId): Promise<number> {
  const row = queries.selectFrom('paid_offers').select('cases_standing').where('id', '=', offer);
  return Number((await row.executeTakeFirstOrThrow()).cases_standing);
}
