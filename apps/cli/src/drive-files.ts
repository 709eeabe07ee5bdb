// `reprise put FILE… /folder`, `get /path` and `cat /path`: files between this disk and the drive.
import path from 'node:path';
import { Failure } from '@reprise/protocol/formats';
import type { Entry, LeftOut, UploadItem, WalkedEntry } from '@reprise/sdk';
import type { Drive, DriveEntry, DriveUpload, DriveUploadOutcome, TakenAnswer } from '@reprise/sdk/drive';
import { collectFiles, journalFile } from '@reprise/sdk/node';
import { openDriveFor } from './account.ts';
import { formatBytes, formatDuration } from './amounts.ts';
import { parseArguments, takePassword } from './arguments.ts';
import { type CommandContext, leftOutJson } from './command.ts';
import { drivePaths } from './drive-change.ts';
import { exitCodes } from './exit-codes.ts';
import { saveAll, writeToStandardOutput } from './get.ts';
import { matcherOf } from './ignore.ts';
import { openProgress } from './progress.ts';
import { putOptions } from './put.ts';
import { repeatable } from './repeat.ts';
import { sendingShape } from './send.ts';
import { State } from './state.ts';
import { visible } from './visible.ts';
import { failureText } from './words.ts';

/** Above this, threads are worth their start. */
const inlineBytesMax = 1_000_000;
const answers: readonly TakenAnswer[] = ['version', 'both', 'skip'];

export async function putDrive(args: readonly string[], context: CommandContext): Promise<number> {
  const { terminal } = context;
  const { values, positionals } = parseArguments(takePassword(args).rest, putOptions);
  const wrong = (['expires', 'downloads', 'label', 'name'] as const).find((name) => values[name] !== undefined);
  if (wrong !== undefined) throw new Failure('usage', { reason: 'link-option', value: `--${wrong}` });
  const onTaken = (values['on-taken'] ?? 'version') as TakenAnswer;
  if (!answers.includes(onTaken)) throw new Failure('usage', { reason: 'on-taken', value: onTaken });
  const folder = positionals.at(-1) as string;
  const paths = positionals.slice(0, -1);
  const found = collectFiles(paths, { follow: values.follow === true, ...(values.ignore && { ignore: matcherOf(values.ignore) }) });
  const { items } = found;
  const totalBytes = items.reduce((sum, item) => sum + (item.kind === 'file' ? item.size : 0), 0);
  await using opened = await openDriveFor(terminal, {
    ...(totalBytes > inlineBytesMax && { threads: 'standing' }),
    rate: values['limit-rate'],
    server: values.server,
  });
  const startedAt = performance.now();
  const outcome = await sendItems(opened.drive, { args, values, folder, paths, items, onTaken }, context);
  if (!outcome) return exitCodes.interrupted;
  const leftOut = [...found.leftOut, ...outcome.leftOut];
  if (!values.quiet) tellPut(outcome, performance.now() - startedAt, folder, context);
  tellLeftOut(leftOut, context);
  if (values.json) {
    const { files, sizeBytes, versions, skipped, renamed } = outcome;
    terminal.print(JSON.stringify({ folder, bytes: sizeBytes, files, versions, skipped, renamed, leftOut: leftOutJson(leftOut) }));
  }
  return leftOut.length > 0 ? exitCodes.partly : exitCodes.done;
}

type PutValues = ReturnType<typeof parseArguments<typeof putOptions>>['values'];
type ItemsToSend = {
  readonly args: readonly string[];
  readonly values: PutValues;
  readonly folder: string;
  readonly paths: readonly string[];
  readonly items: readonly UploadItem[];
  readonly onTaken: TakenAnswer;
};

/** @returns undefined if it was stopped on request, which has been told */
async function sendItems(drive: Drive, sent: ItemsToSend, { terminal, words }: CommandContext): Promise<DriveUploadOutcome | undefined> {
  const { args, values, folder, paths, items, onTaken } = sent;
  const state = State.open(terminal.stateFolder);
  const asked = [drive.spaceId, folder, ...paths.map((given) => path.resolve(given))];
  using journal = state.holdJournal(await state.name('put', ...asked));
  using store = journalFile(journal.file);
  if (values['no-resume']) await store.remove();
  using progress = openProgress(terminal, { verb: words.sending, files: words.filesWord, isQuiet: values.quiet === true });
  const upload = await drive.put(folder, items, {
    ...sendingShape,
    onTaken,
    journal: { store, key: state.deviceKey },
    onChange: (changed) => progress.update(() => shownOf(changed, words.waitingNetwork)),
  });
  const stop = () => void upload.stop();
  terminal.interrupted.addEventListener('abort', stop, { once: true });
  if (terminal.interrupted.aborted) stop();
  try {
    return await upload.finished;
  } catch (error) {
    progress[Symbol.dispose]();
    if (!terminal.interrupted.aborted) throw error;
    terminal.say(`${words.stoppedPut(repeatable('put', args))}\n`);
    if (values.json) terminal.print(JSON.stringify({ error: { code: 'cancelled' } }));
    return undefined;
  } finally {
    terminal.interrupted.removeEventListener('abort', stop);
  }
}

export type Together = Omit<ItemsToSend, 'items' | 'onTaken'> & {
  /** What the folder is called that several files are put into; null: after the first of them. */
  readonly together: string | null;
};

