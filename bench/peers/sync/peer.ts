// What the benchmark asks of every program that keeps two folders equal, ours included. Each is used as its manual says, with both ends on this
// machine and the network in between its loopback.

export type SyncPeer = {
  readonly name: string;
  /** How it is run, what it encrypts, and whether it waits for the disk; printed below the table. */
  readonly about: string;
  /** Null if it can run here, else the reason for its absence. */
  absence(): Promise<string | null>;
  /** Two empty folders below `folder`, and what has to run between them. */
  start(folder: string): Promise<RunningSyncPeer>;
};

export interface RunningSyncPeer extends AsyncDisposable {
  readonly a: string;
  readonly b: string;
  /** What changed in `a` goes to `b`. Of a program that does it by itself: what makes it look at once. */
  bring(): Promise<Brought>;
  /** Whether all is there when `bring` ends; else it comes by itself, some time later. */
  readonly isDoneWhenBrought: boolean;
  /** From now on it follows both by itself, until it is stopped. */
  follow?(): Promise<Following>;
}

/** @property pids of the programs that do it, of which each has those that it started below it; none where they run all the time */
export type Following = { readonly pids: readonly number[]; stop(): Promise<void> };

/** When all was with a server in between, ms since the start; null where there is none. */
export type Brought = { readonly sentMs: number | null };
