// Applies a set of changes to a whole tree: each directory that holds one is rewritten once, then its parent, up to the root.
// spec/directories.md "Editing".
import { assert, type Bytes, equalBytes, formatHex } from '@reprise/kit';
import { depthMax, Failure } from '@reprise/protocol/formats';
import { type DirectoryEdit, editDirectory } from './directory-edit.ts';
import { findEntry } from './directory-find.ts';
import { sealNewNodes } from './directory-node.ts';
import type { Entry } from './entry.ts';
import { type RewrittenNode, rootFid, type TreeChange, type TreeDelta } from './tree-change.ts';
import type { NodeReader, NodeWriter, Ref } from './tree-node.ts';

/** A directory that is made by the edits; its entries are edits whose parent it is. */
export type NewDirectory = Omit<Entry, 'content'> & { readonly content: { readonly kind: 'directory'; readonly ref: null } };

/**
 * A put makes, replaces or moves: what else stands under the name gives way. Who moves an entry also removes it from its old place. A directory
 * is put with the reference it had, or with null to begin empty; edits below it come on top. A put beats a removal of the same name, so that
 * two entries can change places.
 */
export type TreeEdit =
  | { readonly kind: 'put'; readonly parent: Bytes; readonly entry: Entry | NewDirectory }
  | { readonly kind: 'remove'; readonly parent: Bytes; readonly name: string };

export type TreeEditing = {
  readonly boundaryKey: Uint8Array;
  readonly reader: NodeReader;
  readonly writer: NodeWriter;
  /**
   * Where a directory is in the tree before the edits: the names from the root down to it. Asked for the directories that edits name as
   * parents, unless the edits themselves put them.
   */
  readonly locate: (directory: Bytes) => readonly string[] | undefined | Promise<readonly string[] | undefined>;
};

export type TreeEdited = TreeDelta & {
  /** The root directory's top node; the one given, if nothing changed. */
  readonly root: Ref;
  /** Ids of all nodes sealed, children before parents. */
  readonly added: readonly Bytes[];
};

/**
 * The sizes of directories are summed up to the root.
 * @param root null for a tree that does not exist yet
 * @throws Failure edit-refused: facts.reason is `unknown-directory`, `twice`, `cycle` or `removed` (a put below what is removed);
 *   limit-exceeded, reject, bad-object, bad-name
 */
export async function editTree(root: Ref | null, edits: readonly TreeEdit[], editing: TreeEditing): Promise<TreeEdited> {
  const plan = new Plan(root, editing);
  await plan.take(edits);
  return plan.carryOut();
}

type Put = TreeEdit & { readonly kind: 'put' };

/** A directory that is rewritten. */
type Touched = {
  readonly fid: Bytes;
  readonly edits: Map<string, TreeEdit>;
  /** Its top node before its edits; null if it begins empty. */
  readonly base: Ref | null;
  /** Where it stands once all is done; undefined for the root. */
  readonly place: { readonly parent: Touched; readonly entry: Entry | NewDirectory } | undefined;
  readonly isPut: boolean;
  readonly depth: number;
};

class Plan {
  readonly #editing: TreeEditing;
  readonly #root: Ref | null;
  /** Edits by the directory they are in. */
  readonly #edits = new Map<string, Map<string, TreeEdit>>();
  /** Directories that the edits put somewhere. */
  readonly #puts = new Map<string, Put>();
  readonly #touched = new Map<string, Touched | 'under way'>();
  /** Directories of the tree before the edits, by path. */
  readonly #walked = new Map<string, Promise<Entry>>();

  constructor(root: Ref | null, editing: TreeEditing) {
    this.#root = root;
    this.#editing = editing;
  }

