// Payments that went to a node and have no end yet: what they may still take, and which of them an operator should hear of. spec/ledger.md "Watch".
import { type Database, sql } from '@reprise/database';

export type OverduePayment = {
  readonly hash: string;
  readonly purpose: string;
  /** Thousandths of a satoshi. */
  readonly amount: bigint;
  readonly state: 'dispatching' | 'in-flight' | 'unknown';
  /** ms since 1970. */
  readonly since: number;
};

const hourMs = 3_600_000;
/** Thousandths of a satoshi: so much is told as soon as nothing is known of it. */
const largeMsat = 100_000_000;

/** Without an end for more than an hour, or large and unknown; the oldest first. */
export async function readOverdue({ db }: Pick<Database, 'db'>, now: number): Promise<readonly OverduePayment[]> {
  const rows = await db
    .selectFrom('lightning_attempts')
    .select(['payment_hash', 'purpose', 'amount', 'state', 'dispatched_at'])
    .where('state', 'in', ['dispatching', 'in-flight', 'unknown'])
    .where((e) => e.or([e('dispatched_at', '<', now - hourMs), e.and([e('state', '=', 'unknown'), e('amount', '>=', largeMsat)])]))
    .orderBy('dispatched_at')
    .limit(1_000)
    .execute();
  return rows.map(({ payment_hash: hash, purpose, amount, state, dispatched_at: since }) => ({
    ...{ hash, purpose, amount: BigInt(amount), since },
    state: state as OverduePayment['state'],
  }));
}

export type Owing = {
  /** All liabilities of the books, thousandths of a satoshi. */
  readonly owed: bigint;
  /** With the node, amounts and fees: it has gone from what the node can spend, and not from the books yet. */
  readonly inFlight: bigint;
};

/** One statement, hence one moment. */
export async function readOwing({ db }: Pick<Database, 'db'>): Promise<Owing> {
  const { rows } = await sql<{ owed: string | null; flying: string | null }>`
    select cast((select sum(posted) from ledger_accounts where kind = 'liability') as text) as owed,
      cast((select sum(amount + max_fee) from lightning_attempts where state in ('dispatching', 'in-flight', 'unknown')) as text) as flying`.execute(
    db,
  );
  return { owed: BigInt(rows[0]?.owed ?? '0'), inFlight: BigInt(rows[0]?.flying ?? '0') };
}
