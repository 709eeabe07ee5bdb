// Kysely's driver over node:sqlite: one connection handed out in order, statements prepared once, errors named.
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { AssertionFailure, retry } from '@reprise/kit';
import { Failure } from '@reprise/protocol';
import { type CompiledQuery, type DatabaseConnection, type Driver, type QueryResult } from 'kysely';
import { isCollision, sqliteFailure } from './failures.ts';
import { assertOutsideTransaction } from './transaction.ts';

const statementsMax = 256;
/** A turn takes milliseconds; who waits this long waits for something that hangs. */
const turnWaitMsMax = 30_000;
const waitersMax = 10_000;
/** With SQLite's own short wait for each, about ten seconds. */
const fileWaitsMax = 150;

export class SqliteDriver implements Driver {
  readonly #connection: DatabaseSync;
  readonly #session: SqliteSession;
  readonly #waiting: Array<() => void> = [];
  #busy = false;

  constructor(connection: DatabaseSync) {
    this.#connection = connection;
    this.#session = new SqliteSession(connection);
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    assertOutsideTransaction();
    if (this.#busy) await this.#turn();
    this.#busy = true;
    return this.#session;
  }

  #turn(): Promise<void> {
    if (this.#waiting.length >= waitersMax) throw new Failure('unavailable', { retryAfterMs: 1_000 });
    return new Promise((resolve, reject) => {
      const go = () => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        const place = this.#waiting.indexOf(go);
        if (place >= 0) this.#waiting.splice(place, 1);
        reject(new Failure('unavailable', { retryAfterMs: 1_000 }));
      }, turnWaitMsMax);
      this.#waiting.push(go);
    });
  }

  async releaseConnection(): Promise<void> {
    // The turn passes directly to the next: #busy stays set, so that nobody slips in between.
    const next = this.#waiting.shift();
    if (next) next();
    else this.#busy = false;
  }

  async beginTransaction(): Promise<void> {
    // Immediate: the write lock is taken now, so that no transaction has to be given up half way for another process's sake.
    await this.#session.whenFree(() => this.#session.run('begin immediate'));
  }

  async commitTransaction(): Promise<void> {
    try {
      this.#session.run('commit');
    } catch (error) {
      await this.rollbackTransaction();
      throw error;
    }
  }

  async rollbackTransaction(): Promise<void> {
    // A full disk makes SQLite roll back by itself.
    if (this.#connection.isTransaction) this.#session.run('rollback');
  }

  async destroy(): Promise<void> {
    if (this.#connection.isOpen) this.#connection.close();
  }
}

type Prepared = { readonly statement: StatementSync; readonly returnsRows: boolean };

class SqliteSession implements DatabaseConnection {
  readonly #connection: DatabaseSync;
  /** Least recently used first. */
  readonly #prepared = new Map<string, Prepared>();

  constructor(connection: DatabaseSync) {
    this.#connection = connection;
  }

  run(text: string): void {
    this.#named(() => this.#prepare(text).statement.run());
  }

  executeQuery<Result>(query: CompiledQuery): Promise<QueryResult<Result>> {
    return this.whenFree(() => this.#execute<Result>(query));
  }

  /**
   * Waits for another process that holds the file, without holding this one's thread: SQLite's own wait would.
   * Inside a transaction nothing waits, since it holds the write lock from its beginning.
   */
  whenFree<Result>(step: () => Result): Promise<Result> {
    const again = (error: unknown) => isCollision(error) && !this.#connection.isTransaction;
    return retry({ attemptsMax: fileWaitsMax, firstDelayMs: 5, delayMsMax: 50, again }, async () => step());
  }

  #execute<Result>(query: CompiledQuery): QueryResult<Result> {
    return this.#named(() => {
      const { statement, returnsRows } = this.#prepare(query.sql);
      const parameters = query.parameters as SQLInputValue[];
      if (returnsRows) {
        const rows = statement.all(...parameters).map(plain<Result>);
        return { rows, numAffectedRows: BigInt(rows.length) };
      }
      return { rows: [], numAffectedRows: BigInt(statement.run(...parameters).changes) };
    });
  }

  streamQuery<Result>(): AsyncIterableIterator<QueryResult<Result>> {
    throw new AssertionFailure('rows are read in pages, by key: a stream would hold the one connection for as long as its reader likes');
  }

  #prepare(text: string): Prepared {
    const known = this.#prepared.get(text);
    if (known) {
      this.#prepared.delete(text);
      this.#prepared.set(text, known);
      return known;
    }
    const statement = this.#connection.prepare(text);
    const prepared = { statement, returnsRows: statement.columns().length > 0 };
    this.#prepared.set(text, prepared);
    if (this.#prepared.size > statementsMax) this.#prepared.delete(this.#prepared.keys().next().value as string);
    return prepared;
  }

  #named<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      throw sqliteFailure(error);
    }
  }
}

/** node:sqlite gives rows without prototype, PostgreSQL gives plain objects: both engines shall give the same. */
function plain<Result>(row: unknown): Result {
  return { ...(row as object) } as Result;
}
