// `reprise sync select`: which folders of the drive are kept on this machine. Nothing moves in the drive by it; the program that syncs the folder finds
// the choice in the journal. spec/sync.md "What is wanted here".
import path from 'node:path';
import { Failure } from '@reprise/protocol/formats';
import { folderAt, type Journal, leaveOut, leftOut, leftOutBy, takeBack, weigh } from '@reprise/sync/node';
import { type NodeId, rootId } from '@reprise/sync';
import { parseArguments } from '../arguments.ts';
import type { CommandContext } from '../command.ts';
import { isDrivePath } from '../drive-path.ts';
import { exitCodes } from '../exit-codes.ts';
import { visible } from '../visible.ts';
import { askedRoots, journalOf, rootOf } from './asked.ts';
import { type KnownRoot, Roots } from './roots.ts';

const options = { remove: { type: 'boolean' }, add: { type: 'boolean' }, allow: { type: 'boolean' } } as const;

export async function select(args: readonly string[], context: CommandContext): Promise<number> {
  const { terminal } = context;
  const { values, positionals } = parseArguments(args, options);
  const roots = new Roots(terminal.stateFolder);
  if (values.remove && values.add) throw new Failure('usage', { reason: 'sync-select', value: '' });
  if (!values.remove && !values.add) return list(positionals, values.json === true, roots, context);
  if (positionals.length === 0) throw new Failure('usage', { reason: 'sync-select-path', value: '' });
  let code: number = exitCodes.done;
  const told: object[] = [];
  for (const given of positionals) {
    const { root, below } = rootAndPath(given, roots);
    using journal = journalOf(root, roots);
    const id = folderAt(journal, below)?.id;
    if (id === undefined) throw new Failure('usage', { reason: 'sync-select-none', value: given });
    const shown = { root, path: below, isQuiet: values.json === true || values.quiet === true };
    const done = values.add ? add(journal, id, shown, context) : remove(journal, id, values.allow === true, shown, context);
    if (!done.isDone) code = exitCodes.partly;
    told.push({ folder: root.folder, path: below, ...done });
  }
  if (values.json) terminal.print(JSON.stringify({ v: 1, [values.add ? 'added' : 'removed']: told }));
  return code;
}

type Shown = { readonly root: KnownRoot; readonly path: string; readonly isQuiet: boolean };

function add(journal: Journal, id: NodeId, { path: at, isQuiet }: Shown, { terminal, words }: CommandContext) {
  const by = leftOutBy(journal, id);
  const above = by !== undefined && by !== id && journal.pathIn(journal.remote, by)?.join('/');
  if (above) throw new Failure('usage', { reason: 'sync-select-above', value: above });
  const back = by === id ? takeBack(journal, id) : 0;
  if (!isQuiet) terminal.say(`${words.syncTakenBack(visible(at), back)}\n`);
  return { isDone: true, fromSafety: back };
}

function remove(journal: Journal, id: NodeId, isAllowed: boolean, { path: at, isQuiet }: Shown, { terminal, words }: CommandContext) {
  const { files, unsent, isMany } = weigh(journal, id);
  const isDone = isAllowed || !isMany || leftOutBy(journal, id) !== undefined;
  if (isDone && leftOutBy(journal, id) === undefined) leaveOut(journal, id);
  if (!isQuiet) terminal.say(`${isDone ? words.syncLeavesOut(visible(at), files, unsent) : words.syncManyLeave(visible(at), files)}\n`);
  return { isDone, files, unsent };
}

/** Folders at the top of the drive's, and those below that are left out. */
function list(given: readonly string[], isJson: boolean, roots: Roots, { terminal, words }: CommandContext): number {
  const shown = askedRoots(given, roots).map((root) => {
    using journal = journalOf(root, roots);
    const out = new Map(leftOut(journal).map(({ path: at }) => [at, false]));
    const top = journal.remote
      .children(rootId)
      .flatMap(({ kind, name }) => (kind === 'folder' && !out.has(name) ? [[name, true] as const] : []));
    const folders = [...top, ...out].map(([at, isSelected]) => ({ path: at, selected: isSelected }));
    return { folder: root.folder, folders: folders.toSorted((a, b) => (a.path < b.path ? -1 : 1)) };
  });
  if (isJson) terminal.print(JSON.stringify({ v: 1, roots: shown }));
  else
    for (const { folder, folders } of shown)
      for (const { path: at, selected } of folders)
        terminal.print(`${selected ? words.syncSelected.here : words.syncSelected.out}  ${visible(path.join(folder, at))}`);
  return exitCodes.done;
}

/** A path of this machine, whether something is there or not, or one of the drive. @throws Failure usage */
function rootAndPath(given: string, roots: Roots): { readonly root: KnownRoot; readonly below: string } {
  const isWithin = (outer: string): boolean => given === outer || given.startsWith(outer.endsWith('/') ? outer : `${outer}/`);
  const there = isDrivePath(given) && roots.list().find(({ drivePath }) => isWithin(drivePath));
  const isHere = roots.list().some(({ folder }) => path.resolve(given).startsWith(folder + path.sep));
  if (there && !isHere) return { root: there, below: given.slice(there.drivePath.length).replace(/^\/+|\/+$/g, '') };
  return rootOf(given, roots);
}
