// What was made here and stands in the log already is the log's: the local node takes its id, and nothing is transferred. spec/sync.md, rows N3, N5, N8.
import type { Situation } from './situation.ts';
import { depthOf, type LocalNode, type NodeId, type RemoteNode } from './tree.ts';

/** Somebody has to compare these two before they can be decided. */
export type Comparing = { readonly local: NodeId; readonly remote: NodeId };

/** Relabels the local tree, folders before what is in them. */
export function adopt(situation: Situation): readonly Comparing[] {
  const comparing: Comparing[] = [];
  const fresh = situation.ids.filter((id) => isNewHere(situation, id));
  const byDepth = fresh.map((id) => ({ id, depth: depthOf(situation.local, id) })).sort((a, b) => a.depth - b.depth);
  for (const { id } of byDepth) {
    const ours = situation.local.get(id) as LocalNode;
    const theirs = situation.namedExactly(situation.remote, ours.parent, ours.name)[0];
    if (!theirs || theirs.kind !== ours.kind || !isFree(situation, theirs)) continue;
    const comparison = ours.content === theirs.content ? 'same' : situation.policy.compare(ours.content, theirs.content);
    if (comparison === 'same') situation.local.relabel({ from: id, to: theirs.id, kind: 'adopt' });
    if (comparison === 'unknown') comparing.push({ local: id, remote: theirs.id });
  }
  return comparing;
}

/** A husk is new to a folder that has come to its name. */
function isNewHere(situation: Situation, id: NodeId): boolean {
  return situation.local.get(id) !== undefined && !situation.synced.get(id) && !situation.remote.get(id) && !situation.blockOf(id);
}

/** No other local node is it. */
function isFree(situation: Situation, { id }: RemoteNode): boolean {
  return !situation.local.get(id) && !situation.blockOf(id) && !situation.isDeselected(id);
}
