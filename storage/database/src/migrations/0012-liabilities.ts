// Schema version 12: what was said to be owed. Epochs and the coins they count are only added to: who said something once cannot say another
// thing later (spec/liabilities.md "Rows").
import type { Kysely } from 'kysely';
import type { Engine } from '../database.ts';
import type { RowLaw } from './row-laws.ts';
import { execute, lawsOf, type Words, wordsOf } from './row-tables.ts';

export const name = '0012-liabilities';

export async function up(db: Kysely<unknown>, engine: Engine): Promise<void> {
  await execute(db, [...tables(wordsOf(engine)), ...lawsOf(engine, laws, refusal)]);
}

function tables({ text, integer, bytes, end }: Words): readonly string[] {
  return [
    `create table liability_epochs (
      number ${integer} primary key not null check (number >= 1),
      at ${integer} not null,
      sealed ${bytes} not null,
      peaks ${bytes} not null
    ) ${end}`,
    `create table liability_coins (
      keyset ${text} not null references mint_keysets (id),
      list ${text} not null check (list in ('promised', 'spent')),
      position ${integer} not null check (position >= 0),
      point ${text} not null,
      amount ${integer} not null check (amount >= 1),
      primary key (keyset, list, position),
      unique (list, point)
    ) ${end}`,
    `create table liability_lines (
      epoch ${integer} not null references liability_epochs (number),
      position ${integer} not null check (position >= 0),
      key ${text} not null,
      name ${text} not null,
      owner ${text},
      amount ${integer} not null check (amount between 1 and 2100000000000000000),
      primary key (epoch, position)
    ) ${end}`,
  ];
}

const refusal = { name: 'liabilities_refuse', says: 'what was said to be owed is not forgotten' };

const laws: readonly RowLaw[] = [
  ...['liability_epochs', 'liability_coins'].flatMap((table) =>
    (['update', 'delete'] as const).map((on) => ({ table, on, allowed: 'false', says: 'what was said to be owed stays said' })),
  ),
  { table: 'liability_lines', on: 'update', allowed: 'false', says: 'what was said to be owed stays said' },
];
