// Opens the engine that the settings name: a file makes SQLite, a URL makes PostgreSQL.
import { assert } from '@reprise/kit';
import type { Database } from './database.ts';
import { openPostgres } from './postgres.ts';
import { openSqlite } from './sqlite.ts';

export type DatabaseSettings = {
  /** `postgres://…`: PostgreSQL 15 or later. */
  readonly url?: string | undefined;
  /** A SQLite file, made if missing; `:memory:` keeps nothing. Used when there is no url. */
  readonly path?: string | undefined;
  /** Most connections to PostgreSQL. */
  readonly connectionsMax?: number | undefined;
};

/**
 * Call `migrate` next: an empty database is opened as it is.
 * @throws DatabaseRefused when the file or the server cannot be used, with a message for the operator
 */
export async function openDatabase(settings: DatabaseSettings): Promise<Database> {
  if (settings.url) return openPostgres(settings.url, settings.connectionsMax ?? connectionsMaxDefault);
  assert(settings.path, 'a database needs a url or a path');
  return openSqlite(settings.path);
}

const connectionsMaxDefault = 16;
