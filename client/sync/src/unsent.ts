// What was changed here and not sent yet, when somebody moved its folder to where this device ignores it: the drive has no such bytes, so it
// stays where it is, as something new. spec/sync.md "What is ignored".
import type { Relabel } from './relabelled.ts';
import type { Situation } from './situation.ts';
import { ancestors, type NodeId, type TreeNode } from './tree.ts';

/** Fresh ids for such files and the folders they are in; what the drive has of them keeps the old ones. Stands before everything else of a plan. */
export function renewUnsent(situation: Situation): readonly Relabel[] {
  const { local, remote, policy, ids } = situation;
  const ignored = policy.ignored ?? new Set<NodeId>();
  if (ignored.size === 0) return [];
  const isIgnored = (id: NodeId): boolean => [remote.get(id), ...ancestors(remote, id)].some((node) => node && ignored.has(node.id));
  const renewed = new Set<NodeId>();
  for (const id of ids) {
    const node = local.get(id);
    if (!node || node.isHusk || situation.blockOf(id) || isInDrive(situation, node)) continue;
    for (const { id: other } of [node, ...ancestors(local, id)]) if (isIgnored(other)) renewed.add(other);
  }
  return [...renewed].map((id) => ({ from: id, to: policy.newId(id), kind: 'copy' }));
}

function isInDrive({ synced, remote, policy }: Situation, { id, content }: TreeNode): boolean {
  const isSame = (known: TreeNode): boolean => known.content === content || policy.compare(content, known.content) === 'same';
  return [synced.get(id), remote.get(id)].some((known) => known && isSame(known));
}
