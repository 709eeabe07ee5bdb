// What is to be sent, under paths that the tree can hold. spec/directories.md "Names".
import { Failure } from '@reprise/protocol';
import type { UploadItem } from './source.ts';
import { normalPath, otherName } from './tree.ts';

/** Something given that cannot be sent, and why. */
export type LeftOut = { readonly path: string; readonly failure: Failure };
/** What can be sent; two of one path get two names. */
export type CheckedItems = {
  readonly items: UploadItem[];
  readonly leftOut: LeftOut[];
  readonly renamed: { readonly from: string; readonly to: string }[];
};

/**
 * Paths in the form the tree holds, each once; what has no such form is left out.
 * @param checkPlace throws a Failure where a path cannot be at the place it goes to
 */
export function checkItems(given: readonly UploadItem[], checkPlace: (path: string) => void = () => undefined): CheckedItems {
  const checked: CheckedItems = { items: [], leftOut: [], renamed: [] };
  const taken = new Set<string>();
  for (const item of given) {
    try {
      let path = normalPath(item.path);
      checkPlace(path);
      if (taken.has(path) && item.kind === 'folder') continue;
      if (taken.has(path)) {
        path = otherName(path, (other) => taken.has(other));
        checked.renamed.push({ from: item.path, to: path });
      }
      taken.add(path);
      checked.items.push(path === item.path ? item : { ...item, path });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      checked.leftOut.push({ path: item.path, failure: error });
    }
  }
  return checked;
}
