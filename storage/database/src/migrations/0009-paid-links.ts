// Schema version 9: links that are sold. What was sold, for how much, and what was given for it does not change afterwards, whatever
// code writes to these tables (spec/paid-links.md "Rows").
import type { Kysely } from 'kysely';
import type { Engine } from '../database.ts';
import type { RowLaw } from './row-laws.ts';
import { execute, lawsOf, same, type Words, wordsOf } from './row-tables.ts';

export const name = '0009-paid-links';

export async function up(db: Kysely<unknown>, engine: Engine): Promise<void> {
  await execute(db, [...tables(wordsOf(engine)), ...lawsOf(engine, laws, refusal)]);
}

/** 2^53 − 1, so that amounts are read as numbers: ninety thousand bitcoin in msat. */
const amountMax = 9_007_199_254_740_991n;

function tables({ text, integer, bytes, end }: Words): readonly string[] {
  const amount = (column: string, least = 1) => `${column} ${integer} not null check (${column} between ${least} and ${amountMax})`;
  const ofListing = 'foreign key (offer, version) references paid_listings (offer, version)';
  return [
    `create table paid_offers (
      id ${text} primary key not null,
      seller ${text} not null,
      version ${integer} not null check (version >= 1),
      state ${text} not null check (state in ('open', 'withdrawn')),
      sales_left ${integer} check (sales_left >= 0),
      created_at ${integer} not null,
      updated_at ${integer} not null
    ) ${end}`,
    'create index paid_offers_seller on paid_offers (seller)',
    `create table paid_listings (
      offer ${text} not null references paid_offers (id),
      version ${integer} not null,
      hash ${text} not null,
      ${amount('price')},
      currency ${text} not null check (currency in ('SAT', 'EUR', 'USD')),
      commitment ${text} not null,
      secret ${bytes} not null,
      not_after ${integer},
      created_at ${integer} not null,
      primary key (offer, version)
    ) ${end}`,
    `create table paid_invoices (
      payment_hash ${text} primary key not null,
      offer ${text} not null,
      version ${integer} not null,
      backend ${text} not null,
      request ${text} not null,
      ${amount('price')},
      buyer_key ${bytes} not null,
      buyer_key_hash ${text} not null,
      state ${text} not null check (state in ('open', 'lapsed', 'settled')),
      created_at ${integer} not null,
      expires_at ${integer} not null,
      checked_at ${integer} not null default 0,
      ${ofListing}
    ) ${end}`,
    `create unique index paid_invoices_one on paid_invoices (offer, buyer_key_hash) where state = 'open'`,
    `create index paid_invoices_open on paid_invoices (expires_at) where state = 'open'`,
    `create table paid_sales (
      id ${text} primary key not null references ledger_operations (id),
      offer ${text} not null,
      version ${integer} not null,
      seller ${text} not null,
      way ${text} not null check (way in ('coins', 'lightning', 'balance')),
      ${amount('gross')},
      ${amount('commission', 0)},
      shard ${integer} not null,
      state ${text} not null check (state in ('pending', 'released', 'escrowed', 'refunded')),
      sold_at ${integer} not null,
      matures_at ${integer} not null,
      ended_at ${integer},
      ${ofListing},
      check (commission <= gross)
    ) ${end}`,
    `create index paid_sales_maturing on paid_sales (matures_at) where state = 'pending'`,
    'create index paid_sales_seller on paid_sales (seller, sold_at)',
    `create table paid_grants (
      sale ${text} primary key not null references paid_sales (id),
      offer ${text} not null references paid_offers (id),
      credential ${text} not null,
      buyer_key_hash ${text} not null,
      release ${bytes} not null,
      receipt ${bytes} not null,
      unique (offer, credential)
    ) ${end}`,
    `create table paid_refunds (
      id ${text} primary key not null references ledger_operations (id),
      payment_hash ${text} not null unique references paid_invoices (payment_hash),
      ${amount('amount')},
      shard ${integer} not null,
      reason ${text} not null check (reason in ('over-paid', 'under-paid', 'ended', 'sold-out')),
      state ${text} not null check (state in ('owed', 'taken')),
      created_at ${integer} not null
    ) ${end}`,
  ];
}

const refusal = { name: 'paid_refuse', says: 'what was sold is not forgotten' };

const laws: readonly RowLaw[] = [
  {
    table: 'paid_offers',
    on: 'update',
    allowed: `${same('id', 'seller', 'created_at')} and new.version >= old.version`,
    says: 'an offer keeps its seller, and its version only rises',
  },
  { table: 'paid_listings', on: 'update', allowed: 'false', says: 'a listing stays: another price is another version' },
  {
    table: 'paid_invoices',
    on: 'update',
    allowed: `${same('payment_hash', 'offer', 'version', 'backend', 'request', 'price', 'buyer_key', 'buyer_key_hash', 'created_at', 'expires_at')}
      and (new.state = old.state or (old.state = 'open' and new.state in ('lapsed', 'settled')) or (old.state = 'lapsed' and new.state = 'settled'))`,
    says: 'an invoice keeps its price and its buyer, and stays settled',
  },
  {
    table: 'paid_sales',
    on: 'update',
    allowed: `${same('id', 'offer', 'version', 'seller', 'way', 'gross', 'commission', 'shard', 'sold_at', 'matures_at')}
      and ((old.state = 'pending' and new.state in ('released', 'escrowed', 'refunded'))
        or (old.state = 'escrowed' and new.state in ('released', 'refunded')))`,
    says: 'a sale keeps its terms and only moves forward',
  },
  { table: 'paid_grants', on: 'update', allowed: 'false', says: 'what was given for a payment stays' },
  {
    table: 'paid_refunds',
    on: 'update',
    allowed: `old.state = 'owed' and new.state = 'taken' and ${same('id', 'payment_hash', 'amount', 'shard', 'reason', 'created_at')}`,
    says: 'a refund is taken once',
  },
  ...['paid_offers', 'paid_listings', 'paid_invoices', 'paid_sales', 'paid_grants', 'paid_refunds'].map((table) => ({
    table,
    on: 'delete' as const,
    allowed: 'false',
    says: 'what was sold is not forgotten',
  })),
];
