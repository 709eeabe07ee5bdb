// PostgreSQL beside the process, for many API nodes: a bounded pool, statements prepared by name, numbers as numbers.
import { createHash } from 'node:crypto';
import { assert } from '@reprise/kit';
import { Failure } from '@reprise/protocol';
import { Kysely, PostgresDialect, type PostgresPoolClient, sql } from 'kysely';
import pg from 'pg';
import type { Database } from './database.ts';
import { postgresFailure } from './failures.ts';
import { PostgresMessages } from './postgres-messages.ts';
import { DatabaseRefused, reasonOf } from './refused.ts';
import type { Schema } from './schema.ts';
import { assertOutsideTransaction, transactions } from './transaction.ts';

const connectTimeoutMs = 10_000;
const idleMs = 30_000;
const statementTimeoutMs = 60_000;
const idleInTransactionMs = 30_000;
/** Texts beyond this many are sent unnamed: a server keeps named statements for the life of a connection. */
const namedStatementsMax = 1_000;
const versionMin = 150_000;

/** @throws DatabaseRefused */
export async function openPostgres(url: string, connectionsMax: number): Promise<Database> {
  const pool = openPool(url, connectionsMax);
  try {
    const { rows } = await pool.query<{ version: number }>(`select current_setting('server_version_num')::int as version`);
    if ((rows[0]?.version ?? 0) < versionMin) throw new Error('PostgreSQL 15 or later is needed');
  } catch (error) {
    await pool.end();
    // The URL holds a password: the message names the host only.
    throw new DatabaseRefused(`The PostgreSQL server at ${hostOf(url)} cannot be used: ${reasonOf(error)}.`, { cause: error });
  }
  const dialect = new PostgresDialect({
    pool: { connect: () => connect(pool), end: () => pool.end(), options: {} },
  });
  const db = new Kysely<Schema>({ dialect });
  const messages = new PostgresMessages(url, async (channel, text) => void (await sql`select pg_notify(${channel}, ${text})`.execute(db)));
  const close = async () => {
    await messages.close();
    await db.destroy();
    if (!pool.ending) await pool.end();
  };
  return { engine: 'postgres', db, transaction: transactions(db), messages, close, [Symbol.asyncDispose]: close };
}

function openPool(url: string, connectionsMax: number): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: connectionsMax,
    connectionTimeoutMillis: connectTimeoutMs,
    idleTimeoutMillis: idleMs,
    statement_timeout: statementTimeoutMs,
    idle_in_transaction_session_timeout: idleInTransactionMs,
    application_name: 'reprise',
    types: { getTypeParser },
  });
  // A connection that breaks while idle has left the pool by now; the next query opens another or fails by itself.
  pool.on('error', () => {});
  // One that breaks while it is lent out says so beside the failed query; unheard, that would end the process.
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

async function connect(pool: pg.Pool): Promise<PostgresPoolClient> {
  assertOutsideTransaction();
  const client = await pool.connect().catch((error: unknown) => {
    throw postgresFailure(error);
  });
  return wrap(client);
}

const wrapped = new WeakMap<pg.PoolClient, PostgresPoolClient>();

/** Kysely sends text and parameters; the wrapper adds the statement's name and translates errors. */
function wrap(client: pg.PoolClient): PostgresPoolClient {
  const known = wrapped.get(client);
  if (known) return known;
  let isLost = false;
  const query = async (text: string, parameters: readonly unknown[]) => {
    try {
      return await client.query({ ...nameOf(text), text, values: [...parameters] });
    } catch (error) {
      const failure = postgresFailure(error);
      isLost ||= failure instanceof Failure && failure.code === 'unavailable';
      throw failure;
    }
  };
  // The server says that it ends a connection before it does; until then the pool would lend it to the next query.
  const release = (error?: Error | boolean) => client.release(error || isLost);
  const wrapper = { query, release } as unknown as PostgresPoolClient;
  wrapped.set(client, wrapper);
  return wrapper;
}

const names = new Map<string, string>();

function nameOf(text: string): { name?: string } {
  const known = names.get(text);
  if (known) return { name: known };
  // Only what can be prepared: begin, commit and the statements of a migration run once.
  if (names.size >= namedStatementsMax || !/^(select|insert|update|delete|with)\b/i.test(text)) return {};
  const name = createHash('sha256').update(text).digest('base64url').slice(0, 22);
  names.set(text, name);
  return { name };
}

const { builtins } = pg.types;

/** Every integer of ours fits 2^53 (spec/storage.md); a sum that does not is a bug. */
function parseInteger(text: string): number {
  const value = Number(text);
  assert(Number.isSafeInteger(value), 'an integer beyond 2^53');
  return value;
}

function parseBytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text.slice(2), 'hex'));
}

const getTypeParser: typeof pg.types.getTypeParser = (type, format) => {
  if (type === builtins.INT8 || type === builtins.NUMERIC) return parseInteger;
  if (type === builtins.BYTEA) return parseBytes;
  return pg.types.getTypeParser(type, format);
};

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host || 'the local socket' : 'an address that is no URL';
}
