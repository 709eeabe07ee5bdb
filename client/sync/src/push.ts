// The edits of a plan as one commit of the drive: what has to be sent is read from the disk, and looked at once more before it is named.
// spec/sync.md "A plan", "Reading".
import { parseHex } from '@reprise/kit';
import { Failure } from '@reprise/protocol/formats';
import {
  type Committed,
  pushReplica,
  type PushProgress,
  type PushWish,
  type Replica,
  type ReplicaContent,
  type ReplicaEdit,
  type ReplicaFile,
  type ReplicaHead,
} from '@reprise/sdk/drive';
import { compareContents, digestOf, targetOf } from './contents.ts';
import { noteSent } from './landed.ts';
import type { Journal } from './node/journal/journal.ts';
import type { LocalRow, RemoteRow } from './node/journal/trees.ts';
import type { Edit, Plan } from './plan.ts';
import { type Disk, type DiskPath, DiskRefusal } from './ports.ts';
import { isSameLook } from './stamps.ts';
import type { NodeId, TreeNode } from './tree.ts';

export type PushTools = {
  readonly disk: Disk;
  readonly journal: Journal;
  readonly replica: Replica;
  /** Where other threads of this machine find a file of the root. */
  readonly onDisk?: (path: DiskPath) => string;
  readonly store?: PushWish['journal'];
  readonly onProgress?: (progress: PushProgress) => void;
  readonly onWait?: NonNullable<PushWish['onWait']>;
  readonly signal?: AbortSignal;
};

/**
 * @param head that was planned on
 * @returns null if another commit came first
 * @throws Failure source-changed with facts.path, the id of the node whose file is not what was planned on; over-quota, network …
 */
export async function push(plan: Plan, head: ReplicaHead, tools: PushTools): Promise<Committed | null> {
  const { journal, replica } = tools;
  const sent = new Map<NodeId, LocalRow>();
  const revived = new Set<string>();
  const { edits, found } = journal.read(() => {
    const pathOf = journal.pathsIn(journal.local);
    return {
      edits: plan.edits.map((edit): ReplicaEdit => replicaEdit(edit, tools, sent, revived)),
      found: [...sent.values()].map((row): Found => ({ row, path: pathOf(row)?.join('/') ?? localPath(journal, row.id) })),
    };
  });
  // Neighbours are packed together at the server, and each folder is opened once here.
  found.sort((a, b) => (a.path < b.path ? -1 : 1));
  return pushReplica(replica, {
    head,
    edits,
    files: found.map((one) => replicaFile(one, tools)),
    revived,
    placeOf: (fid) => journal.pathIn(journal.remote, fid as NodeId),
    ends: { of: (id) => journal.endsOf(id), note: (noted) => journal.noteEnds(noted) },
    isUnchanged: async () => {
      await lookAgain(found, tools);
      noteSent(journal, plan.edits);
    },
    ...(tools.store && { journal: tools.store }),
    ...(tools.onProgress && { onProgress: tools.onProgress }),
    ...(tools.onWait && { onWait: tools.onWait }),
    ...(tools.signal && { signal: tools.signal }),
  });
}

function replicaEdit(edit: Edit, { journal }: PushTools, sent: Map<NodeId, LocalRow>, revived: Set<string>): ReplicaEdit {
  if (edit.kind === 'remove') return { kind: 'remove', path: remotePath(journal, edit.id) };
  const { node } = edit;
  const theirs = journal.remote.get(node.id);
  if (!theirs && journal.synced.get(node.id)) revived.add(node.id);
  return {
    kind: 'put',
    fid: node.id,
    parent: node.parent,
    name: node.name,
    from: theirs ? remotePath(journal, node.id) : null,
    content: contentOf(edit.sends || !theirs, node, journal, sent),
    isExecutable: node.isExecutable,
  };
}

function contentOf(sends: boolean, node: TreeNode, journal: Journal, sent: Map<NodeId, LocalRow>): ReplicaContent {
  if (!sends) return { kind: 'kept' };
  const row = journal.local.get(node.id);
  if (!row) throw new Failure('source-changed', { path: node.id });
  const { mtimeNs } = row;
  if (node.kind === 'folder') return { kind: 'folder', mtimeNs };
  if (node.kind === 'link') return { kind: 'link', target: targetOf(node.content), mtimeNs };
  const source = standing(journal, row.source);
  const alias = (content: string): string | undefined => journal.alias(content);
  if (source && source.id !== row.id && compareContents(row.content, source.content, alias) === 'same')
    return { kind: 'taken', of: remotePath(journal, source.id), mtimeNs };
  sent.set(row.id, row);
  return { kind: 'sent', file: row.id };
}

/** Where its path leads to it in the drive: not in a folder that does not open, nor if it may be in one. */
function standing({ remote }: Journal, id: NodeId | null): RemoteRow | undefined {
  for (let row = id === null ? undefined : remote.get(id); row; row = remote.get(row.parent)) if (row.stall === 'damaged') return undefined;
  return id === null ? undefined : remote.get(id);
}

function remotePath(journal: Journal, id: NodeId): readonly string[] {
  const names = journal.pathIn(journal.remote, id);
  if (!names) throw new Failure('path-not-found', { path: id });
  return names;
}

/** What is sent, and where it stood when it was planned. */
type Found = { readonly row: LocalRow; readonly path: DiskPath };

function replicaFile({ row, path }: Found, { disk, journal, onDisk }: PushTools): ReplicaFile {
  const digest = digestOf(row.digest ?? row.content);
  const like = standing(journal, row.id) ?? standing(journal, row.source);
  return {
    kind: 'file',
    path: row.id,
    size: row.sizeBytes,
    mtimeNs: row.mtimeNs,
    executable: row.isExecutable,
    digest: digest === undefined ? null : (parseHex(digest) ?? null),
    ...(like && { like: remotePath(journal, like.id) }),
    ...(onDisk && { onDisk: onDisk(path), inode: row.inode }),
    open: async () => {
      const vanished = (cause: unknown): Failure => new Failure('source-vanished', { path: row.id }, { cause });
      const file = await disk.open(path).catch((error: unknown) => {
        throw vanished(error);
      });
      return {
        read: async (start, into) => {
          const bytes = await file.read(start, into.length);
          into.set(bytes);
          return bytes.length;
        },
        stat: async () => {
          const { sizeBytes: size, mtimeNs } = await file.stat();
          return { size, mtimeNs };
        },
        close: () => file.close(),
      };
    },
  };
}

export function localPath(journal: Journal, id: NodeId): DiskPath {
  const names = journal.pathIn(journal.local, id);
  if (!names) throw new Failure('source-changed', { path: id });
  return names.join('/');
}

/** What was sent is what stands there now: else nothing is committed. */
async function lookAgain(found: readonly Found[], { disk }: PushTools): Promise<void> {
  for (const { row, path } of found) {
    let stamp;
    try {
      stamp = await disk.look(path);
    } catch (error) {
      if (!(error instanceof DiskRefusal)) throw error;
    }
    if (!stamp || !isSameLook(row, stamp)) throw new Failure('source-changed', { path: row.id });
  }
}
