// How one tree differs from the one before it: what a commit tells other devices so that they need not fetch. spec/merge.md "Deltas".
import type { Bytes } from '@reprise/kit';
import type { Entry } from './entry.ts';
import type { Ref } from './tree-node.ts';

/** Stands for the root directory where a directory is named by its fid. */
export const rootFid: Bytes = new Uint8Array(16);

/** What stands under a name of a directory from now on. A list of changes has at most one for each place. */
export type TreeChange =
  | { readonly kind: 'put'; readonly parent: Bytes; readonly entry: Entry }
  | { readonly kind: 'remove'; readonly parent: Bytes; readonly name: string };

/** A node sealed by a change, below the top node of its directory. */
export type RewrittenNode = { readonly directory: Bytes; readonly level: number; readonly firstName: string; readonly ref: Ref };

/** `changes` include the new entries of all directories up to the root; a move is a removal and a put. */
export type TreeDelta = { readonly changes: readonly TreeChange[]; readonly nodes: readonly RewrittenNode[] };
