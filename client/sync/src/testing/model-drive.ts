// The drive as a log would leave it: one tree, changed by whole commits that name the version they were made on.
import assert from 'node:assert/strict';
import type { Edit } from '../plan.ts';
import { MemoryTree, type NodeId, placeKey, type RemoteNode, rootId, type TreeNode } from '../tree.ts';

export class ModelDrive {
  version = 0;
  nodes: ReadonlyMap<NodeId, RemoteNode> = new Map();

  tree(): MemoryTree<RemoteNode> {
    return new MemoryTree(this.nodes.values());
  }

  /** @returns whether it was this device's turn */
  commit(edits: readonly Edit[], on: number): boolean {
    if (on !== this.version) return false;
    if (edits.length === 0) return true;
    const nodes = new Map(this.nodes);
    for (const edit of edits) if (edit.kind === 'remove') assert.ok(nodes.delete(edit.id), 'what is removed was there');
    for (const edit of edits) if (edit.kind === 'put') nodes.set(edit.node.id, edit.node);
    checkTree(nodes);
    this.nodes = nodes;
    this.version++;
    return true;
  }
}

export function checkTree(nodes: ReadonlyMap<NodeId, TreeNode>): void {
  const places = new Set<string>();
  for (const node of nodes.values()) {
    const key = placeKey(node.parent, node.name);
    assert.ok(!places.has(key), `two nodes are called ${node.name}`);
    places.add(key);
    let depth = 0;
    for (let at = node.parent; at !== rootId; depth++) {
      const parent = nodes.get(at);
      assert.equal(parent?.kind, 'folder', `${node.name} is in a folder that is there`);
      assert.ok(depth <= nodes.size, `${node.name} is below itself`);
      at = (parent as TreeNode).parent;
    }
  }
}

/** Paths with contents, in order: what two trees are compared by. */
export function listTree(nodes: ReadonlyMap<NodeId, TreeNode>): string[] {
  const pathOf = (node: TreeNode): string => {
    const parent = nodes.get(node.parent);
    return `${parent ? pathOf(parent) : ''}/${node.name}`;
  };
  return [...nodes.values()].map((node) => `${pathOf(node)} ${node.kind}${node.isExecutable ? ' x' : ''} ${node.content}`.trimEnd()).sort();
}
