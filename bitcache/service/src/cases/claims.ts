// What a case gave to whoever filed it: into an account, once, and what is sold to an upheld case later as well. The caller has seen the
// code of the case. spec/paid-links.md "Under notice".
import { type Row, sql } from '@reprise/database';
import { AccountsOf, events, type Msat, msat, operationId } from '@reprise/ledger';
import { accountOf } from '../account-code.ts';
import { ServiceFailure } from '../failures.ts';
import { hashOf } from '../held-secret.ts';
import { caseBatch, type CaseId, type CaseParts, escrowOf, escrowWaiting } from './escrow.ts';

export type Claim = {
  /** Without commission: what waits to be taken, and what was taken. */
  readonly waiting: Msat;
  readonly taken: Msat;
};

/** @throws ServiceFailure no-claim unless the case was upheld for whoever filed it, and something was for sale */
export async function readClaim({ database }: Pick<CaseParts, 'database'>, id: CaseId): Promise<Claim> {
  const upheld = database.db.selectFrom('paid_cases').select('id').where('id', '=', id).where('outcome', '=', 'claim');
  if (!(await upheld.executeTakeFirst())) throw new ServiceFailure('no-claim');
  const { rows } = await sql<{ waiting: string | null; taken: string | null }>`
    select cast(sum(case when state = 'escrowed' then gross - commission else 0 end) as text) as waiting,
      cast(sum(case when claimed_by is not null then gross - commission else 0 end) as text) as taken
    from paid_sales where case_id = ${id}`.execute(database.db);
  return { waiting: msat(BigInt(rows[0]?.waiting ?? '0')), taken: msat(BigInt(rows[0]?.taken ?? '0')) };
}

/** Into the first account that asks, and into no other ever after. @returns with what it has taken in all @throws ServiceFailure no-claim, not-yours */
export async function takeClaim(parts: CaseParts, id: CaseId, account: string): Promise<Claim> {
  const { database } = parts;
  await readClaim(parts, id);
  await database.transaction(async (queries) => {
    const rows = queries.updateTable('paid_cases').set({ claimant: account }).where('id', '=', id).where('outcome', '=', 'claim');
    await rows.where('claimant', 'is', null).execute();
  });
  const offers = await database.db
    .selectFrom('paid_cases')
    .select(['offer', 'claimant'])
    .where('id', '=', id)
    .where('outcome', '=', 'claim')
    .execute();
  if (offers.some(({ claimant }) => claimant !== account)) throw new ServiceFailure('not-yours');
  for (const { offer } of offers) await escrowWaiting(parts, offer);
  for (;;) {
    const sales = await heldSales(parts, id);
    if (sales.length === 0) return readClaim(parts, id);
    await takeBatch(parts, sales, account);
  }
}

async function heldSales({ database }: CaseParts, id: CaseId): Promise<readonly Row<'paid_sales'>[]> {
  const sales = database.db.selectFrom('paid_sales').selectAll().where('case_id', '=', id).where('state', '=', 'escrowed');
  return sales.orderBy('id').limit(caseBatch).execute();
}

async function takeBatch({ database, ledger, clock }: CaseParts, sales: readonly Row<'paid_sales'>[], account: string): Promise<void> {
  const parts = sales.map((sale) => {
    const share = { gross: msat(BigInt(sale.gross)), commission: msat(BigInt(sale.commission)) };
    const journal = events.released(new AccountsOf(sale.shard), escrowOf(sale.case_id as string), accountOf(account), share);
    return { sale, journal, operation: { kind: 'case-claimed', key: sale.id, requestHash: hashOf(account) } };
  });
  await ledger.open(parts.flatMap(({ journal }) => journal?.legs.map((leg) => leg.account) ?? []));
  const now = clock.now();
  await database.transaction(async (queries) => {
    for (const { sale, journal, operation } of parts) {
      if (!(await ledger.claim(queries, operation, now))) continue;
      const change = { state: 'released', claimed_by: account, ended_at: now } as const;
      await queries.updateTable('paid_sales').set(change).where('id', '=', sale.id).execute();
      if (journal) await ledger.post(queries, operationId(operation), journal, now);
    }
  });
}
