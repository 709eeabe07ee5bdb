// A root as this machine has it: its folder on the disk, its journal, and what sync needs of Node. spec/sync.md "The root".
import { readFileSync } from 'node:fs';
import { uptime } from 'node:os';
import path from 'node:path';
import { systemClock, systemRandom } from '@reprise/kit';
import { Failure } from '@reprise/protocol/formats';
import type { PushWish, Replica } from '@reprise/sdk/drive';
import { conflictMoment } from '@reprise/vault';
import { DiskRefusal } from '../ports.ts';
import { type RootProgress, RootSync } from '../root-sync.ts';
import { endRoot, startRoot } from '../start.ts';
import { threadedDisk } from './disk-threads.ts';
import { Journal, type JournalOf } from './journal/journal.ts';
import { systemSchedule } from './schedule.ts';
import { sha256 } from './sha256.ts';

export type RootPlace = {
  /** Of this machine, absolute. */
  readonly folder: string;
  readonly journal: string;
  readonly of: JournalOf;
};

export type OpenRootOptions = {
  readonly replica: Replica;
  /** What this machine is called in the names of conflict copies. */
  readonly device: string;
  /** What was sent is not sent again after a stop. */
  readonly store?: NonNullable<PushWish['journal']>;
  readonly onProgress?: (progress: RootProgress) => void;
};

export type OpenedRoot = { readonly sync: RootSync; readonly journal: Journal } & Disposable;

/** @throws Failure bad-journal, target-full, target-refused (`root-missing`, or what the disk says) */
export async function openRoot({ folder, journal: file, of }: RootPlace, options: OpenRootOptions): Promise<OpenedRoot> {
  const disk = threadedDisk(folder);
  const journal = Journal.open(file, of);
  try {
    // The marker first: where the folder is not what it was, nothing is written into it.
    const label = () => ({ moment: conflictMoment(systemClock.now()), device: options.device });
    await startRoot({ disk, journal, hash: sha256, nowMs: () => systemClock.now(), label, boot: bootName() });
    const sync = new RootSync({
      ports: { disk, clock: systemClock, random: systemRandom, schedule: systemSchedule },
      probe: await disk.probe(),
      journal,
      hash: sha256,
      onDisk: (at) => path.join(folder, at),
      ...options,
    });
    const close = (): void => {
      try {
        endRoot({ journal, nowMs: () => systemClock.now() });
      } catch (error) {
        // Without its last mark the next start looks at what was written shortly before, as after a cut of power.
        if (!(error instanceof Failure && error.code === 'target-full')) throw error;
      } finally {
        journal[Symbol.dispose]();
      }
    };
    return { sync, journal, [Symbol.dispose]: close };
  } catch (error) {
    journal[Symbol.dispose]();
    if (error instanceof DiskRefusal) {
      const code = error.reason === 'full' ? 'target-full' : 'target-refused';
      throw new Failure(code, { path: folder, reason: error.reason }, { cause: error });
    }
    throw error;
  }
}

/** Linux draws a name at each start; elsewhere it is the second of it, and a clock that was set makes for one look too many. */
function bootName(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return String(Math.round(systemClock.now() / 1_000 - uptime()));
  }
}
