// Where an entry that stood at a path of an older tree stands in a newer one: fids tell, whatever was moved or renamed above it.
// spec/merge.md "Differences".
import { equalBytes, formatHex } from '@reprise/kit';
import { diffTrees } from '@reprise/vault';
import { pathsIn } from './history.ts';
import type { DrivePath } from './path.ts';
import { trashPath } from './trash.ts';
import type { TreeView } from './tree-view.ts';

/** @returns null if the newer tree has it no more, or the older one never had. @throws Failure network, object-missing, reject … */
export async function whereNow(then: TreeView, now: TreeView, path: DrivePath): Promise<DrivePath | null> {
  const chain = await then.chain(path);
  const entry = chain.at(-1);
  if (!entry || chain.length !== path.length + 1) return null;
  const there = await now.entryAt(path);
  if (there && equalBytes(there.fid, entry.fid)) return path;
  const differences = await diffTrees(then.root, now.root, now.reader);
  const pathOf = pathsIn(differences, 'after');
  // What is told of the nearest folder above holds for what is below it.
  for (let depth = path.length; depth > 0; depth--) {
    const fid = formatHex(chain[depth]?.fid ?? entry.fid);
    const told = differences.find((one) => formatHex((one.kind === 'added' ? one.after : one.before).entry.fid) === fid);
    if (!told) continue;
    if (told.kind === 'removed') return null;
    const above = pathOf(told.after.parent, told.after.entry.name);
    if (above === null) return null;
    const moved = [...above.split('/').filter(Boolean), ...path.slice(depth)];
    const found = await now.entryAt(moved);
    return found && equalBytes(found.fid, entry.fid) ? moved : null;
  }
  return null;
}

export function isInTrash(path: DrivePath): boolean {
  return path.length > trashPath.length && trashPath.every((name, i) => path[i] === name);
}
