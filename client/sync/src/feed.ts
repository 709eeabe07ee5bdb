// Brings the remote tree of a journal to the head of the drive that was verified: only what changed is read. spec/sync.md "Three trees".
import { type Bytes, formatHex } from '@reprise/kit';
import type { Replica, ReplicaHead } from '@reprise/sdk/drive';
import type { Entry } from '@reprise/vault';
import { contentOfEntry, kindOfEntry, targetOf } from './contents.ts';
import type { Ignore } from './ignore.ts';
import type { Journal } from './node/journal/journal.ts';
import type { RemoteRow } from './node/journal/trees.ts';
import { type NodeId, rootId } from './tree.ts';

export type FeedTools = { readonly journal: Journal; readonly replica: Replica; readonly ignore: Ignore };

/** @returns the head that the remote tree is of now @throws Failure path-not-found if the folder is gone from the drive, reject … */
export async function feed(
  { journal, replica, ignore }: FeedTools,
  also: () => void = () => undefined,
  signal?: AbortSignal,
): Promise<ReplicaHead> {
  const head = await replica.head(signal);
  const before = (journal.fact('state') as Bytes | undefined) ?? null;
  const rulesBefore = journal.fact('rules');
  const changes = await replica.changes(before, head, (fid) => journal.remote.get(fid as NodeId) !== undefined);
  journal.write(() => {
    for (const change of changes) if (change.kind === 'put') journal.putRemote(remoteRow(change.parent as NodeId, change.entry, journal));
    const put = new Set(changes.flatMap((change) => (change.kind === 'put' ? [formatHex(change.entry.fid)] : [])));
    // What is told as gone from one place and put in another stands in its new place already.
    for (const change of changes) if (change.kind === 'gone' && !put.has(change.fid)) journal.dropRemote(change.fid as NodeId);
    if (rulesBefore !== ignore.text) ignoreAnew(journal, ignore);
    else for (const change of changes) if (change.kind === 'put') ignoreOne(journal, ignore, formatHex(change.entry.fid) as NodeId);
    journal.setFact('state', head.state);
    journal.setFact('seq', head.seq);
    journal.setFact('path', head.path.join('/'));
    journal.setFact('rules', ignore.text);
    also();
  });
  return head;
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

/** What matches is not wanted here, whatever it does in the drive. */
function ignoreOne(journal: Journal, ignore: Ignore, id: NodeId): void {
  const names = journal.pathIn(journal.remote, id);
  journal.choose('ignored', id, names !== undefined && ignore.matchesWithin(names, journal.remote.get(id)?.kind === 'folder'));
}

function ignoreAnew(journal: Journal, ignore: Ignore): void {
  const pending: { readonly id: NodeId; readonly path: string }[] = [{ id: rootId, path: '' }];
  for (const id of journal.choices('ignored')) journal.choose('ignored', id, false);
  for (let next = pending.pop(); next; next = pending.pop()) {
    for (const child of journal.remote.children(next.id)) {
      const path = next.path === '' ? child.name : `${next.path}/${child.name}`;
      journal.touch(child.id);
      if (ignore.matches(path, child.kind === 'folder')) journal.choose('ignored', child.id, true);
      else if (child.kind === 'folder') pending.push({ id: child.id, path });
    }
  }
}
