// `reprise mkdir`, `mv`, `cp` and `rm /path`: what changes in the drive. Each command line is one commit.
import { Failure } from '@reprise/protocol/formats';
import type { Drive } from '@reprise/sdk/drive';
import { openDriveFor } from './account.ts';
import { parseArguments } from './arguments.ts';
import type { CommandContext } from './command.ts';
import { isDrivePath } from './drive-path.ts';
import { exitCodes } from './exit-codes.ts';

/** @throws Failure usage for what is no path of the drive, or too few of them */
export function drivePaths(positionals: readonly string[], atLeast: number): readonly string[] {
  const wrong = positionals.find((text) => !isDrivePath(text));
  if (wrong !== undefined) throw new Failure('usage', { reason: 'drive-path', value: wrong });
  if (positionals.length < atLeast) throw new Failure('usage', { reason: 'no-drive-path' });
  return positionals;
}

export async function mkdir(args: readonly string[], { terminal }: CommandContext): Promise<number> {
  const { values, positionals } = parseArguments(args, { parents: { type: 'boolean', short: 'p' } });
  const paths = drivePaths(positionals, 1);
  await using opened = await openDriveFor(terminal);
  for (const path of paths) await opened.drive.makeFolder(path, { parents: values.parents === true, signal: terminal.interrupted });
  if (values.json) terminal.print(JSON.stringify({ made: paths }));
  return exitCodes.done;
}

export async function mv(args: readonly string[], context: CommandContext): Promise<number> {
  return transfer(args, context, 'moved', (drive, transfers, options) => drive.moveAll(transfers, options));
}

export async function cp(args: readonly string[], context: CommandContext): Promise<number> {
  return transfer(args, context, 'copied', (drive, transfers, options) => drive.copyAll(transfers, options));
}

async function transfer(
  args: readonly string[],
  { terminal }: CommandContext,
  done: 'moved' | 'copied',
  act: (
    drive: Drive,
    transfers: readonly { from: string; to: string }[],
    options: NonNullable<Parameters<Drive['moveAll']>[1]>,
  ) => Promise<unknown>,
): Promise<number> {
  const { values, positionals } = parseArguments(args, { both: { type: 'boolean' } });
  const paths = drivePaths(positionals, 2);
  await using opened = await openDriveFor(terminal);
  const to = paths.at(-1) as string;
  const transfers = await targets(opened.drive, paths.slice(0, -1), to, terminal.interrupted);
  await act(opened.drive, transfers, { onTaken: values.both ? 'both' : 'fail', signal: terminal.interrupted });
  if (values.json) terminal.print(JSON.stringify({ [done]: transfers }));
  return exitCodes.done;
}

/** As `mv` does: into a folder that is there, else under the name given. */
async function targets(drive: Drive, from: readonly string[], to: string, signal: AbortSignal): Promise<{ from: string; to: string }[]> {
  const there = to.endsWith('/') || to === '/' ? await drive.stat(to, signal) : await drive.stat(to, signal).catch(notThere);
  if (there?.kind === 'folder') return from.map((path) => ({ from: path, to: `${to.replace(/\/+$/, '')}/${nameOf(path)}` }));
  if (from.length > 1) throw new Failure('not-a-folder', { path: to });
  return from.map((path) => ({ from: path, to }));
}

function notThere(error: unknown): null {
  if (error instanceof Failure && error.code === 'path-not-found') return null;
  throw error;
}

function nameOf(path: string): string {
  return path.split('/').findLast(Boolean) ?? '';
}

/** `rm` of paths; links are ended by rm.ts. */
export async function rmDrive(args: readonly string[], { terminal, words }: CommandContext): Promise<number> {
  const { values, positionals } = parseArguments(args, { server: { type: 'string', short: 's' } });
  const paths = drivePaths(positionals, 1);
  await using opened = await openDriveFor(terminal, { server: values.server });
  await opened.drive.remove(paths, terminal.interrupted);
  if (values.json) terminal.print(JSON.stringify({ trashed: paths }));
  else if (!values.quiet) terminal.say(`${words.trashed(paths.length)}\n`);
  return exitCodes.done;
}
