// The port: one typed set of queries over SQLite in the process or PostgreSQL beside it.
import type { Kysely, Transaction } from 'kysely';
import type { Messages } from './messages.ts';
import type { Schema } from './schema.ts';

export type Engine = 'sqlite' | 'postgres';

/** What a query runs on: the database itself, or a transaction. */
export type Queries = Kysely<Schema>;

/** A function that takes this can only be called inside a transaction. */
export type InTransaction = Transaction<Schema>;

export interface Database extends AsyncDisposable {
  readonly engine: Engine;
  /** For single statements. Inside `transaction` use what it hands over: using `db` there is a bug, and stops. */
  readonly db: Queries;
  /**
   * Runs `work` serializably on either engine, durable when it resolves. It may run again, from the start and within a bound, when it
   * collides with another transaction: it must have no effect but its queries. What it throws rolls everything back.
   * @throws Failure disk-full, with the database as it was; Failure unavailable when it collided too often
   */
  transaction<Result>(work: (queries: InTransaction) => Promise<Result>): Promise<Result>;
  /** Between all processes that have this database open. */
  readonly messages: Messages;
  close(): Promise<void>;
}
