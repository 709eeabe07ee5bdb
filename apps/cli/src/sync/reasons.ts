// `reprise sync log` and `why`: what happened to files, by which row of spec/sync.md, and what stands in the way of one.
import { Failure } from '@reprise/protocol/formats';
import { type Journal, type JournalEvent, leftOutBy } from '@reprise/sync/node';
import { formatDate } from '../amounts.ts';
import { parseArguments } from '../arguments.ts';
import type { CommandContext } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { visible } from '../visible.ts';
import { askedRoots, journalOf, rootOf } from './asked.ts';
import { Roots } from './roots.ts';

const eventsShown = 200;

export async function log(args: readonly string[], { terminal }: CommandContext): Promise<number> {
  const { values, positionals } = parseArguments(args, {});
  const roots = new Roots(terminal.stateFolder);
  const [given] = positionals;
  const asked = given === undefined ? askedRoots([], roots).map((root) => ({ root, below: '' })) : [rootOf(given, roots)];
  const all: (JournalEvent & { readonly folder: string })[] = [];
  for (const { root, below } of asked) {
    using journal = journalOf(root, roots);
    const of = below === '' ? undefined : { node: nodeAt(journal, below)?.id ?? null, path: below };
    for (const event of journal.events(eventsShown, of)) all.push({ ...event, folder: root.folder });
  }
  if (values.json) terminal.print(JSON.stringify({ v: 1, events: all.map(eventJson) }));
  else for (const event of all) terminal.print(lineOf(event));
  return exitCodes.done;
}

function eventJson({ atMs, folder, path: at, row, what }: JournalEvent & { readonly folder: string }) {
  return { at: new Date(atMs).toISOString(), folder, path: at, row, what };
}

function lineOf({ atMs, path: at, row, what }: JournalEvent): string {
  return `${formatDate(atMs)}  ${(row ?? '').padEnd(6)}  ${what.padEnd(12)}  ${visible(at)}`;
}

/** The three rows of one thing, what stands in its way, and what happened to it last. */
export async function why(args: readonly string[], { terminal, words }: CommandContext): Promise<number> {
  const { values, positionals } = parseArguments(args, {});
  const [given, ...more] = positionals;
  if (given === undefined || more.length > 0) throw new Failure('usage', { reason: 'sync-folder', value: more[0] ?? '' });
  const roots = new Roots(terminal.stateFolder);
  const { root, below } = rootOf(given, roots);
  using journal = journalOf(root, roots);
  const id = nodeAt(journal, below)?.id;
  const trouble = journal.troubles().find((one) => one.path === below || (id !== undefined && one.node === id));
  const rows = id && { here: journal.local.get(id), drive: journal.remote.get(id), base: journal.synced.get(id) };
  const isIgnored = id !== undefined && journal.choices('ignored').has(id);
  const isLeftOut = id !== undefined && leftOutBy(journal, id) !== undefined;
  const events = journal.events(5, { node: id ?? null, path: below });
  if (values.json) {
    const told =
      rows && Object.fromEntries(Object.entries(rows).map(([side, row]) => [side, row ? { name: row.name, content: row.content } : null]));
    const reason = trouble?.reason ?? (isLeftOut ? 'not-selected' : isIgnored ? 'ignored' : null);
    terminal.print(
      JSON.stringify({
        v: 1,
        path: below,
        rows: told ?? null,
        reason,
        events: events.map((event) => eventJson({ ...event, folder: root.folder })),
      }),
    );
    return exitCodes.done;
  }
  for (const [side, row] of Object.entries(rows ?? {}))
    terminal.print(`${words.syncSide[side as keyof typeof words.syncSide]}: ${row ? visible(row.name) : '–'}`);
  if (trouble) terminal.print(words.syncReason[trouble.reason]);
  else if (isLeftOut) terminal.print(words.syncNotSelected);
  else if (!rows || isIgnored) terminal.print(words.syncUnseen);
  for (const event of events) terminal.print(lineOf(event));
  return exitCodes.done;
}

/** By the names here, else by those in the drive. */
function nodeAt(journal: Journal, below: string) {
  for (const tree of [journal.local, journal.remote]) {
    let parent = '0'.repeat(32);
    let found: { readonly id: string } | undefined;
    for (const name of below.split('/')) {
      found = tree.named(parent as never, name.normalize('NFC')).find((node) => node.name === name.normalize('NFC'));
      if (!found) break;
      parent = found.id;
    }
    if (found) return found as ReturnType<typeof tree.get>;
  }
  return undefined;
}
