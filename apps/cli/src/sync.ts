// `reprise sync FOLDER`: a folder of this machine and one of the drive become equal, in both directions.
import os from 'node:os';
import path from 'node:path';
import { Failure } from '@reprise/protocol/formats';
import { type Drive, Replica } from '@reprise/sdk/drive';
import { journalFile } from '@reprise/sdk/node';
import { openRoot, type RootProgress, type RootReport } from '@reprise/sync/node';
import { openDriveFor } from './account.ts';
import { parseArguments } from './arguments.ts';
import type { CommandContext } from './command.ts';
import { isDrivePath } from './drive-path.ts';
import { exitCodes } from './exit-codes.ts';
import { openProgress, type ProgressLine } from './progress.ts';
import { State } from './state.ts';
import { type KnownRoot, realFolder, Roots } from './sync/roots.ts';
import { visible } from './visible.ts';

const options = {
  to: { type: 'string' },
  once: { type: 'boolean' },
  server: { type: 'string', short: 's' },
  'limit-rate': { type: 'string' },
} as const;

export async function sync(args: readonly string[], context: CommandContext): Promise<number> {
  const { terminal, words } = context;
  const { values, positionals } = parseArguments(args, options);
  const [given, ...more] = positionals;
  if (given === undefined || more.length > 0) throw new Failure('usage', { reason: 'sync-folder', value: more[0] ?? '' });
  if (values.to !== undefined && !isDrivePath(values.to)) throw new Failure('usage', { reason: 'drive-path', value: values.to });
  if (!values.once) throw new Failure('usage', { reason: 'sync-once', value: '--once' });
  const folder = realFolder(given);
  const roots = new Roots(terminal.stateFolder);
  const state = State.open(terminal.stateFolder);
  await using opened = await openDriveFor(terminal, { threads: true, rate: values['limit-rate'], server: values.server });
  const root = await rootFor(folder, values.to, roots, opened.drive);
  using _lock = roots.hold(root);
  using store = journalFile(roots.uploads(root));
  using progress = openProgress(terminal, { verb: words.syncing, files: words.filesWord, isQuiet: values.quiet === true });
  using at = await openRoot(roots.place(root), {
    replica: Replica.of(opened.drive, root.driveFolder, root.drivePath.split('/').filter(Boolean)),
    device: os.hostname(),
    store: { store, key: state.deviceKey },
    onProgress: (shown) => show(shown, progress, words.waitingNetwork),
  });
  const report = await at.sync.run(terminal.interrupted);
  await finishSafety(at.sync, terminal.interrupted);
  progress[Symbol.dispose]();
  if (!values.quiet) tell(report, context);
  if (values.json) terminal.print(JSON.stringify(reportJson(root, report)));
  return report.troubles.length > 0 || report.conflicts.length > 0 ? exitCodes.partly : exitCodes.done;
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

/** What was replaced or removed is looked at a second time before the program ends. */
async function finishSafety(sync: { purge(): Promise<number | null> }, signal: AbortSignal): Promise<void> {
  for (let nextMs = await sync.purge(); nextMs !== null && !signal.aborted; nextMs = await sync.purge())
    await new Promise((resolve) => setTimeout(resolve, Math.max(10, (nextMs as number) - Date.now())));
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
