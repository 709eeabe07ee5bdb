// What the house has earned, and how it takes that out: onto the balance of an account of its own, which pays out like any other. What was taken
// is a debit of the operator's equity, so that income stays what it was. spec/ledger.md "Earnings of the house".
import { type Database, type Queries, sql } from '@reprise/database';
import type { Clock } from '@reprise/kit';
import { events, type Ledger, type Msat, msat, operationId, type Sat, sat, satToMsat } from '@reprise/ledger';
import { accountOf } from './account-code.ts';
import { ServiceFailure } from './failures.ts';
import { hashOf } from './held-secret.ts';

/** Thousandths of a satoshi. */
export type HouseEarnings = {
  readonly income: Msat;
  readonly expenses: Msat;
  readonly taken: Msat;
  /** What may be taken now; below zero while expenses are more than income. */
  readonly left: Msat;
};

const sweptKind = 'earnings-swept';

/** One statement, hence one moment. */
export async function readHouseEarnings(queries: Queries): Promise<HouseEarnings> {
  const sum = (query: string) => sql.raw(`cast(coalesce((${query}), 0) as text)`);
  const ofKind = (kind: string) => sum(`select sum(posted) from ledger_accounts where kind = '${kind}'`);
  const taken = `select sum(amount) from ledger_postings join ledger_journals on ledger_journals.id = ledger_postings.journal
    where ledger_journals.kind = '${sweptKind}' and ledger_postings.amount > 0`;
  const { rows } = await sql<{ income: string; expenses: string; taken: string }>`
    select ${ofKind('income')} as income, ${ofKind('expense')} as expenses, ${sum(taken)} as taken`.execute(queries);
  const [row] = rows as [{ income: string; expenses: string; taken: string }];
  const [income, expenses, out] = [BigInt(row.income), BigInt(row.expenses), BigInt(row.taken)];
  return { income: msat(income), expenses: msat(expenses), taken: msat(out), left: msat(income - expenses - out) };
}

export type SweepParts = { readonly database: Database; readonly ledger: Ledger; readonly clock: Clock };
export type SweepOrder = { readonly account: string /** null: all whole satoshis that are left. */; readonly amount: Sat | null };

/**
 * @returns how much was taken
 * @throws ServiceFailure amount, with the most that there is; busy if another sweep was on its way
 */
export async function sweepEarnings({ database, ledger, clock }: SweepParts, { account, amount }: SweepOrder): Promise<Sat> {
  const to = accountOf(account);
  await ledger.open(['operator', to]);
  const now = clock.now();
  return database.transaction(async (queries) => {
    const { left } = await readHouseEarnings(queries);
    const most = left > 0n ? left / 1_000n : 0n;
    const taken = sat(amount ?? most);
    if (taken < 1n || taken > most) throw new ServiceFailure('amount', { min: '1', max: String(most) });
    const { rows } = await sql<{ count: number | string }>`
      select count(*) as count from ledger_operations where kind = ${sweptKind}`.execute(queries);
    const operation = { kind: sweptKind, key: String(Number(rows[0]?.count ?? 0) + 1), requestHash: hashOf(account, taken) };
    const journal = events.earningsSwept(to, satToMsat(taken));
    if (!journal || !(await ledger.claim(queries, operation, now))) throw new ServiceFailure('busy');
    await ledger.post(queries, operationId(operation), journal, now);
    return taken;
  });
}
