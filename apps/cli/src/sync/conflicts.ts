// `reprise sync conflicts`: files that were changed on both sides and are still there twice, and what a person keeps of them.
import os from 'node:os';
import path from 'node:path';
import { Failure } from '@reprise/protocol/formats';
import { type Conflict, conflictsIn, type Journal, type Keep, nodeDisk, type Settled, settleConflict } from '@reprise/sync/node';
import { DiskRefusal } from '@reprise/sync';
import { parseArguments } from '../arguments.ts';
import type { CommandContext } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { visible } from '../visible.ts';
import { askedRoots, journalOf, rootOf } from './asked.ts';
import { type KnownRoot, Roots } from './roots.ts';

export async function conflicts(args: readonly string[], context: CommandContext): Promise<number> {
  const { values, positionals } = parseArguments(args, { keep: { type: 'string' } });
  if (values.keep !== undefined) return await settle(values.keep, positionals, values, context);
  const { terminal, words } = context;
  const roots = new Roots(terminal.stateFolder);
  const found = askedRoots(positionals, roots).flatMap((root) => {
    using journal = journalOf(root, roots);
    return conflictsIn(journal, os.hostname()).map((conflict) => told(root, conflict));
  });
  if (values.json) terminal.print(JSON.stringify({ v: 1, conflicts: found }));
  else {
    for (const { path: copy, of, mine, ofIsThere } of found)
      terminal.print(`${visible(copy)}\n  ${words.syncConflictOf(visible(of), mine, ofIsThere)}`);
    if (found.length > 0 && !values.quiet) terminal.say(`${words.syncConflictHint}\n`);
  }
  return found.length > 0 ? exitCodes.partly : exitCodes.done;
}

function told(root: KnownRoot, { copy, plain, mine, device, isPlainThere }: Conflict) {
  return { path: inFolder(root, copy), of: inFolder(root, plain), ofIsThere: isPlainThere, device, mine };
}

function inFolder({ folder }: KnownRoot, below: string): string {
  return path.join(folder, ...below.split('/'));
}

async function settle(
  given: string,
  paths: readonly string[],
  shown: { readonly json?: boolean | undefined; readonly quiet?: boolean | undefined },
  { terminal, words }: CommandContext,
): Promise<number> {
  if (!isKeep(given)) throw new Failure('usage', { reason: 'sync-keep', value: given });
  if (paths.length === 0) throw new Failure('usage', { reason: 'sync-keep-path', value: '' });
  const roots = new Roots(terminal.stateFolder);
  const settled: object[] = [];
  for (const one of paths) {
    const { root, below } = rootOf(one, roots);
    const at = (file: string): string => inFolder(root, file);
    using journal = journalOf(root, roots);
    const { kept, gone } = await settleOne(findConflict(journal, below, one), given, root, journal);
    const went = gone && { path: at(gone.path), in: gone.in, at: gone.in === 'safety' ? at(gone.at) : null };
    settled.push({ kept: kept.map(at), gone: went });
    if (shown.json || shown.quiet) continue;
    terminal.say(`${words.syncKept(kept.map((file) => visible(at(file))))}\n`);
    if (went) terminal.say(`${words.syncWent[went.in](visible(went.path), visible(went.at ?? ''))}\n`);
  }
  if (shown.json) terminal.print(JSON.stringify({ v: 1, settled }));
  return exitCodes.done;
}

async function settleOne(conflict: Conflict, keep: Keep, { folder }: KnownRoot, journal: Journal): Promise<Settled> {
  try {
    return await settleConflict(conflict, keep, { disk: nodeDisk(folder), journal, nowMs: () => Date.now() });
  } catch (error) {
    if (!(error instanceof DiskRefusal)) throw error;
    throw new Failure('target-refused', { path: path.join(folder, error.path), reason: error.reason }, { cause: error });
  }
}

/** By the copy's path, or by the name it lost if no other lost that. @throws Failure usage */
function findConflict(journal: Journal, below: string, given: string): Conflict {
  const all = conflictsIn(journal, os.hostname());
  const found = all.filter(({ copy }) => copy === below);
  const of = found.length > 0 ? found : all.filter(({ plain }) => plain === below);
  const [one, ...more] = of;
  if (!one) throw new Failure('usage', { reason: 'sync-conflict-none', value: given });
  if (more.length > 0) throw new Failure('usage', { reason: 'sync-conflict-many', value: given });
  return one;
}

function isKeep(text: string): text is Keep {
  return text === 'mine' || text === 'theirs' || text === 'both';
}
