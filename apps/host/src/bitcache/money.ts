// How the money of a house stands, read from its rows at once: what it owes and to whom, what its node says, what stops, what waits.
// spec/ledger.md "Watch".
import type { Database } from '@reprise/database';
import { type AccountName, factsOf, readTrialBalance } from '@reprise/ledger';
import { type Attempt, readAlarming } from '@reprise/lightning';
import {
  type Frozen,
  type HeldPayout,
  type HouseEarnings,
  listHeldPayouts,
  type OverduePayment,
  readFrozen,
  readHouseEarnings,
  readOverdue,
} from '@reprise/service';
import { readStop, type Stop } from './breaker.ts';
import { readReserves, type Reserves } from './reserves.ts';

/** Amounts are thousandths of a satoshi, times ms since 1970. */
export type Money = {
  readonly at: number;
  /** By what it is for, in the order of the chart; without what is nothing. */
  readonly owed: readonly { readonly name: AccountName; readonly amount: bigint }[];
  readonly owedInAll: bigint;
  readonly earned: readonly { readonly name: AccountName; readonly amount: bigint }[];
  readonly earnings: HouseEarnings;
  /** null while the running host has not asked its node. */
  readonly reserves: Reserves | null;
  readonly doBooksBalance: boolean;
  readonly stop: Stop | null;
  /** Payments over which the operator must bend. */
  readonly alarming: readonly Attempt[];
  readonly overdue: readonly OverduePayment[];
  readonly report: { readonly number: number; readonly at: number } | null;
  readonly waiting: readonly HeldPayout[];
  readonly frozen: readonly Frozen[];
};

export const nodeNames = ['sandbox', 'lnd', 'cln', 'phoenixd', 'nwc'] as const;

export async function readMoney(database: Database, now: number): Promise<Money> {
  const { lines, difference, wrong } = await readTrialBalance(database);
  const sums = new Map<AccountName, bigint>();
  for (const { code, posted } of lines) sums.set(factsOf(code).name, (sums.get(factsOf(code).name) ?? 0n) + posted);
  const ofKinds = (...kinds: readonly string[]) => {
    const names = new Set(lines.filter(({ kind }) => kinds.includes(kind)).map(({ code }) => factsOf(code).name));
    return [...names].map((name) => ({ name, amount: sums.get(name) ?? 0n })).filter(({ amount }) => amount !== 0n);
  };
  const owed = ofKinds('liability');
  const alarms = await Promise.all(nodeNames.map((name) => readAlarming(database.db, name)));
  const report = await database.db
    .selectFrom('liability_epochs')
    .select(['number', 'at'])
    .orderBy('number', 'desc')
    .limit(1)
    .executeTakeFirst();
  return {
    at: now,
    owed,
    owedInAll: owed.reduce((sum, { amount }) => sum + amount, 0n),
    earned: ofKinds('income', 'expense'),
    earnings: await readHouseEarnings(database.db),
    reserves: (await readReserves(database)) ?? null,
    doBooksBalance: difference === 0n && wrong.length === 0,
    stop: (await readStop(database)) ?? null,
    alarming: alarms.flat(),
    overdue: await readOverdue(database, now),
    report: report ?? null,
    waiting: await listHeldPayouts(database),
    frozen: await readFrozen(database),
  };
}
