// Schema version 17: sales under notice. While a case stands against an offer, the database itself lets nothing of it be released; what
// a case held goes where the case was decided to let it go, and nowhere else (spec/paid-links.md "Under notice").
import type { Kysely } from 'kysely';
import type { Engine } from '../database.ts';
import type { RowLaw } from './row-laws.ts';
import { execute, lawsOf, replacedLaw, same, type Words, wordsOf } from './row-tables.ts';

export const name = '0017-escrow';

export async function up(db: Kysely<unknown>, engine: Engine): Promise<void> {
  await execute(db, [...tables(wordsOf(engine)), ...replacedLaw(engine, saleLaw), ...lawsOf(engine, laws, refusal)]);
}

/** 2^53 − 1, so that amounts are read as numbers: ninety thousand bitcoin in msat. */
const amountMax = 9_007_199_254_740_991n;

function tables({ text, integer, end }: Words): readonly string[] {
  return [
    `alter table paid_offers add column cases_standing ${integer} not null default 0 check (cases_standing >= 0)`,
    `alter table paid_sales add column case_id ${text} check (state <> 'escrowed' or case_id is not null)`,
    `alter table paid_sales add column claimed_by ${text} check (claimed_by is null or (state = 'released' and case_id is not null))`,
    `create index paid_sales_case on paid_sales (case_id) where case_id is not null`,
    `create table paid_cases (
      id ${text} not null,
      offer ${text} not null references paid_offers (id),
      outcome ${text} not null check (outcome in ('open', 'dismissed', 'claim', 'refund')),
      claimant ${text} check (claimant is null or outcome = 'claim'),
      opened_at ${integer} not null,
      decided_at ${integer},
      primary key (id, offer),
      check ((outcome = 'open') = (decided_at is null))
    ) ${end}`,
    'create index paid_cases_offer on paid_cases (offer)',
    `create table paid_case_refunds (
      sale ${text} primary key not null references paid_sales (id),
      amount ${integer} not null check (amount between 1 and ${amountMax}),
      shard ${integer} not null,
      state ${text} not null check (state in ('owed', 'taken')),
      created_at ${integer} not null
    ) ${end}`,
  ];
}

const refusal = { name: 'paid_cases_refuse', says: 'what was held is not forgotten' };

/** Whether the case that holds a sale was decided so. */
const decided = (row: 'old' | 'new', outcome: string) =>
  `exists (select 1 from paid_cases held where held.id = ${row}.case_id and held.offer = ${row}.offer and held.outcome ${outcome})`;

const saleLaw: RowLaw = {
  table: 'paid_sales',
  on: 'update',
  allowed: `${same('id', 'offer', 'version', 'seller', 'way', 'gross', 'commission', 'shard', 'sold_at', 'matures_at')}
    and ((old.state = 'pending' and new.state = 'released' and new.claimed_by is null
        and not exists (select 1 from paid_offers offered where offered.id = new.offer and offered.cases_standing > 0))
      or (old.state = 'pending' and new.state = 'escrowed' and ${decided('new', "<> 'dismissed'")})
      or (old.state = 'escrowed' and new.state = 'pending' and ${decided('old', "= 'dismissed'")})
      or (old.state = 'escrowed' and new.state = 'released' and new.case_id = old.case_id and new.claimed_by is null and ${decided('old', "= 'dismissed'")}
        and not exists (select 1 from paid_offers offered where offered.id = new.offer and offered.cases_standing > 0))
      or (old.state = 'escrowed' and new.state = 'released' and new.case_id = old.case_id and new.claimed_by is not null
        and exists (select 1 from paid_cases held where held.id = old.case_id and held.offer = old.offer and held.outcome = 'claim'
          and held.claimant = new.claimed_by))
      or (old.state = 'escrowed' and new.state = 'refunded' and new.case_id = old.case_id and ${decided('old', "= 'refund'")}))`,
  says: 'a sale keeps its terms, moves forward, and is not released under notice',
};

const laws: readonly RowLaw[] = [
  {
    table: 'paid_cases',
    on: 'update',
    allowed: `${same('id', 'offer', 'opened_at')}
      and ((old.outcome = 'open' and new.outcome <> 'open' and new.claimant is null)
        or (old.outcome = 'claim' and old.claimant is null and ${same('outcome', 'decided_at')}))`,
    says: 'a case is decided once, and claimed by one',
  },
  {
    table: 'paid_case_refunds',
    on: 'update',
    allowed: `old.state = 'owed' and new.state = 'taken' and ${same('sale', 'amount', 'shard', 'created_at')}`,
    says: 'a refund is taken once',
  },
  ...['paid_cases', 'paid_case_refunds'].map((table) => ({
    table,
    on: 'delete' as const,
    allowed: 'false',
    says: 'what was held is not forgotten',
  })),
];
