// Follows a commit without fetching its nodes: makes them again from the tree before and the changes, and proves them against the signed root.
// spec/merge.md "Deltas".
import { type Bytes, formatHex, parseHex } from '@reprise/kit';
import { Failure } from '@reprise/protocol/formats';
import type { SealedObject } from './cae.ts';
import { type DirectoryEdit, editDirectory } from './directory-edit.ts';
import { findEntries } from './directory-find.ts';
import { type DirectoryNode, type DirectorySealer, sealNewNodes } from './directory-node.ts';
import { isSameRef } from './entry.ts';
import { rootFid, type TreeChange, type TreeDelta } from './tree-change.ts';
import type { NodeReader, Ref } from './tree-node.ts';

export type DeltaApplying = {
  readonly boundaryKey: Uint8Array;
  /** Of the nodes of the tree before. */
  readonly reader: NodeReader;
  /**
   * The top node that a directory had in the tree before, for one that was moved out of a directory that is gone. Without it such a delta is
   * refused.
   */
  readonly findDirectory?: (directory: Bytes) => Promise<Ref | undefined>;
};

/**
 * @param before the root of the tree that the delta starts from; null for none
 * @param after the root that the commit signs
 * @returns all new nodes, each with the id that the tree has for it, to be kept; none of them is ever sent
 * @throws Failure delta-refused: the changes do not lead to the signed root; then the nodes are fetched, and the tree counts. Failures of
 *   reading the tree before pass through.
 */
export async function applyDelta(
  before: Ref | null,
  after: Ref,
  delta: TreeDelta,
  applying: DeltaApplying,
): Promise<readonly SealedObject[]> {
  const application = new Application(delta, after, applying);
  return application.run(before);
}

class Application {
  readonly #applying: DeltaApplying;
  readonly #changes = new Map<string, Map<string, TreeChange>>();
  /** References that nodes below a top have from now on. */
  readonly #nodes = new Map<string, Ref>();
  /** Top nodes that directories have from now on. */
  readonly #tops = new Map<string, Ref>();
  /** Top nodes that directories had. */
  readonly #olds = new Map<string, Ref | null>();
  readonly #objects: SealedObject[] = [];

  constructor(delta: TreeDelta, after: Ref, applying: DeltaApplying) {
    this.#applying = applying;
    setOnce(this.#tops, formatHex(rootFid), after);
    for (const change of delta.changes) {
      const directory = formatHex(change.parent);
      const inDirectory = this.#changes.get(directory) ?? new Map<string, TreeChange>();
      this.#changes.set(directory, inDirectory);
      setOnce(inDirectory, change.kind === 'put' ? change.entry.name : change.name, change);
      if (change.kind === 'put' && change.entry.content.kind === 'directory')
        setOnce(this.#tops, formatHex(change.entry.fid), change.entry.content.ref);
    }
    for (const { directory, level, firstName, ref } of delta.nodes)
      setOnce(this.#nodes, nodeKey(formatHex(directory), level, firstName), ref);
  }

  async run(before: Ref | null): Promise<readonly SealedObject[]> {
    await this.#findOlds(before);
    for (const [directory, changes] of this.#changes) await this.#rebuild(directory, changes);
    // Directories that only moved are as they were; others without a change in them begin empty.
    for (const [directory, top] of this.#tops) {
      const old = this.#olds.get(directory);
      if (!this.#changes.has(directory) && !(old && isSameRef(old, top))) await this.#rebuild(directory, new Map());
    }
    return this.#objects;
  }

  /** Every directory that changed hangs on the root by directories that changed: their old entries tell what it was. */
  async #findOlds(before: Ref | null): Promise<void> {
    const { reader, findDirectory } = this.#applying;
    this.#olds.set(formatHex(rootFid), before);
    for (const [directory, old] of this.#olds) {
      const changes = this.#changes.get(directory);
      if (!old || !changes) continue;
      for (const { fid, content } of (await findEntries(old, [...changes.keys()], reader)).values())
        if (content.kind === 'directory') this.#olds.set(formatHex(fid), content.ref);
    }
    for (const directory of this.#tops.keys())
      if (!this.#olds.has(directory)) this.#olds.set(directory, (await findDirectory?.(parseHex(directory) as Bytes)) ?? null);
  }

  async #rebuild(directory: string, changes: ReadonlyMap<string, TreeChange>): Promise<void> {
    const top = this.#tops.get(directory);
    if (!top) throw refused('a directory that changed has no entry');
    const edits = [...changes.values()].map((change): DirectoryEdit => change);
    const { boundaryKey, reader } = this.#applying;
    const seal: DirectorySealer = (node) => this.#sealAs(this.#nodes.get(keyOf(directory, node)) ?? top, node);
    const { ref } = await editDirectory(this.#olds.get(directory) ?? null, edits, { boundaryKey, reader, seal }).catch(refuseForm);
    if (!isSameRef(ref, top)) throw refused('a directory came out as another');
  }

  async #sealAs(ref: Ref, node: DirectoryNode): Promise<Ref> {
    const made: SealedObject[] = [];
    const seal = sealNewNodes({ engine: this.#applying.reader.engine, random: () => ref.key, put: (object) => void made.push(object) });
    if (!isSameRef(await seal(node), ref)) throw refused('a node came out as another');
    this.#objects.push(...made);
    return ref;
  }
}

/** What the changes break in the form of a directory speaks against them; what cannot be read does not. */
function refuseForm(error: unknown): never {
  if (error instanceof Failure && ['bad-name', 'limit-exceeded', 'bad-object'].includes(error.code)) throw refused(error.code, error);
  throw error;
}

function refused(reason: string, cause?: unknown): Failure {
  return new Failure('delta-refused', { reason }, cause === undefined ? undefined : { cause });
}

function setOnce<Value>(map: Map<string, Value>, key: string, value: Value): void {
  if (map.has(key)) throw refused('one place is named twice');
  map.set(key, value);
}

function keyOf(directory: string, node: DirectoryNode): string {
  if (node.kind === 'leaf') return nodeKey(directory, 0, node.entries[0]?.name ?? '');
  return nodeKey(directory, node.level, node.children[0]?.firstName ?? '');
}

function nodeKey(directory: string, level: number, firstName: string): string {
  return `${directory}/${level}/${firstName}`;
}
