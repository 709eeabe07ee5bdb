// Schema version 20: accounts whose money an operator has frozen. One freeze of an account stands at a time, and it is lifted once; what was
// frozen and why is not forgotten (spec/paid-links.md "Frozen").
import type { Kysely } from 'kysely';
import type { Engine } from '../database.ts';
import type { RowLaw } from './row-laws.ts';
import { execute, lawsOf, same, type Words, wordsOf } from './row-tables.ts';

export const name = '0020-freezes';

export async function up(db: Kysely<unknown>, engine: Engine): Promise<void> {
  await execute(db, [...tables(wordsOf(engine)), ...lawsOf(engine, laws, refusal)]);
}

function tables({ text, integer, end }: Words): readonly string[] {
  return [
    `create table paid_freezes (
      id ${text} primary key not null,
      account ${text} not null,
      ground ${text} not null,
      frozen_at ${integer} not null,
      lifted_at ${integer}
    ) ${end}`,
    'create unique index paid_freezes_one on paid_freezes (account) where lifted_at is null',
  ];
}

const refusal = { name: 'paid_freezes_refuse', says: 'what was frozen is not forgotten' };

const laws: readonly RowLaw[] = [
  {
    table: 'paid_freezes',
    on: 'update',
    allowed: `${same('id', 'account', 'ground', 'frozen_at')} and old.lifted_at is null and new.lifted_at is not null`,
    says: 'a freeze keeps its terms, and is lifted once',
  },
  { table: 'paid_freezes', on: 'delete', allowed: 'false', says: 'what was frozen is not forgotten' },
];