  async take(edits: readonly TreeEdit[]): Promise<void> {
    for (const edit of edits) this.#note(edit);
    for (const edit of edits) await this.#touch(edit.parent);
    for (const put of this.#puts.values())
      if (put.entry.content.kind === 'directory' && !put.entry.content.ref) await this.#touch(put.entry.fid);
    if (this.#root === null) await this.#touch(rootFid);
  }

  #note(edit: TreeEdit): void {
    const key = formatHex(edit.parent);
    const inDirectory = this.#edits.get(key) ?? new Map<string, TreeEdit>();
    this.#edits.set(key, inDirectory);
    const name = edit.kind === 'put' ? edit.entry.name : edit.name;
    const other = inDirectory.get(name);
    if (other?.kind === 'put' && edit.kind === 'remove') return;
    if (other?.kind === 'put') throw editRefused('twice');
    inDirectory.set(name, edit);
    if (edit.kind !== 'put' || edit.entry.content.kind !== 'directory') return;
    const fid = formatHex(edit.entry.fid);
    if (this.#puts.has(fid)) throw editRefused('twice');
    this.#puts.set(fid, edit);
  }

  /** @param path names from the root of the tree before the edits, if known */
  async #touch(fid: Bytes, path?: readonly string[]): Promise<Touched> {
    const key = formatHex(fid);
    const known = this.#touched.get(key);
    if (known === 'under way') throw editRefused('cycle');
    if (known) return known;
    this.#touched.set(key, 'under way');
    const touched = await this.#place(fid, this.#edits.get(key) ?? new Map(), path);
    if (touched.depth > depthMax) throw new Failure('limit-exceeded', { limit: 'depth of a tree' });
    this.#touched.set(key, touched);
    return touched;
  }

  async #place(fid: Bytes, edits: Map<string, TreeEdit>, knownPath: readonly string[] | undefined): Promise<Touched> {
    if (equalBytes(fid, rootFid)) return { fid, edits, base: this.#root, place: undefined, isPut: false, depth: 0 };
    const put = this.#puts.get(formatHex(fid));
    if (put) {
      const parent = await this.#touch(put.parent);
      return { fid, edits, base: refOf(put.entry), place: { parent, entry: put.entry }, isPut: true, depth: parent.depth + 1 };
    }
    const path = knownPath ?? (await this.#editing.locate(fid));
    const entry = path && path.length > 0 ? await this.#walk(path) : undefined;
    if (!path || !entry || !equalBytes(entry.fid, fid)) throw editRefused('unknown-directory');
    const above = path.slice(0, -1);
    const parent = await this.#touch(above.length > 0 ? (await this.#walk(above)).fid : rootFid, above);
    return { fid, edits, base: refOf(entry), place: { parent, entry }, isPut: false, depth: parent.depth + 1 };
  }

  #walk(path: readonly string[]): Promise<Entry> {
    const key = path.join('/');
    const walked = this.#walked.get(key) ?? this.#step(path);
    this.#walked.set(key, walked);
    return walked;
  }

  async #step(path: readonly string[]): Promise<Entry> {
    const above = path.slice(0, -1);
    const directory = above.length > 0 ? refOf(await this.#walk(above)) : this.#root;
    const entry = directory && (await findEntry(directory, path.at(-1) as string, this.#editing.reader));
    if (entry?.content.kind !== 'directory') throw editRefused('unknown-directory');
    return entry;
  }

  async carryOut(): Promise<TreeEdited> {
    const added: Bytes[] = [];
    const { writer } = this.#editing;
    const counting: NodeWriter = {
      ...writer,
      put: (object) => {
        added.push(object.id);
        return writer.put(object);
      },
    };
    const changes: TreeChange[] = [];
    const nodes: RewrittenNode[] = [];
    let root = this.#root;
    for (const directory of this.#deepestFirst()) {
      if (this.#isGone(directory)) continue;
      const edited = await this.#rewrite(directory, counting);
      if (!directory.place) root = edited.ref;
      changes.push(...edited.changes);
      nodes.push(...edited.nodes.map((node) => ({ directory: directory.fid, ...node })));
    }
    assert(root !== null, 'a tree has a root');
    return { root, changes, nodes, added };
  }

  #deepestFirst(): Touched[] {
    return [...this.#touched.values()].filter((one) => one !== 'under way').sort((a, b) => b.depth - a.depth);
  }

  /** Whether an edit takes a directory away or puts another in its place, or does so to one above it. */
  #isGone({ place, isPut, edits }: Touched): boolean {
    if (!place) return false;
    const edit = place.parent.edits.get(place.entry.name);
    const isTaken = !isPut && edit !== undefined && !(edit.kind === 'put' && equalBytes(edit.entry.fid, place.entry.fid));
    const isGone = isTaken || this.#isGone(place.parent);
    if (isGone && [...edits.values()].some(({ kind }) => kind === 'put')) throw editRefused('removed');
    return isGone;
  }

  async #rewrite(directory: Touched, writer: NodeWriter) {
    const edits = [...directory.edits.values()].map(asDirectoryEdit);
    const { boundaryKey, reader } = this.#editing;
    const { ref, nodes, replaced } = await editDirectory(directory.base, edits, { boundaryKey, reader, seal: sealNewNodes(writer) });
    const isSame = directory.base !== null && equalBytes(directory.base.id, ref.id);
    if (directory.place && !(isSame && !directory.isPut)) {
      const { parent, entry } = directory.place;
      const size = entry.size + sizeChange(edits, replaced);
      parent.edits.set(entry.name, { kind: 'put', parent: parent.fid, entry: { ...entry, content: { kind: 'directory', ref }, size } });
    }
    const changes = isSame ? [] : edits.flatMap((edit) => asTreeChange(directory.fid, edit, replaced));
    return { ref, nodes, changes };
  }
}

function refOf({ content }: Entry | NewDirectory): Ref | null {
  assert(content.kind === 'directory', 'a directory has a directory for content');
  return content.ref;
}

/** By now every directory that was put without a reference has one. */
function asDirectoryEdit(edit: TreeEdit): DirectoryEdit {
  if (edit.kind === 'remove') return edit;
  const { content } = edit.entry;
  assert(content.kind !== 'directory' || content.ref, 'a directory is sealed before its parent');
  return { kind: 'put', entry: edit.entry as Entry };
}

function asTreeChange(parent: Bytes, edit: DirectoryEdit, replaced: ReadonlyMap<string, Entry>): TreeChange[] {
  if (edit.kind === 'put') return [{ kind: 'put', parent, entry: edit.entry }];
  return replaced.has(edit.name) ? [{ kind: 'remove', parent, name: edit.name }] : [];
}

function sizeChange(edits: readonly DirectoryEdit[], replaced: ReadonlyMap<string, Entry>): number {
  let change = 0;
  for (const edit of edits) if (edit.kind === 'put') change += edit.entry.size;
  for (const entry of replaced.values()) change -= entry.size;
  return change;
}

function editRefused(reason: 'unknown-directory' | 'twice' | 'cycle' | 'removed'): Failure {
  return new Failure('edit-refused', { reason });
}
