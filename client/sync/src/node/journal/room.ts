// Whether a journal failed because its disk is full. SQLite says so itself of a file that it writes, and of the files beside it says only that they
// could not be opened or written: then it is tried. spec/sync.md "Journal".
import fs from 'node:fs';
import { Failure } from '@reprise/protocol/formats';
import { isFull } from '@reprise/sdk/node';

const sqliteFull = 13;
/** SQLITE_IOERR and SQLITE_CANTOPEN, whatever is meant by them: https://www.sqlite.org/rescode.html */
const unclear: ReadonlySet<number> = new Set([10, 14]);
/** More than SQLite's index of its log grows by at once, which is 32 KiB. */
const triedBytes = 65_536;

/** @param file of the journal @returns Failure target-full if that is what it was, else the error itself */
export function fullOr(error: unknown, file: string): unknown {
  if (!(error instanceof Error) || error instanceof Failure) return error;
  const primary = 'errcode' in error && typeof error.errcode === 'number' ? error.errcode % 256 : undefined;
  const isOver = primary === sqliteFull || isFull(error) || (primary !== undefined && unclear.has(primary) && !hasRoom(file));
  return isOver ? new Failure('target-full', { path: file, reason: 'ENOSPC' }, { cause: error }) : error;
}

function hasRoom(file: string): boolean {
  const tried = `${file}-room-${process.pid}`;
  try {
    fs.writeFileSync(tried, new Uint8Array(triedBytes), { mode: 0o600, flush: true });
    return true;
  } catch (error) {
    return !isFull(error);
  } finally {
    fs.rmSync(tried, { force: true });
  }
}
