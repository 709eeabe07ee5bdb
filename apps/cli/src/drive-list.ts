// `reprise ls /path`, `tree`, `find` and `du`: what stands in the drive.
import { Failure } from '@reprise/protocol/formats';
import type { DriveEntry } from '@reprise/sdk/drive';
import { openDriveFor } from './account.ts';
import { formatBytes, formatDate } from './amounts.ts';
import { parseArguments } from './arguments.ts';
import type { CommandContext } from './command.ts';
import { isDrivePath } from './drive-path.ts';
import { exitCodes } from './exit-codes.ts';
import { visible } from './visible.ts';

/** An entry as JSON shows it. */
export function entryJson({ path, kind, sizeBytes, modifiedMs, digest, target, starred, colour, fid }: DriveEntry) {
  return {
    path,
    kind,
    bytes: sizeBytes,
    modifiedAt: modifiedMs === 0 ? null : new Date(modifiedMs).toISOString(),
    sha256: digest,
    ...(target !== null && { target }),
    ...(starred && { starred }),
    ...(colour !== 0 && { colour }),
    id: fid,
  };
}

function line(entry: DriveEntry, shown: string, { terminal }: CommandContext): string {
  const end = entry.kind === 'folder' ? '/' : entry.kind === 'symlink' ? ` → ${visible(entry.target ?? '')}` : '';
  const size = formatBytes(entry.sizeBytes, terminal.language).padStart(9);
  return `${size}  ${formatDate(entry.modifiedMs)}  ${visible(shown)}${end}`;
}

/** The one path of a command line; the root if there is none. */
function onePath(positionals: readonly string[]): string {
  const [path = '/', ...more] = positionals;
  if (more.length > 0 || !isDrivePath(path)) throw new Failure('usage', { reason: 'drive-path', value: more[0] ?? path });
  return path;
}

/** `ls` of a path; a link is listed by ls.ts. */
export async function lsDrive(args: readonly string[], context: CommandContext): Promise<number> {
  const { terminal } = context;
  const { values, positionals } = parseArguments(args, {
    recursive: { type: 'boolean', short: 'R' },
    server: { type: 'string', short: 's' },
  });
  const path = onePath(positionals);
  await using opened = await openDriveFor(terminal, { server: values.server });
  const { drive } = opened;
  const at = path === '/' ? null : await drive.stat(path, terminal.interrupted);
  const source =
    at && at.kind !== 'folder' ? [at] : values.recursive ? drive.walk(path, terminal.interrupted) : drive.list(path, terminal.interrupted);
  const entries: object[] = [];
  for await (const entry of source) {
    if (values.json) entries.push(entryJson(entry));
    else if (values.quiet) terminal.print(visible(values.recursive ? entry.path : entry.name));
    else terminal.print(line(entry, values.recursive ? entry.path : entry.name, context));
  }
  if (values.json) terminal.print(JSON.stringify({ path, entries }));
  return exitCodes.done;
}

export async function tree(args: readonly string[], context: CommandContext): Promise<number> {
  const { terminal, words } = context;
  const { values, positionals } = parseArguments(args, {});
  const path = onePath(positionals);
  await using opened = await openDriveFor(terminal);
  const base = path.split('/').filter(Boolean).length;
  let [files, folders, bytes] = [0, 0, 0];
  const entries: object[] = [];
  if (!values.json) terminal.print(visible(path));
  for await (const entry of opened.drive.walk(path, terminal.interrupted)) {
    if (entry.kind === 'folder') folders++;
    else files++;
    if (entry.kind !== 'folder') bytes += entry.sizeBytes;
    if (values.json) entries.push(entryJson(entry));
    else {
      const depth = entry.path.split('/').length - 2 - base;
      terminal.print(`${'  '.repeat(depth + 1)}${visible(entry.name)}${entry.kind === 'folder' ? '/' : ''}`);
    }
  }
  if (values.json) terminal.print(JSON.stringify({ path, files, folders, bytes, entries }));
  else if (!values.quiet) terminal.say(`${words.treeSum(files, folders, formatBytes(bytes, terminal.language))}\n`);
  return exitCodes.done;
}

export async function find(args: readonly string[], context: CommandContext): Promise<number> {
  const { terminal } = context;
  const { values, positionals } = parseArguments(args, {});
  const paths = positionals.filter(isDrivePath);
  const question = positionals.filter((text) => !isDrivePath(text)).join(' ');
  if (question === '') throw new Failure('usage', { reason: 'no-words' });
  await using opened = await openDriveFor(terminal);
  const entries: object[] = [];
  for await (const entry of opened.drive.find(question, onePath(paths), terminal.interrupted)) {
    if (values.json) entries.push(entryJson(entry));
    else terminal.print(visible(entry.path) + (entry.kind === 'folder' ? '/' : ''));
  }
  if (values.json) terminal.print(JSON.stringify({ entries }));
  return exitCodes.done;
}

export async function du(args: readonly string[], context: CommandContext): Promise<number> {
  const { terminal, words } = context;
  const { values, positionals } = parseArguments(args, {});
  const path = onePath(positionals);
  await using opened = await openDriveFor(terminal);
  const { drive } = opened;
  const sizes: { path: string; bytes: number }[] = [];
  let bytes = 0;
  for await (const entry of drive.list(path, terminal.interrupted)) {
    sizes.push({ path: entry.path, bytes: entry.sizeBytes });
    bytes += entry.sizeBytes;
  }
  const usage = await drive.usage(terminal.interrupted);
  if (values.json) {
    terminal.print(JSON.stringify({ path, bytes, entries: sizes, account: usage }));
    return exitCodes.done;
  }
  const { language } = terminal;
  for (const size of sizes.toSorted((a, b) => b.bytes - a.bytes))
    terminal.print(`${formatBytes(size.bytes, language).padStart(9)}  ${visible(size.path)}`);
  terminal.print(`${formatBytes(bytes, language).padStart(9)}  ${visible(path)}`);
  if (!values.quiet) {
    const show = (value: number) => formatBytes(value, language);
    terminal.say(`${words.usage(show(usage.storedBytes), show(usage.maxBytes), show(usage.historyBytes), show(usage.pendingBytes))}\n`);
  }
  return exitCodes.done;
}
