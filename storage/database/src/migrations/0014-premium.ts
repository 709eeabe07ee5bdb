// Schema version 14: plans that are bought. Until when an account has which, in the drive's words; and in the shop's, what a plan costs, what was
// paid for it, and what is to be bought once a deposit has come (spec/spaces.md "Plans", spec/paid-links.md "Plans").
import { type Kysely, sql } from 'kysely';
import type { Engine } from '../database.ts';
import { byKey, columnTypes } from './columns.ts';
import type { RowLaw } from './row-laws.ts';
import { execute, lawsOf, same, type Words, wordsOf } from './row-tables.ts';

export const name = '0014-premium';

export async function up(db: Kysely<unknown>, engine: Engine): Promise<void> {
  const { text, integer } = columnTypes(engine);
  const table = <Name extends string>(tableName: Name) => byKey(db.schema.createTable(tableName), engine);

  await db.schema
    .alterTable('plans')
    .addColumn('history_days', integer, (c) => c.notNull().defaultTo(0).check(sql`history_days between 0 and 36500`))
    .execute();

  await table('entitlements')
    .addColumn('user_id', text, (c) => c.notNull().references('accounts.user_id').onDelete('cascade'))
    .addColumn('plan', text, (c) => c.notNull().references('plans.plan'))
    .addColumn('until', integer, (c) => c.notNull())
    .addPrimaryKeyConstraint('entitlements_key', ['user_id', 'plan'])
    .execute();

  await execute(db, [...tables(wordsOf(engine)), ...lawsOf(engine, laws, refusal)]);
}

/** 2^53 − 1, so that amounts are read as numbers: ninety thousand bitcoin in msat. */
const amountMax = 9_007_199_254_740_991n;

function tables({ text, integer, end }: Words): readonly string[] {
  const amount = (column: string) => `${column} ${integer} not null check (${column} between 1 and ${amountMax})`;
  const days = `days ${integer} not null check (days between 1 and 36500)`;
  return [
    `create table paid_plans (
      plan ${text} primary key not null,
      ${amount('price')},
      currency ${text} not null check (currency in ('SAT', 'EUR', 'USD')),
      ${days},
      state ${text} not null check (state in ('open', 'closed')),
      updated_at ${integer} not null
    ) ${end}`,
    `create table paid_plan_sales (
      id ${text} primary key not null references ledger_operations (id),
      account ${text} not null,
      plan ${text} not null,
      ${amount('price')},
      ${days},
      from_at ${integer} not null,
      until_at ${integer} not null,
      sold_at ${integer} not null,
      check (until_at > from_at)
    ) ${end}`,
    'create index paid_plan_sales_account on paid_plan_sales (account, sold_at)',
    `create table paid_plan_orders (
      payment_hash ${text} primary key not null references paid_deposits (payment_hash),
      plan ${text} not null,
      ${amount('price')},
      ${days},
      state ${text} not null check (state in ('open', 'done', 'left')),
      updated_at ${integer} not null
    ) ${end}`,
    `create index paid_plan_orders_open on paid_plan_orders (payment_hash) where state = 'open'`,
  ];
}

const refusal = { name: 'paid_plans_refuse', says: 'what was bought is not forgotten' };

const laws: readonly RowLaw[] = [
  { table: 'paid_plan_sales', on: 'update', allowed: 'false', says: 'what was bought stays bought' },
  {
    table: 'paid_plan_orders',
    on: 'update',
    allowed: `${same('payment_hash', 'plan', 'price', 'days')} and old.state = 'open' and new.state in ('done', 'left')`,
    says: 'an order keeps its terms, and ends once',
  },
  ...['paid_plan_sales', 'paid_plan_orders'].map((table) => ({
    table,
    on: 'delete' as const,
    allowed: 'false',
    says: 'what was bought is not forgotten',
  })),
];
