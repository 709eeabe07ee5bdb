// One process for one data folder: a lock of the system's on a small database file in it. It ends with the process that holds it, whatever ends
// that, so there is none to be cleared by hand. SQLite, "File Locking And Concurrency", the reserved lock.
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { DatabaseRefused, reasonOf } from './refused.ts';

const fileName = 'running.sqlite';
const waitMs = 100;
/** SQLITE_BUSY. */
const busy = 5;

/**
 * Made if missing.
 * @throws DatabaseRefused when another process holds it, with that process's number and start
 */
export function holdFolder(folder: string): Disposable {
  const path = resolve(folder);
  let connection: DatabaseSync | undefined;
  try {
    makeFolder(path);
    connection = new DatabaseSync(join(path, fileName), { timeout: waitMs });
    hold(connection);
    const held = connection;
    return { [Symbol.dispose]: () => held.close() };
  } catch (error) {
    const holder = isBusy(error) && connection ? holderOf(connection) : undefined;
    connection?.close();
    const reason = isBusy(error)
      ? `is in use by another Reprise${holder ? ` (process ${holder.pid}, since ${holder.since})` : ''}. Stop that one, or set REPRISE_DATA to another folder`
      : `cannot be used: ${reasonOf(error)}`;
    throw new DatabaseRefused(`The folder ${path} ${reason}.`, { cause: error });
  }
}

/** Whoever comes later may still read who is there: the reserved lock keeps others from writing only. */
function hold(connection: DatabaseSync): void {
  connection.exec('begin immediate');
  connection.exec('create table if not exists holder (pid integer not null, since text not null)');
  connection.exec('delete from holder');
  connection.prepare('insert into holder (pid, since) values (?, ?)').run(process.pid, new Date().toISOString());
  connection.exec('commit');
  connection.exec('begin immediate');
}

function holderOf(connection: DatabaseSync): { readonly pid: number; readonly since: string } | undefined {
  try {
    const row = connection.prepare('select pid, since from holder').get();
    return row && { pid: Number(row['pid']), since: String(row['since']) };
  } catch {
    // It is writing its name just now.
    return undefined;
  }
}

/** Node's own `recursive` never returns where a folder is there and takes no other, as /proc. */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  if (dirname(path) !== path) makeFolder(dirname(path));
  mkdirSync(path, { mode: 0o700 });
}

function isBusy(error: unknown): boolean {
  return ((error as { errcode?: number } | null)?.errcode ?? 0) % 256 === busy;
}
