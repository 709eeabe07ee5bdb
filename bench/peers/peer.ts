// What the benchmark asks of every program it measures, ours included: hold a file or folder on a server, encrypted before it leaves, and give
// it back. Each peer is used as its manual says, with the settings a person would choose who wants it to be fast.
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Ran } from '../harness/command.ts';

export type Peer = {
  readonly name: string;
  /** How it is run and what it leaves out, in a line; printed below the table. */
  readonly about: string;
  /** Null if it can run here, else the reason for its absence. */
  absence(): Promise<string | null>;
  /** Starts its server with an empty store below `folder`. */
  start(folder: string): Promise<RunningPeer>;
};

export interface RunningPeer extends AsyncDisposable {
  /** Where its server keeps what it was given. */
  readonly storeFolder: string;
  readonly serverPid: number;
  /** Sends a file or a folder. */
  put(source: string): Promise<Ran>;
  /** Brings back what the last `put` sent, under its own name, into an existing folder. */
  get(intoFolder: string): Promise<Ran>;
}

export function findProgram(name: string): string | null {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null;
}

export function absentPrograms(...names: readonly string[]): string | null {
  const absent = names.filter((name) => findProgram(name) === null);
  return absent.length === 0 ? null : `${absent.join(', ')} not on this machine`;
}
