// `reprise sync start` and `stop`: follows every root of this machine until it is told to stop; a service manager runs it, or a terminal.
import { Failure } from '@reprise/protocol/formats';
import { type Drive, saySyncState } from '@reprise/sdk/drive';
import { type FollowState, followRoot, type Journal, type RootProgress, StandingTeller, systemSchedule } from '@reprise/sync/node';
import { sleep, systemClock } from '@reprise/kit';
import { openDriveFor } from '../account.ts';
import { formatBytes } from '../amounts.ts';
import { parseArguments } from '../arguments.ts';
import type { CommandContext } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { visible } from '../visible.ts';
import { failureText } from '../words.ts';
import { AtRest } from './at-rest.ts';
import { openKnown } from './open.ts';
import { onceReached, stoppedText, whenPossible } from './patience.ts';
import { type KnownRoot, Roots, type RootStatus } from './roots.ts';

type Shown = { readonly quiet: boolean; readonly json: boolean };

const statusEveryMs = 500;

export async function start(args: readonly string[], context: CommandContext): Promise<number> {
  const { values, positionals } = parseArguments(args, { 'limit-rate': { type: 'string' } });
  if (positionals.length > 0) throw new Failure('usage', { reason: 'sync-folder', value: positionals[0] ?? '' });
  const known = new Roots(context.terminal.stateFolder).list();
  if (known.length === 0) throw new Failure('usage', { reason: 'sync-none', value: '' });
  const shown = { quiet: values.quiet === true, json: values.json === true };
  const waiting = { ...shown, folders: known.map(({ folder }) => folder) };
  const open = () => openDriveFor(context.terminal, { threads: 'resting', rate: values['limit-rate'] });
  await using opened = await onceReached(open, waiting, context);
  return await followAll(known, opened.drive, shown, context);
}

/** Until it is interrupted. One root that cannot go on does not hold up the others. */
export async function followAll(known: readonly KnownRoot[], drive: Drive, shown: Shown, context: CommandContext): Promise<number> {
  const { terminal } = context;
  const follow = async (root: KnownRoot): Promise<void> => {
    try {
      await followOne(root, drive, shown, context);
    } catch (error) {
      // The others go on, and what is thrown is heard when the last has ended.
      if (known.length > 1 && error instanceof Failure && !terminal.interrupted.aborted)
        terminal.say(`${visible(root.folder)}: ${failureText(context.words, error)}\n`);
      throw error;
    }
  };
  const ended = await Promise.allSettled(known.map(follow));
  const failed = ended.find((result) => result.status === 'rejected');
  if (failed && !terminal.interrupted.aborted) throw failed.reason;
  return exitCodes.done;
}

