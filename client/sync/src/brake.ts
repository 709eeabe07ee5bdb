// Removals beyond what people do by hand wait for one. spec/sync.md "The brake".
import { removalsMax, removedShareMax, shareNodesMin } from './limits.ts';
import type { Policy } from './policy.ts';
import type { NodeId } from './tree.ts';

/**
 * @param removed nodes that a plan removes, here or in the drive
 * @param spaceNodes of the space before it
 * @returns those that are held
 */
export function findHeld(removed: readonly NodeId[], spaceNodes: number, { allowed, recentRemovals }: Policy['brake']): readonly NodeId[] {
  if (allowed === 'all') return [];
  const unasked = removed.filter((id) => !allowed.has(id));
  return isTooMany(unasked.length + recentRemovals, spaceNodes) ? unasked : [];
}

export function isTooMany(count: number, spaceNodes: number): boolean {
  return count > removalsMax || (spaceNodes >= shareNodesMin && count > spaceNodes * removedShareMax);
}
