// What the engines report, in one language: a full disk and a lost server are Failures, collisions are tried again, violations are outcomes.
import { Failure } from '@reprise/protocol';

/** What a statement broke. The transaction it stood in is lost on PostgreSQL, so treat it as lost everywhere. */
export type Violation = 'unique' | 'missing-reference' | 'check' | 'not-null';

/** @returns undefined for an error of any other kind */
export function violationOf(error: unknown): Violation | undefined {
  return sqliteViolations.get(errcodeOf(error) ?? 0) ?? postgresViolations.get(sqlStateOf(error) ?? '');
}

/** Whether the transaction collided with another and may be run again from its start. */
export function isCollision(error: unknown): boolean {
  const state = sqlStateOf(error);
  // serialization_failure, deadlock_detected; SQLITE_BUSY, SQLITE_LOCKED
  if (state === '40001' || state === '40P01') return true;
  const primary = primaryCode(error);
  return primary === 5 || primary === 6;
}

/** Whether this says nothing about what became of a transaction: it collided too often, or the connection broke, maybe while it was committed. */
export function isUndecided(error: unknown): boolean {
  return error instanceof Failure && error.code === 'unavailable';
}

/** Extended result codes: https://www.sqlite.org/rescode.html */
const sqliteViolations = new Map<number, Violation>([
  [2067, 'unique'],
  [1555, 'unique'],
  [787, 'missing-reference'],
  [275, 'check'],
  // What a trigger refuses.
  [1811, 'check'],
  // A value of the wrong type in a strict table breaks its declaration.
  [3091, 'check'],
  [1299, 'not-null'],
]);

/** Class 23: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const postgresViolations = new Map<string, Violation>([
  ['23505', 'unique'],
  ['23503', 'missing-reference'],
  ['23514', 'check'],
  ['23502', 'not-null'],
]);

const sqliteFull = 13;

export function sqliteFailure(error: unknown): unknown {
  return primaryCode(error) === sqliteFull ? new Failure('disk-full', {}, { cause: error }) : error;
}

/** disk_full; admin_shutdown, crash_shutdown, cannot_connect_now, too_many_connections; class 08, connection. */
export function postgresFailure(error: unknown): unknown {
  const state = sqlStateOf(error);
  if (state === '53100') return new Failure('disk-full', {}, { cause: error });
  const lost = state === undefined ? isLostConnection(error) : /^(57P0[123]|53300|08...)$/.test(state);
  return lost ? new Failure('unavailable', { retryAfterMs: 1_000 }, { cause: error }) : error;
}

const lostCodes = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOENT', 'ENOTFOUND']);

/** The driver gives these no code of their own. */
const lostMessages = /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error)/;

function isLostConnection(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return lostCodes.has(String((error as { code?: unknown }).code)) || lostMessages.test(error.message);
}

function errcodeOf(error: unknown): number | undefined {
  const code = (error as { errcode?: unknown } | null)?.errcode;
  return typeof code === 'number' ? code : undefined;
}

function primaryCode(error: unknown): number | undefined {
  const code = errcodeOf(error);
  return code === undefined ? undefined : code & 0xff;
}

function sqlStateOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && !lostCodes.has(code) ? code : undefined;
}
