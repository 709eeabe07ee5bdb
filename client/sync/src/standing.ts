// How a folder that is followed stands, said to the account's other devices: when it has been so for a moment, not more than once a minute, and every
// few hours however quiet it is. spec/drive.md "States of synced folders".
import { Failure } from '@reprise/protocol/formats';
import { type SyncHolds, syncHeartbeatMs, type SyncStateWord } from '@reprise/sdk/drive';
import type { FollowState } from './follow.ts';
import type { Trouble } from './node/journal/journal.ts';
import type { Ports } from './ports.ts';
import type { RootReport } from './root-sync.ts';

export type Standing = { readonly state: SyncStateWord; readonly holds: SyncHolds };

/** What passes sooner is not said. */
export const settledMs = 2_000;
export const betweenMs = 60_000;
const tickMs = 500;
/** What ends is said by then, or not at all. */
const lastWordMs = 2_000;

export type Said = { readonly standing: Standing; readonly atMs: number };
export type Wanted = { readonly standing: Standing; readonly sinceMs: number };

/** @param said what was said last, whether it was heard or not */
export function isDueToSay(said: Said | null, wanted: Wanted, nowMs: number): boolean {
  // A clock that was set back must not silence a device.
  if (said && nowMs < said.atMs) return true;
  if (said && nowMs - said.atMs < betweenMs) return false;
  if (said && nowMs - said.atMs >= syncHeartbeatMs) return true;
  return nowMs - wanted.sinceMs >= settledMs && (!said || !isSame(said.standing, wanted.standing));
}

export function holdsOf(troubles: readonly Pick<Trouble, 'reason'>[], conflicts: number): SyncHolds {
  const count = (isIt: (reason: Trouble['reason']) => boolean): number => troubles.filter(({ reason }) => isIt(reason)).length;
  return {
    removals: count((reason) => reason === 'held'),
    conflicts,
    fullDisk: count((reason) => reason === 'disk-full'),
    others: count((reason) => reason !== 'held' && reason !== 'disk-full'),
  };
}

/** null where nothing can be said of it: without a network nobody would hear. */
export function standingOf(state: FollowState, conflicts: number): Standing | null {
  const none = holdsOf([], conflicts);
  switch (state.state) {
    case 'offline':
      return null;
    case 'syncing':
      return { state: 'working', holds: none };
    case 'paused':
      return { state: 'paused', holds: none };
    case 'stopped':
      return { state: 'stopped', holds: { ...none, fullDisk: state.failure.code === 'target-full' ? 1 : 0 } };
    case 'in-sync':
      return { state: 'in-step', holds: none };
    case 'attention':
      return { state: 'attention', holds: holdsOf(state.report.troubles, conflicts) };
  }
}

type Tools = Pick<Ports, 'clock' | 'schedule'> & {
  /** How many copies of conflicts stand in the folder: asked not more than once a minute, since all rows are looked at for it. */
  readonly conflicts: () => number;
  /** @throws Failure what keeps it from being heard: it is said again later */
  readonly say: (standing: Standing, nowMs: number, signal: AbortSignal) => Promise<void>;
};

export class StandingTeller {
  readonly #tools: Tools;
  #said: Said | null = null;
  #wanted: Wanted | null = null;
  #conflicts = 0;
  #countedMs: number | null = null;
  #isCountOld = true;

  constructor(tools: Tools) {
    this.#tools = tools;
  }

  hear(state: FollowState): void {
    if ('report' in state && didAnything(state.report)) this.#isCountOld = true;
    const standing = standingOf(state, this.#conflicts);
    if (standing) this.#want(standing);
  }

  #want(standing: Standing): void {
    if (!this.#wanted || !isSame(this.#wanted.standing, standing)) this.#wanted = { standing, sinceMs: this.#tools.clock.now() };
  }

  /** Until the signal ends; then says that it has. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, schedule } = this.#tools;
    while (!signal.aborted) {
      const nowMs = clock.now();
      this.#count(nowMs);
      if (this.#wanted && isDueToSay(this.#said, this.#wanted, nowMs)) await this.#say(this.#wanted.standing, signal);
      await schedule.sleep(tickMs, signal).catch(() => undefined);
    }
    // Who was never heard of has nothing to take back.
    if (this.#said) await this.#say({ ...this.#said.standing, state: 'ended' }, AbortSignal.timeout(lastWordMs));
  }

  #count(nowMs: number): void {
    if (!this.#wanted || !this.#isCountOld || nowMs - this.#wanted.sinceMs < settledMs) return;
    if (this.#countedMs !== null && nowMs - this.#countedMs < betweenMs) return;
    this.#isCountOld = false;
    this.#countedMs = nowMs;
    this.#conflicts = this.#tools.conflicts();
    const { standing, sinceMs } = this.#wanted;
    this.#wanted = { standing: { ...standing, holds: { ...standing.holds, conflicts: this.#conflicts } }, sinceMs };
  }

  async #say(standing: Standing, signal: AbortSignal): Promise<void> {
    const atMs = this.#tools.clock.now();
    try {
      await this.#tools.say(standing, atMs, signal);
      this.#said = { standing, atMs };
    } catch (error) {
      if (!(error instanceof Failure) && !signal.aborted) throw error;
      // It was not heard, and counts as said so that it is not tried all the time; a change of state since is tried in its turn.
      this.#said = { standing: { ...standing, state: 'ended' }, atMs };
    }
  }
}

function didAnything({ sent, received, removedHere, removedThere, conflicts }: RootReport): boolean {
  return sent + received + removedHere + removedThere + conflicts.length > 0;
}

function isSame(a: Standing, b: Standing): boolean {
  const [left, right] = [a.holds, b.holds];
  const same = left.removals === right.removals && left.conflicts === right.conflicts;
  return same && left.fullDisk === right.fullDisk && left.others === right.others && a.state === b.state;
}
