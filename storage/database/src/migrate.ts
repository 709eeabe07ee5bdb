// Brings a database to this version's schema, forward only, all steps or none, one process at a time.
import { type Kysely, sql } from 'kysely';
import type { Database, Engine, Queries } from './database.ts';
import * as first from './migrations/0001-spaces-objects-links.ts';
import * as accounts from './migrations/0002-accounts.ts';
import * as logs from './migrations/0003-logs.ts';
import * as logBytes from './migrations/0004-log-bytes.ts';
import * as ledger from './migrations/0005-ledger.ts';
import * as mint from './migrations/0006-mint.ts';
import * as lightning from './migrations/0007-lightning.ts';
import * as secondFactor from './migrations/0008-second-factor.ts';
import * as paidLinks from './migrations/0009-paid-links.ts';
import * as payouts from './migrations/0010-payouts.ts';
import * as closedDeposits from './migrations/0011-closed-deposits.ts';
import * as liabilities from './migrations/0012-liabilities.ts';
import * as priceFloors from './migrations/0013-price-floors.ts';
import * as premium from './migrations/0014-premium.ts';
import * as liftedDemands from './migrations/0015-lifted-demands.ts';
import * as cases from './migrations/0016-cases.ts';
import * as escrow from './migrations/0017-escrow.ts';
import * as tipJars from './migrations/0018-tip-jars.ts';
import * as legsByStatement from './migrations/0019-legs-by-statement.ts';
import * as freezes from './migrations/0020-freezes.ts';
import { DatabaseRefused } from './refused.ts';

export type Migration = { readonly name: string; readonly up: (db: Kysely<unknown>, engine: Engine) => Promise<void> };

/** In order. A migration that was released never changes. */
export const migrations: readonly Migration[] = [
  first,
  accounts,
  logs,
  logBytes,
  ledger,
  mint,
  lightning,
  secondFactor,
  paidLinks,
  payouts,
  closedDeposits,
  liabilities,
  priceFloors,
  premium,
  liftedDemands,
  cases,
  escrow,
  tipJars,
  legsByStatement,
  freezes,
];

/** Drawn once, for `pg_advisory_lock`: the same in every version. */
const lockKey = 7_269_117_034;

export type Migrated = { readonly applied: readonly string[] };

/** @throws DatabaseRefused when a newer version has written this database: it is left as it is */
export async function migrate(database: Database, steps: readonly Migration[] = migrations): Promise<Migrated> {
  return database.db.connection().execute(async (connection) => {
    if (database.engine === 'sqlite') return advance(connection, 'sqlite', steps);
    // Before the transaction, not in it: waiting inside would go on with a snapshot from before the other's steps.
    await sql`select pg_advisory_lock(${lockKey})`.execute(connection);
    try {
      return await advance(connection, 'postgres', steps);
    } finally {
      await sql`select pg_advisory_unlock(${lockKey})`.execute(connection);
    }
  });
}

/** SQLite's transactions begin with the write lock, which keeps a second process out. */
function advance(connection: Queries, engine: Engine, steps: readonly Migration[]): Promise<Migrated> {
  return connection.transaction().execute(async (queries) => {
    await sql`create table if not exists migrations (name text primary key, applied_at bigint not null)`.execute(queries);
    const { rows } = await sql<{ name: string }>`select name from migrations order by name`.execute(queries);
    refuseForeign(
      rows.map((row) => row.name),
      steps,
    );
    const waiting = steps.slice(rows.length);
    for (const step of waiting) {
      await step.up(queries as unknown as Kysely<unknown>, engine);
      await sql`insert into migrations (name, applied_at) values (${step.name}, ${Date.now()})`.execute(queries);
    }
    return { applied: waiting.map((step) => step.name) };
  });
}

function refuseForeign(applied: readonly string[], steps: readonly Migration[]): void {
  const foreign = applied.find((name, i) => steps[i]?.name !== name);
  if (foreign === undefined) return;
  throw new DatabaseRefused(
    `A newer version of Reprise has changed this database (step ${foreign}). Start that version or a later one; nothing was changed.`,
  );
}
