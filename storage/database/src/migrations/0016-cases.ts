// Schema version 16: cases of rights holders. What was said and decided in one is only added to, and nothing goes back
// (spec/cases.md "Rows").
import type { Kysely } from 'kysely';
import type { Engine } from '../database.ts';
import type { RowLaw } from './row-laws.ts';
import { execute, lawsOf, same, type Words, wordsOf } from './row-tables.ts';

export const name = '0016-cases';

export async function up(db: Kysely<unknown>, engine: Engine): Promise<void> {
  await execute(db, [...tables(wordsOf(engine)), ...lawsOf(engine, laws, refusal)]);
}

/** No reference to links: the answer to a notice is the same whether the link exists or not. */
function tables({ text, integer, bytes, end }: Words): readonly string[] {
  return [
    `create table cases (
      id ${text} primary key not null,
      link ${text} not null,
      code_hash ${bytes} not null unique,
      holder ${text} not null,
      contact ${text} not null,
      state ${text} not null check (state in ('open', 'countered', 'contested', 'upheld', 'dismissed', 'withdrawn')),
      remedy ${text} check (remedy in ('claim', 'refund')),
      opened_at ${integer} not null,
      answer_by ${integer} not null,
      stand_by ${integer},
      decided_at ${integer},
      carried ${integer} not null default 0 check (carried in (0, 1)),
      check ((state = 'upheld') = (remedy is not null)),
      check ((state in ('upheld', 'dismissed', 'withdrawn')) = (decided_at is not null))
    ) ${end}`,
    'create index cases_link on cases (link)',
    `create index cases_open on cases (opened_at) where carried = 0`,
    `create table case_steps (
      case_id ${text} not null references cases (id),
      seq ${integer} not null check (seq >= 1),
      at ${integer} not null,
      actor ${text} not null check (actor in ('holder', 'maker', 'operator', 'time')),
      act ${text} not null,
      words ${text} not null,
      hash ${text} not null,
      primary key (case_id, seq)
    ) ${end}`,
  ];
}

const refusal = { name: 'cases_refuse', says: 'what was said in a case is not forgotten' };

const laws: readonly RowLaw[] = [
  {
    table: 'cases',
    on: 'update',
    allowed: `${same('id', 'link', 'code_hash', 'holder', 'contact', 'opened_at', 'answer_by')}
      and ((new.state = old.state and ${same('remedy', 'stand_by', 'decided_at')} and new.carried >= old.carried)
        or (old.state = 'open' and new.state in ('countered', 'upheld', 'dismissed', 'withdrawn'))
        or (old.state = 'countered' and new.state in ('contested', 'upheld', 'dismissed', 'withdrawn'))
        or (old.state = 'contested' and new.state in ('upheld', 'dismissed', 'withdrawn')))`,
    says: 'a case only moves forward',
  },
  { table: 'case_steps', on: 'update', allowed: 'false', says: 'what was said in a case stays' },
  ...['cases', 'case_steps'].map((table) => ({
    table,
    on: 'delete' as const,
    allowed: 'false',
    says: 'what was said in a case is not forgotten',
  })),
];
