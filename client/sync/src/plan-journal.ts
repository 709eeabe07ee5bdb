// Plans on the trees of a journal: on all whose rows differ, or, where very much is new in the drive, on one part after the other, since what is
// planned at once is held in memory. spec/sync.md "A plan".
import { newAtOnceMost } from './limits.ts';
import type { Journal } from './node/journal/journal.ts';
import type { SqlTree } from './node/journal/trees.ts';
import { type Plan, plan } from './plan.ts';
import type { Policy } from './policy.ts';
import { isSameRow } from './situation.ts';
import { ancestors, type NodeId, RememberedTree, rootId, type TreeNode } from './tree.ts';

export class JournalPlanner {
  readonly #journal: Journal;
  readonly #newAtOnce: number;
  /** Folders of the drive that no part has gone into yet, the next one last. */
  #folders: NodeId[] | undefined;

  constructor(journal: Journal, newAtOnce = newAtOnceMost) {
    this.#journal = journal;
    this.#newAtOnce = newAtOnce;
  }

  /** Whether the last plan was about a part. Until it is about all, nothing else is to be written to the journal but what a plan does. */
  get isInParts(): boolean {
    return this.#folders !== undefined;
  }

  /** Something else was written: the next plan is about all, or begins with the parts anew. */
  beginAnew(): void {
    this.#folders = undefined;
  }

  plan(policy: Policy): Plan {
    const isHiding = policy.deselected.size > 0;
    if (isHiding) this.beginAnew();
    const wasInParts = this.isInParts;
    let part = this.#nextPart();
    if (!part && !isHiding) {
      this.#journal.forgetEqual();
      // What no part brought stalls, and no other would.
      if (!wasInParts && this.#journal.hasTouchedMore(this.#newAtOnce) && this.#journal.onlyAwaits) this.#folders = [rootId];
      part = this.#nextPart();
    }
    return part ? this.#planPart(part, policy) : this.#planAll(policy);
  }

  /**
   * Whole folders, those above before those below. Where all that differs is new in the drive, what is decided of it does not depend on what else is
   * new elsewhere. What stalls waits for the plan about all, and so does what is in a folder that did not come.
   * @returns undefined if nothing is left
   */
  #nextPart(): ReadonlySet<NodeId> | undefined {
    if (!this.#folders) return undefined;
    const part = new Set<NodeId>();
    this.#journal.read(() => {
      while (part.size < this.#newAtOnce) {
        const folder = this.#folders?.pop();
        if (folder === undefined) break;
        if (folder !== rootId && !part.has(folder) && !this.#journal.local.get(folder)) continue;
        const below = this.#journal.awaitedIn(folder);
        for (const { id, isNew } of below) if (isNew) part.add(id);
        for (const { id, isFolder } of below.toReversed()) if (isFolder) this.#folders?.push(id);
      }
    });
    if (part.size > 0) return part;
    this.beginAnew();
    return undefined;
  }

  #planPart(part: ReadonlySet<NodeId>, policy: Policy): Plan {
    const { remote, local, synced } = this.#journal;
    return this.#journal.read(() => {
      const trees = {
        remote: new RememberedTree(remote),
        local: new RememberedTree(local, part),
        synced: new RememberedTree(synced, part),
      };
      return plan(trees, part, policy);
    });
  }

  #planAll(policy: Policy): Plan {
    const journal = this.#journal;
    const ids = journal.touchedIds;
    const remembered = <Node extends TreeNode>(tree: SqlTree<Node>) => new RememberedTree(tree, ids, tree.touched());
    const [remote, local, synced] = [remembered(journal.remote), remembered(journal.local), remembered(journal.synced)];
    const isBelowHidden = (id: NodeId): boolean =>
      policy.deselected.size > 0 &&
      [remote, local].some((tree) => [...ancestors(tree, id)].some((folder) => policy.deselected.has(folder.id)));
    const touched = journal.touched((id) => {
      const [theirs, ours, base] = [remote.get(id), local.get(id), synced.get(id)];
      if (!theirs && !ours && !base) return true;
      if (!theirs || !ours || !base || theirs.stall || ours.stall || ours.isHusk) return false;
      if (policy.deselected.has(id) || isBelowHidden(id)) return false;
      return isSameRow(theirs, base) && isSameRow(ours, base);
    });
    // What has left this disk and is in a folder that is not wanted here needs nobody: the folder itself answers for its name.
    for (const id of touched) if (!local.get(id) && !synced.get(id) && isBelowHidden(id)) touched.delete(id);
    return journal.read(() => plan({ remote, local, synced }, touched, policy));
  }
}