async function followOne(root: KnownRoot, drive: Drive, shown: Shown, context: CommandContext): Promise<void> {
  const { terminal, words } = context;
  const roots = new Roots(terminal.stateFolder);
  let told = '';
  const tell = (state: FollowState): void => {
    const text = JSON.stringify(state.state === 'syncing' ? 'syncing' : statusOf(state));
    if (text === told || state.state === 'syncing') return;
    told = text;
    if (shown.json) terminal.print(JSON.stringify({ v: 1, folder: root.folder, ...statusOf(state) }));
    else if (!shown.quiet) terminal.say(`${visible(root.folder)}: ${wordsOf(state)}\n`);
  };
  const stoppedBy = (failure: Failure, retryAtMs: number): FollowState => ({ state: 'stopped', failure, retryAtMs });
  using _lock = await whenPossible(
    () => roots.hold(root),
    isFull,
    (failure, retryAtMs) => tell(stoppedBy(failure, retryAtMs)),
    terminal.interrupted,
  );
  let status: RootStatus = { atMs: Date.now(), state: 'syncing' };
  let writtenMs = 0;
  const write = (change: Omit<RootStatus, 'atMs'>, isUrgent: boolean): void => {
    const atMs = Date.now();
    status = { atMs, ...change };
    if (!isUrgent && atMs - writtenMs < statusEveryMs) return;
    writtenMs = atMs;
    roots.setStatus(root, status);
  };
  write({ state: 'syncing' }, true);
  let journal: Journal | undefined;
  const teller = tellerOf(root, drive, () => journal?.conflicts().length ?? 0);
  using rest = new AtRest(() => journal?.rest());
  const onState = (state: FollowState): void => {
    write(statusOf(state), true);
    rest.hear(state.state !== 'syncing');
    teller.hear(state);
    tell(state);
  };
  const ended = new AbortController();
  const telling = teller.run(AbortSignal.any([terminal.interrupted, ended.signal]));
  // What fails there is met where it is waited for, below: it ends nothing meanwhile.
  telling.catch(() => undefined);
  try {
    await followOpened();
  } finally {
    ended.abort();
    await telling;
  }

  async function followOpened(): Promise<void> {
    // A disk may come later than the program, and a folder that is not there holds up no other.
    using opened = await whenPossible(
      () =>
        openKnown(root, drive, terminal, ({ stage, transfer }: RootProgress) => {
          if (status.state !== 'syncing') return;
          write({ state: 'syncing', progress: { stage, bytesDone: transfer.bytesDone, bytesTotal: transfer.bytesTotal } }, false);
        }),
      (failure) => failure.code === 'target-refused' || isFull(failure),
      (failure, retryAtMs) => onState(stoppedBy(failure, retryAtMs)),
      terminal.interrupted,
    );
    journal = opened.journal;
    try {
      await followRoot(opened.sync, onState, terminal.interrupted);
    } finally {
      journal = undefined;
    }
  }

  function wordsOf(state: FollowState): string {
    if (state.state === 'offline') return words.syncWaits;
    if (state.state === 'stopped') return stoppedText(words, state.failure);
    return words.syncState[state.state];
  }
}

function isFull({ code }: Failure): boolean {
  return code === 'target-full';
}

/** The account's other devices show it. */
function tellerOf({ id, folder, drivePath }: KnownRoot, drive: Drive, conflicts: () => number): StandingTeller {
  return new StandingTeller({
    clock: systemClock,
    schedule: systemSchedule,
    conflicts,
    say: (standing, nowMs, signal) => saySyncState(drive, { root: id, folder, drivePath, ...standing }, nowMs, signal),
  });
}

function statusOf(state: FollowState): Omit<RootStatus, 'atMs'> {
  if (state.state === 'paused') return { state: 'paused', untilMs: state.untilMs };
  if (state.state === 'offline' || state.state === 'stopped')
    return { state: state.state, failure: state.failure.code, retryAtMs: state.retryAtMs };
  return { state: state.state };
}

/** How long a program has to end what it was doing. */
const stopMsMax = 10_000;

export async function stop(args: readonly string[], { terminal, words }: CommandContext): Promise<number> {
  const { values } = parseArguments(args, {});
  const roots = new Roots(terminal.stateFolder);
  const held = () =>
    roots.list().flatMap((root) => {
      const holder = roots.holder(root);
      return holder ? [{ folder: root.folder, ...holder }] : [];
    });
  const pids = new Set(held().flatMap(({ pid }) => pid ?? []));
  for (const pid of pids) endProcess(pid);
  const endMs = Date.now() + stopMsMax;
  while (held().some(({ pid }) => pid !== null) && Date.now() < endMs) await sleep(50);
  const left = held();
  // Those of another machine or container cannot be told anything from here.
  const elsewhere = left.filter(({ pid }) => pid === null).map(({ folder, file }) => ({ folder, lock: file }));
  if (values.json) terminal.print(JSON.stringify({ v: 1, stopped: pids.size, elsewhere }));
  else {
    const isIdle = pids.size === 0 && elsewhere.length === 0;
    if (!values.quiet && (isIdle || pids.size > 0)) terminal.say(`${isIdle ? words.syncState.none : words.syncStopped}\n`);
    for (const { folder, lock } of elsewhere) terminal.say(`${words.syncElsewhere(visible(folder), visible(lock))}\n`);
  }
  return left.length > 0 ? exitCodes.failed : exitCodes.done;
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch (error) {
    // It ended by itself meanwhile.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

export function shownProgress({ progress }: RootStatus, language: Parameters<typeof formatBytes>[1]): string {
  if (!progress || progress.bytesTotal === 0) return '';
  return ` ${formatBytes(progress.bytesDone, language)} / ${formatBytes(progress.bytesTotal, language)}`;
}
