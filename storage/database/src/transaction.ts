// Transactions that mean the same on both engines: serializable, tried again on a collision, and never mixed with queries outside.
import { AsyncLocalStorage } from 'node:async_hooks';
import { assert, retry } from '@reprise/kit';
import { Failure } from '@reprise/protocol';
import type { Kysely } from 'kysely';
import type { Database, InTransaction } from './database.ts';
import { isCollision } from './failures.ts';
import type { Schema } from './schema.ts';

const attemptsMax = 40;
const firstDelayMs = 2;
const delayMsMax = 100;

/** Set while the work of a transaction runs, and closed after it: what outlives the transaction is free again. */
const running = new AsyncLocalStorage<{ open: boolean }>();

export function transactions(db: Kysely<Schema>): Database['transaction'] {
  return async (work) => {
    try {
      return await retry({ attemptsMax, firstDelayMs, delayMsMax, again: isCollision }, () => once(db, work));
    } catch (error) {
      if (isCollision(error)) throw new Failure('unavailable', { retryAfterMs: 1_000 }, { cause: error });
      throw error;
    }
  };
}

function once<Result>(db: Kysely<Schema>, work: (queries: InTransaction) => Promise<Result>): Promise<Result> {
  return db
    .transaction()
    .setIsolationLevel('serializable')
    .execute(async (queries) => {
      const mark = { open: true };
      try {
        return await running.run(mark, () => work(queries));
      } finally {
        mark.open = false;
      }
    });
}

/** SQLite has one connection, which the transaction holds: a query beside it would wait for ever, and on PostgreSQL see other data. */
export function assertOutsideTransaction(): void {
  assert(!running.getStore()?.open, 'inside a transaction, queries run on what it hands over');
}
