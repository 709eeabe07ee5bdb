// Brings the remote tree of a journal to the head of the drive that was verified: only what changed is read. spec/sync.md "Three trees".
import { type Bytes, formatHex } from '@reprise/kit';
import type { Replica, ReplicaChange, ReplicaHead } from '@reprise/sdk/drive';
import type { Entry } from '@reprise/vault';
import { contentOfEntry, kindOfEntry, targetOf } from './contents.ts';
import { dropGone } from './gaps.ts';
import type { Ignore } from './ignore.ts';
import { baseOnLanded } from './landed.ts';
import type { Journal } from './node/journal/journal.ts';
import type { RemoteRow } from './node/journal/trees.ts';
import { type NodeId, rootId } from './tree.ts';

export type FeedTools = {
  readonly journal: Journal;
  readonly replica: Replica;
  readonly ignore: Ignore;
  /** Whether folders that did not open are read again though nothing in them changed. */
  readonly isRetried?: boolean;
};

const rowsAtOnce = 2_000;

/** @returns the head that the remote tree is of now @throws Failure path-not-found if the folder is gone from the drive, reject … */
export async function feed(
  { journal, replica, ignore, isRetried = false }: FeedTools,
  also: () => void = () => undefined,
  signal?: AbortSignal,
): Promise<ReplicaHead> {
  const head = await replica.head(signal);
  const before = (journal.fact('state') as Bytes | undefined) ?? null;
  const rulesBefore = journal.fact('rules');
  const unread = journal.damagedFolders().map((fid) => ({ fid, path: journal.pathIn(journal.remote, fid) ?? [] }));
  const isFirst = (before === null || before.length === 0) && !journal.hasSent && unread.length === 0;
  const isWhole = isFirst && (await feedAll(head, { journal, replica }, signal));
  const isKnown = (fid: string): boolean => journal.remote.get(fid as NodeId) !== undefined;
  const changes = isWhole ? [] : await replica.changes(before, head, isKnown, unread, isRetried);
  journal.write(() => {
    const moved = rulesBefore === ignore.text ? foldersThatMove(changes, journal) : [];
    const put = new Map<NodeId, RemoteRow>();
    for (const change of changes) {
      if (change.kind !== 'put') continue;
      const row = remoteRow(change.parent as NodeId, change.entry, journal);
      journal.putRemote(row);
      put.set(row.id, row);
    }
    dropGone(changes, new Set(put.keys()), journal);
    baseOnLanded(journal, put.keys());
    if (isWhole || rulesBefore !== ignore.text) ignoreAnew(journal, ignore);
    else {
      const pathOf = journal.pathsIn(journal.remote);
      const ignored = journal.choices('ignored');
      for (const row of put.values()) ignoreRow(journal, ignore, row, pathOf, ignored);
      for (const { id, wasIgnored } of moved) if (wasIgnored || ignore.isByPath || isIgnored(journal, id)) ignoreBelow(journal, ignore, id);
    }
    journal.setFact('state', head.state);
    journal.setFact('seq', head.seq);
    journal.setFact('path', head.path.join('/'));
    journal.setFact('rules', ignore.text);
    also();
  });
  return head;
}

/** What is read for the first time is written down as it comes: it may be more than memory holds. A stop in between begins it again. */
async function feedAll(
  head: ReplicaHead,
  { journal, replica }: Pick<FeedTools, 'journal' | 'replica'>,
  signal?: AbortSignal,
): Promise<boolean> {
  journal.forgetRemote();
  let some: { readonly parent: NodeId; readonly entry: Entry }[] = [];
  const flush = (): void => {
    journal.write(() => {
      for (const { parent, entry } of some) journal.putRemote(remoteRow(parent, entry, journal));
    });
    some = [];
  };
  const isWhole = await replica.eachBelow(head, (parent, entry) => {
    some.push({ parent: parent as NodeId, entry });
    if (some.length < rowsAtOnce) return;
    signal?.throwIfAborted();
    flush();
  });
  flush();
  return isWhole;
}

function remoteRow(parent: NodeId, entry: Entry, journal: Journal): RemoteRow {
  const id = formatHex(entry.fid) as NodeId;
  const kind = kindOfEntry(entry);
  const content = contentOfEntry(entry);
  const row: RemoteRow = {
    id,
    parent,
    name: entry.name,
    kind,
    content,
    isExecutable: kind === 'file' && entry.executable,
    sizeBytes: kind === 'file' ? entry.size : 0,
    mtimeNs: entry.mtimeNs,
  };
  const isOutside = kind === 'link' && leadsOutside(targetOf(content), journal.pathIn(journal.remote, parent) ?? []);
  return isOutside && journal.local.get(id)?.content !== content ? { ...row, stall: 'link-outside' } : row;
}

/** @param folder names of the folder that the link is in */
export function leadsOutside(target: string, folder: readonly string[]): boolean {
  if (target.startsWith('/') || target === '') return true;
  let depth = folder.length;
  for (const part of target.split('/')) {
    if (part === '..') depth--;
    else if (part !== '.' && part !== '') depth++;
    if (depth < 0) return true;
  }
  return false;
}

/** Folders that were known elsewhere, and whether they were ignored there. */
function foldersThatMove(changes: readonly ReplicaChange[], journal: Journal) {
  return changes.flatMap((change) => {
    // A node's kind never changes.
    if (change.kind !== 'put' || change.entry.content.kind !== 'directory') return [];
    const id = formatHex(change.entry.fid) as NodeId;
    const before = journal.remote.get(id);
    if (before?.kind !== 'folder' || (before.parent === change.parent && before.name === change.entry.name)) return [];
    return [{ id, wasIgnored: isIgnored(journal, id) }];
  });
}

function isIgnored(journal: Journal, id: NodeId): boolean {
  for (let node = journal.remote.get(id); node; node = journal.remote.get(node.parent))
    if (journal.isChosen('ignored', node.id)) return true;
  return false;
}

type PathOf = (row: RemoteRow) => readonly string[] | undefined;

/** What matches is not wanted here, whatever it does in the drive; what is in an ignored folder is not asked about. @param ignored as it is known */
function ignoreRow(journal: Journal, ignore: Ignore, row: RemoteRow, pathOf: PathOf, ignored: ReadonlySet<string>): void {
  const path = pathOf(row)?.join('/');
  const isMatched = path !== undefined && ignore.matches(path, row.kind === 'folder');
  if (isMatched !== ignored.has(row.id)) journal.choose('ignored', row.id, isMatched);
}

/** Of a folder that moved: what is in it is decided again, here as well. */
function ignoreBelow(journal: Journal, ignore: Ignore, folder: NodeId): void {
  const pathOf = journal.pathsIn(journal.remote);
  const ignored = journal.choices('ignored');
  for (const tree of [journal.remote, journal.local]) {
    const pending: NodeId[] = [folder];
    for (let next = pending.pop(); next !== undefined; next = pending.pop())
      for (const child of tree.children(next)) {
        journal.touch(child.id);
        if (tree === journal.remote) ignoreRow(journal, ignore, child as RemoteRow, pathOf, ignored);
        if (child.kind === 'folder') pending.push(child.id);
      }
  }
}

function ignoreAnew(journal: Journal, ignore: Ignore): void {
  for (const id of journal.choices('ignored')) journal.choose('ignored', id, false);
  ignoreBelow(journal, ignore, rootId);
}