/**
 * What is put for one link: a single file or folder under its own name, several in a folder of their own.
 * @returns the drive, open, and where it lies there; undefined if it was stopped on request, which has been told
 */
export async function sendTogether(
  request: Together,
  context: CommandContext,
): Promise<({ readonly drive: Drive; readonly path: string; readonly leftOut: number } & AsyncDisposable) | undefined> {
  const { values, paths, together } = request;
  const found = collectFiles(paths, { follow: values.follow === true, ...(values.ignore && { ignore: matcherOf(values.ignore) }) });
  const tops = [...new Set(found.items.map((item) => (item.path.split('/')[0] as string).normalize('NFC')))];
  const [first] = tops;
  if (first === undefined) throw found.leftOut[0]?.failure ?? new Failure('nothing-to-send');
  const below = tops.length > 1 ? `${request.folder}/${together ?? `${first} + ${tops.length - 1}`}` : request.folder;
  const bytes = found.items.reduce((sum, item) => sum + (item.kind === 'file' ? item.size : 0), 0);
  const opened = await openDriveFor(context.terminal, {
    ...(bytes > inlineBytesMax && { threads: 'standing' }),
    rate: values['limit-rate'],
    server: values.server,
  });
  const { drive } = opened;
  try {
    const startedAt = performance.now();
    const outcome = await sendItems(drive, { ...request, folder: below, items: found.items, onTaken: 'version' }, context);
    if (!outcome) {
      await opened[Symbol.asyncDispose]();
      return undefined;
    }
    const leftOut = [...found.leftOut, ...outcome.leftOut];
    if (!values.quiet) tellPut(outcome, performance.now() - startedAt, below, context);
    tellLeftOut(leftOut, context);
    const at = tops.length > 1 ? below : `${below}/${first}`;
    return { drive, path: at, leftOut: leftOut.length, [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose]() };
  } catch (error) {
    await opened[Symbol.asyncDispose]();
    throw error;
  }
}

function shownOf(upload: DriveUpload, waiting: string) {
  const progress = upload.progress();
  return { ...progress, note: progress.phase === 'offline' ? waiting : undefined };
}

function tellPut(outcome: DriveUploadOutcome, tookMs: number, folder: string, { terminal, words }: CommandContext): void {
  const { files, sizeBytes, versions, skipped, renamed } = outcome;
  terminal.say(`${words.putInto(formatBytes(sizeBytes, terminal.language), files, visible(folder), formatDuration(tookMs / 1000))}\n`);
  if (versions > 0) terminal.say(`${words.newVersions(versions)}\n`);
  if (skipped > 0) terminal.say(`${words.skipped(skipped)}\n`);
  if (renamed.length > 0) terminal.say(`${words.renamedTitle}\n`);
  for (const { from, to } of renamed) terminal.say(`  ${visible(from)} → ${visible(to)}\n`);
}

function tellLeftOut(leftOut: readonly LeftOut[], { terminal, words }: CommandContext): void {
  if (leftOut.length > 0) terminal.say(`${words.leftOutTitle(leftOut.length)}\n`);
  for (const { path: at, failure } of leftOut) terminal.say(`  ${visible(at)}: ${visible(failureText(words, failure))}\n`);
}

export async function getDrive(args: readonly string[], context: CommandContext): Promise<number> {
  const { terminal } = context;
  const { values, positionals } = parseArguments(args, {
    output: { type: 'string', short: 'o' },
    force: { type: 'boolean', short: 'f' },
    server: { type: 'string', short: 's' },
    'limit-rate': { type: 'string' },
  });
  const paths = drivePaths(positionals, 1);
  await using opened = await openDriveFor(terminal, { threads: 'standing', rate: values['limit-rate'], server: values.server });
  const { drive } = opened;
  const tops: DriveEntry[] = [];
  for (const asked of paths) {
    const entry = asked === '/' ? null : await drive.stat(asked, terminal.interrupted);
    if (entry) tops.push(entry);
    else for await (const child of drive.list('/', terminal.interrupted)) tops.push(child);
  }
  const walk = async function* (): AsyncGenerator<WalkedEntry, void, void> {
    for (const top of tops) {
      yield { path: top.name, entry: top.entry };
      if (top.kind !== 'folder') continue;
      for await (const below of drive.walk(top.path, terminal.interrupted))
        yield { path: `${top.name}/${below.path.slice(top.path.length + 1)}`, entry: below.entry };
    }
  };
  const nothing = async () => undefined;
  const source = { tops: tops.map(({ entry }): Entry => entry), reader: drive.reader, walk, begin: nothing, finish: nothing };
  return await saveAll(source, { asked: [drive.spaceId, ...paths].join('\n'), args, values }, context);
}

export async function cat(args: readonly string[], { terminal }: CommandContext): Promise<number> {
  const { positionals } = parseArguments(args, {});
  const paths = drivePaths(positionals, 1);
  await using opened = await openDriveFor(terminal);
  const { drive } = opened;
  const files: DriveEntry[] = [];
  for (const asked of paths) {
    const entry = await drive.stat(asked, terminal.interrupted);
    if (entry.kind !== 'file') throw new Failure('not-a-file', { path: asked });
    files.push(entry);
  }
  for (const { entry } of files) await writeToStandardOutput(drive.reader, entry, terminal.interrupted);
  return exitCodes.done;
}
