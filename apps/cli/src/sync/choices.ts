// `reprise sync remove`, `pause`, `resume`, `held` and `ignore`: what a person decides about a root. It is written to the root's journal; a
// program that follows it finds it there within a second.
import { Failure } from '@reprise/protocol/formats';
import { parseArguments } from '../arguments.ts';
import type { CommandContext } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { parseExpiry } from '../expiry.ts';
import { visible } from '../visible.ts';
import { askedRoots, journalOf } from './asked.ts';
import { Roots } from './roots.ts';

/** Forgets roots. No file of them is touched, on either side. */
export async function remove(args: readonly string[], { terminal, words }: CommandContext): Promise<number> {
  const { values, positionals } = parseArguments(args, {});
  if (positionals.length === 0) throw new Failure('usage', { reason: 'sync-folder', value: '' });
  const roots = new Roots(terminal.stateFolder);
  const asked = askedRoots(positionals, roots);
  for (const root of asked) {
    using _lock = roots.hold(root);
    roots.remove(root);
  }
  if (values.json) terminal.print(JSON.stringify({ v: 1, removed: asked.map(({ folder }) => folder) }));
  else if (!values.quiet) for (const { folder } of asked) terminal.say(`${words.syncRemoved(visible(folder))}\n`);
  return exitCodes.done;
}

export function pause(args: readonly string[], context: CommandContext): Promise<number> {
  const { values, positionals } = parseArguments(args, { for: { type: 'string' } });
  const untilMs = values.for === undefined ? null : parseExpiry(values.for, Date.now());
  return setPause(untilMs ?? Number.MAX_SAFE_INTEGER, positionals, values, context);
}

export function resume(args: readonly string[], context: CommandContext): Promise<number> {
  const { values, positionals } = parseArguments(args, {});
  return setPause(0, positionals, values, context);
}

type Shown = { readonly json?: boolean | undefined; readonly quiet?: boolean | undefined };

async function setPause(untilMs: number, given: readonly string[], shown: Shown, { terminal, words }: CommandContext): Promise<number> {
  const roots = new Roots(terminal.stateFolder);
  const asked = askedRoots(given, roots);
  for (const root of asked) {
    using journal = journalOf(root, roots);
    journal.setFact('paused', untilMs);
    journal.setChoices('rule', [], true);
  }
  const state = untilMs === 0 ? 'resumed' : 'paused';
  if (shown.json) terminal.print(JSON.stringify({ v: 1, [state]: asked.map(({ folder }) => folder) }));
  else if (!shown.quiet) terminal.say(`${untilMs === 0 ? words.syncResumed : words.syncState.paused}\n`);
  return exitCodes.done;
}

/** Removals that are too many at once: shown, let through, or undone on the side that removed. */
export async function held(args: readonly string[], { terminal, words }: CommandContext): Promise<number> {
  const { values, positionals } = parseArguments(args, { allow: { type: 'boolean' }, restore: { type: 'boolean' } });
  if (values.allow && values.restore) throw new Failure('usage', { reason: 'sync-held', value: '' });
  const roots = new Roots(terminal.stateFolder);
  const shown: { readonly folder: string; readonly path: string; readonly removedIn: 'folder' | 'drive' }[] = [];
  for (const root of askedRoots(positionals, roots)) {
    using journal = journalOf(root, roots);
    const ids = new Set(journal.troubles().flatMap(({ reason, node }) => (reason === 'held' && node !== null ? [node] : [])));
    for (const id of ids) {
      const tree = journal.local.get(id) ? journal.local : journal.remote;
      const path = journal.pathIn(tree, id)?.join('/') ?? id;
      shown.push({ folder: root.folder, path, removedIn: tree === journal.local ? 'drive' : 'folder' });
    }
    if (values.allow) journal.setChoices('allowed', ids, true);
    // Without a base nothing counts as removed: what one side has comes to the other.
    if (values.restore) {
      journal.write(() => {
        for (const id of ids) journal.dropSynced(id);
        journal.setChoices('allowed', ids, false);
      });
    }
  }
  if (values.json) terminal.print(JSON.stringify({ v: 1, held: shown }));
  else for (const { path, removedIn } of shown) terminal.print(`${words.syncRemovedIn[removedIn]}  ${visible(path)}`);
  const isAsked = !values.allow && !values.restore && shown.length > 0;
  return isAsked ? exitCodes.partly : exitCodes.done;
}

/** Patterns of this machine, besides those of .repriseignore. */
export async function ignore(args: readonly string[], { terminal }: CommandContext): Promise<number> {
  const { values, positionals } = parseArguments(args, { remove: { type: 'boolean' } });
  const [folder, ...patterns] = positionals;
  if (folder === undefined) throw new Failure('usage', { reason: 'sync-folder', value: '' });
  const roots = new Roots(terminal.stateFolder);
  const [root] = askedRoots([folder], roots);
  if (!root) return exitCodes.failed;
  using journal = journalOf(root, roots);
  if (patterns.length > 0) journal.setChoices('rule', patterns, values.remove !== true);
  const rules = [...journal.choices('rule')];
  if (values.json) terminal.print(JSON.stringify({ v: 1, folder: root.folder, patterns: rules }));
  else for (const rule of rules) terminal.print(visible(rule));
  return exitCodes.done;
}
