// `reprise sync FOLDER`: a folder of this machine and one of the drive become equal, in both directions.
import path from 'node:path';
import { Failure } from '@reprise/protocol/formats';
import type { Drive } from '@reprise/sdk/drive';
import type { RootProgress, RootReport } from '@reprise/sync/node';
import { openDriveFor } from './account.ts';
import { parseArguments } from './arguments.ts';
import type { Command, CommandContext } from './command.ts';
import { isDrivePath } from './drive-path.ts';
import { exitCodes } from './exit-codes.ts';
import { openProgress, type ProgressLine } from './progress.ts';
import { openKnown } from './sync/open.ts';
import { type KnownRoot, realFolder, Roots } from './sync/roots.ts';
import { visible } from './visible.ts';

const options = {
  to: { type: 'string' },
  once: { type: 'boolean' },
  server: { type: 'string', short: 's' },
  'limit-rate': { type: 'string' },
} as const;

/** Words that are no folder: one of that name is written with `./` in front. */
const acts: Readonly<Record<string, () => Promise<Command>>> = {
  start: async () => (await import('./sync/start.ts')).start,
  stop: async () => (await import('./sync/start.ts')).stop,
  install: async () => (await import('./sync/install.ts')).install,
  list: async () => (await import('./sync/status.ts')).list,
  status: async () => (await import('./sync/status.ts')).status,
  remove: async () => (await import('./sync/choices.ts')).remove,
  pause: async () => (await import('./sync/choices.ts')).pause,
  resume: async () => (await import('./sync/choices.ts')).resume,
  held: async () => (await import('./sync/choices.ts')).held,
  ignore: async () => (await import('./sync/choices.ts')).ignore,
  log: async () => (await import('./sync/reasons.ts')).log,
  why: async () => (await import('./sync/reasons.ts')).why,
  check: async () => (await import('./sync/check.ts')).check,
  select: async () => (await import('./sync/select.ts')).select,
  conflicts: async () => (await import('./sync/conflicts.ts')).conflicts,
};

export async function sync(args: readonly string[], context: CommandContext): Promise<number> {
  const act = args[0] !== undefined && Object.hasOwn(acts, args[0]) ? acts[args[0]] : undefined;
  if (act) return (await act())(args.slice(1), context);
  const { values, positionals } = parseArguments(args, options);
  const [given, ...more] = positionals;
  if (given === undefined || more.length > 0) throw new Failure('usage', { reason: 'sync-folder', value: more[0] ?? '' });
  if (values.to !== undefined && !isDrivePath(values.to)) throw new Failure('usage', { reason: 'drive-path', value: values.to });
  const folder = realFolder(given);
  const roots = new Roots(context.terminal.stateFolder);
  const shown = { quiet: values.quiet === true, json: values.json === true };
  const open = () => openDriveFor(context.terminal, { threads: 'resting', rate: values['limit-rate'], server: values.server });
  if (values.once) {
    await using opened = await open();
    return await syncOnce(await rootFor(folder, values.to, roots, opened.drive), opened.drive, shown, context);
  }
  const [{ followAll }, { onceReached }] = await Promise.all([import('./sync/start.ts'), import('./sync/patience.ts')]);
  const waiting = { ...shown, folders: [folder] };
  await using opened = await onceReached(open, waiting, context);
  const root = await onceReached(() => rootFor(folder, values.to, roots, opened.drive), waiting, context);
  return await followAll([root], opened.drive, shown, context);
}

async function syncOnce(root: KnownRoot, drive: Drive, shown: { quiet: boolean; json: boolean }, context: CommandContext): Promise<number> {
  const { terminal, words } = context;
  const roots = new Roots(terminal.stateFolder);
  using _lock = roots.hold(root);
  using progress = openProgress(terminal, { verb: words.syncing, files: words.filesWord, isQuiet: shown.quiet });
  using at = await openKnown(root, drive, terminal, (change) => show(change, progress, words.waitingNetwork));
  let report = await at.sync.run(terminal.interrupted);
  // What was replaced just now is looked at a second time by the next run; what came back from the safety folder is sent by this one.
  await at.sync.purge();
  if (at.sync.isDirty) report = sum(report, await at.sync.run(terminal.interrupted));
  progress[Symbol.dispose]();
  if (!shown.quiet) tell(report, context);
  if (shown.json) terminal.print(JSON.stringify(reportJson(root, report)));
  return report.troubles.length > 0 || report.conflicts.length > 0 ? exitCodes.partly : exitCodes.done;
}

function sum(first: RootReport, second: RootReport): RootReport {
  return {
    ...second,
    sent: first.sent + second.sent,
    received: first.received + second.received,
    removedHere: first.removedHere + second.removedHere,
    removedThere: first.removedThere + second.removedThere,
    conflicts: [...first.conflicts, ...second.conflicts],
  };
}

/** One that was added before, or a new one. @throws Failure usage where it is synced with another folder of the drive */
async function rootFor(folder: string, to: string | undefined, roots: Roots, drive: Drive): Promise<KnownRoot> {
  const known = roots.find(folder);
  if (known) {
    if (known.space !== drive.spaceId) throw new Failure('usage', { reason: 'sync-other-drive', value: folder });
    if (to !== undefined && to !== known.drivePath) throw new Failure('usage', { reason: 'sync-other', value: known.drivePath });
    return known;
  }
  const drivePath = to ?? `/${path.basename(folder).normalize('NFC')}`;
  if (drivePath !== '/') await drive.makeFolder(drivePath, { parents: true });
  const entry = drivePath === '/' ? undefined : await drive.stat(drivePath);
  return roots.add({ folder, space: drive.spaceId, drivePath, driveFolder: entry?.fid ?? '0'.repeat(32) });
}

function show({ stage, transfer, seen }: RootProgress, line: ProgressLine, waiting: string): void {
  if (stage === 'looking') line.update(() => ({ bytesDone: 0, bytesTotal: 0, filesDone: seen, filesTotal: seen }));
  else line.update(() => ({ ...transfer, note: stage === 'waiting' ? waiting : undefined }));
}

function tell(report: RootReport, { terminal, words }: CommandContext): void {
  terminal.say(`${words.synced(report.sent, report.received, report.removedHere, report.removedThere)}\n`);
  for (const conflict of report.conflicts) terminal.say(`${words.syncConflict(visible(conflict))}\n`);
  for (const { path: at, reason } of report.troubles) terminal.say(`  ${visible(at)}: ${words.syncReason[reason]}\n`);
}

function reportJson({ folder, drivePath }: KnownRoot, { troubles, ...report }: RootReport) {
  return { v: 1, folder, to: drivePath, ...report, stalls: troubles.map(({ path: at, reason }) => ({ path: at, reason })) };
}
