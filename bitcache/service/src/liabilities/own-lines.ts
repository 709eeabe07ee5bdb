// What an account finds of itself in the latest epoch: its lines with their way to the root, and what has moved since. spec/liabilities.md "Lines".
import { type InTransaction, sql } from '@reprise/database';
import type { Bytes } from '@reprise/kit';
import { type OwnLine, SumTree } from '@reprise/protocol/liabilities';
import { accountOf } from '../account-code.ts';
import { type EpochParts, latestRow, leafOf, saltOf, sha256 } from './close-epoch.ts';

export type Move = {
  /** ms since 1970. */
  readonly at: number;
  readonly kind: string;
  /** Thousandths of a satoshi; below zero what went out. */
  readonly amount: bigint;
};

export type OwnLiabilities = {
  /** 0 before the first epoch: then there are no lines. */
  readonly epoch: number;
  /** The balance now, thousandths of a satoshi. */
  readonly balance: bigint;
  readonly lines: readonly OwnLine[];
  /** Of the balance, from a minute before the epoch, the oldest first. */
  readonly moves: readonly Move[];
  /** What was there a minute before the epoch and is there still: a line counts at least so much of it. */
  readonly owed: readonly { readonly name: string; readonly amount: bigint }[];
};

/** A transaction that was on its way when an epoch was closed may have an earlier time than the epoch. */
const marginMs = 60_000;
const movesMax = 10_000;

/** One tree is kept: that of the latest epoch. */
export class OwnLines {
  readonly #parts: EpochParts;
  #tree: { readonly epoch: number; readonly tree: SumTree } | undefined;

  constructor(parts: EpochParts) {
    this.#parts = parts;
  }

  async read(account: string): Promise<OwnLiabilities> {
    return this.#parts.database.transaction(async (queries) => {
      const balance = await balanceOf(queries, account);
      const latest = await latestRow(queries);
      if (!latest) return { epoch: 0, balance, lines: [], moves: [], owed: [] };
      const { number: epoch, at } = latest;
      const since = at - marginMs;
      return {
        epoch,
        balance,
        lines: await this.#lines(queries, epoch, account),
        moves: await movesOf(queries, account, since),
        owed: await owedTo(queries, account, since),
      };
    });
  }

  async #lines(queries: InTransaction, epoch: number, account: string): Promise<readonly OwnLine[]> {
    const { rows } = await sql<{ position: number; name: string; amount: string }>`
      select position, name, cast(amount as text) as amount from liability_lines where epoch = ${epoch} and owner = ${account}
      order by position`.execute(queries);
    if (rows.length === 0) return [];
    const tree = await this.#treeOf(queries, epoch);
    return rows.map(({ position, name, amount }) => {
      const index = Number(position);
      const salt: Bytes = saltOf(this.#parts.saltKey, epoch, name);
      return { name, amount: BigInt(amount), salt, index, path: tree.path(index) };
    });
  }

  async #treeOf(queries: InTransaction, epoch: number): Promise<SumTree> {
    if (this.#tree?.epoch === epoch) return this.#tree.tree;
    const { rows } = await sql<{ key: string; amount: string }>`
      select key, cast(amount as text) as amount from liability_lines where epoch = ${epoch} order by position`.execute(queries);
    const tree = new SumTree(
      sha256,
      rows.map(({ key, amount }) => leafOf({ key, amount: BigInt(amount) })),
    );
    this.#tree = { epoch, tree };
    return tree;
  }
}

async function balanceOf(queries: InTransaction, account: string): Promise<bigint> {
  const { rows } = await sql<{ posted: string }>`
    select cast(posted as text) as posted from ledger_accounts where code = ${accountOf(account)}`.execute(queries);
  return BigInt(rows[0]?.posted ?? '0');
}

async function movesOf(queries: InTransaction, account: string, since: number): Promise<readonly Move[]> {
  const { rows } = await sql<{ at: number; kind: string; amount: string }>`
    select ledger_journals.at, ledger_journals.kind, cast(ledger_postings.amount as text) as amount
    from ledger_accounts
      join ledger_postings on ledger_postings.account = ledger_accounts.id
      join ledger_journals on ledger_journals.id = ledger_postings.journal
    where ledger_accounts.code = ${accountOf(account)} and ledger_journals.at >= ${since}
    order by ledger_journals.at, ledger_journals.id limit ${movesMax}`.execute(queries);
  // A balance grows by credit, which the books write below zero.
  return rows.map(({ at, kind, amount }) => ({ at: Number(at), kind, amount: -BigInt(amount) }));
}

async function owedTo(queries: InTransaction, account: string, since: number): Promise<OwnLiabilities['owed']> {
  const { rows } = await sql<{ name: string; amount: string }>`
    select 'pending:' || offer as name, cast(sum(gross) as text) as amount from paid_sales
      where seller = ${account} and state = 'pending' and case_id is null and sold_at < ${since} group by offer
    union all
    select 'payout:' || id, cast(held as text) from paid_payouts
      where account = ${account} and state in ('held', 'reserved', 'dispatching') and created_at < ${since}`.execute(queries);
  return rows.map(({ name, amount }) => ({ name, amount: BigInt(amount) }));
}
