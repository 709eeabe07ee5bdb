// SQLite in the process: one connection, since node:sqlite runs on the thread that asks, and waiting turns are kept in order here.
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { constants, DatabaseSync } from 'node:sqlite';
import { Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from 'kysely';
import type { Database } from './database.ts';
import { localMessages } from './messages.ts';
import { DatabaseRefused, reasonOf } from './refused.ts';
import type { Schema } from './schema.ts';
import { SqliteDriver } from './sqlite-driver.ts';
import { transactions } from './transaction.ts';

/** How long opening waits for another process that holds the file. */
const openWaitMs = 5_000;
/** Afterwards the driver waits between tries; SQLite's own wait stops the whole thread. */
const threadWaitMs = 20;
const cacheKibibytes = 65_536;
const journalBytesKept = 67_108_864;

class Adapter extends SqliteAdapter {
  // The driver hands out its one connection in order; Kysely's own lock would wake every waiter at each turn.
  override get supportsMultipleConnections(): boolean {
    return true;
  }
}

/** @throws DatabaseRefused */
export function openSqlite(path: string): Database {
  const connection = connect(path);
  const driver = new SqliteDriver(connection);
  const db = new Kysely<Schema>({
    dialect: {
      createAdapter: () => new Adapter(),
      createDriver: () => driver,
      createIntrospector: (queries) => new SqliteIntrospector(queries),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
  });
  const close = async () => {
    await db.destroy();
    await driver.destroy();
  };
  return { engine: 'sqlite', db, transaction: transactions(db), messages: localMessages(), close, [Symbol.asyncDispose]: close };
}

function connect(path: string): DatabaseSync {
  const file = path === ':memory:' ? path : resolve(path);
  try {
    if (file !== ':memory:') makeFolder(dirname(file));
    const connection = new DatabaseSync(file, { timeout: openWaitMs, enableForeignKeyConstraints: true });
    try {
      prepare(connection);
    } catch (error) {
      connection.close();
      throw error;
    }
    return connection;
  } catch (error) {
    throw new DatabaseRefused(`The database file ${file} cannot be used: ${reasonOf(error)}.`, { cause: error });
  }
}

/** Node's own `recursive` never returns where a folder is there and takes no other, as /proc. */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  if (dirname(path) !== path) makeFolder(dirname(path));
  mkdirSync(path, { mode: 0o700 });
}

function prepare(connection: DatabaseSync): void {
  // Recursive triggers: without them `insert or replace` deletes past the triggers that forbid it.
  // FULL in WAL mode: the log is on the disk before a commit is answered, so what says "done" survives a power cut.
  connection.exec(`
    pragma journal_mode = wal;
    pragma synchronous = full;
    pragma temp_store = memory;
    pragma cache_size = -${cacheKibibytes};
    pragma journal_size_limit = ${journalBytesKept};
    pragma recursive_triggers = on;
  `);
  // A file that may not be written is found out now, not at the first upload: SQLite opens it for reading without a word, and even
  // `begin immediate` then takes a mere read lock.
  connection.exec('begin immediate; pragma user_version = 0; rollback');
  connection.exec(`pragma busy_timeout = ${threadWaitMs}`);
  connection.setAuthorizer(balancesMoveByLegs);
}

/** Asked when a statement is prepared: a balance of the books changes by the trigger on its legs only. https://sqlite.org/c3ref/set_authorizer.html */
function balancesMoveByLegs(action: number, table: string | null, column: string | null, _: string | null, trigger: string | null): number {
  const moves = action === constants.SQLITE_UPDATE && table === 'ledger_accounts' && column === 'posted';
  return moves && trigger !== 'ledger_post' ? constants.SQLITE_DENY : constants.SQLITE_OK;
}
