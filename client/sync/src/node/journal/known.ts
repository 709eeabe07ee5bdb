// The words of a journal: what is noted under a name, what a person can choose, and what is told. spec/sync.md "Journal".
import type { NodeId, StallReason, TreeNode } from '../../tree.ts';
import type { LocalRow } from './trees.ts';

/** Which root a journal is of. */
export type JournalOf = {
  /** Also in the folder's marker. */
  readonly root: string;
  readonly space: string;
  /** Hex fid of the drive's folder. */
  readonly folder: string;
};

export type FactName =
  | 'root'
  /** What tells one start of the machine from another, as it was at the last. */
  | 'boot'
  /** When a program that followed it ended by itself, ms since 1970; 0 while one does, or if it did not. */
  | 'clean'
  /** 1 while the folder is not there: its disk may come back as after a power cut. */
  | 'missing'
  | 'space'
  | 'folder'
  | 'path'
  | 'state'
  | 'seq'
  | 'starts'
  | 'starting'
  | 'removals'
  | 'rules'
  /** Until when nothing is moved, ms since 1970. */
  | 'paused'
  /** How often a person chose something. */
  | 'choices'
  /** The last file that a check read, and that the reading in the background did; empty at the start. */
  | 'checked'
  | 'rehashed'
  /** When the latter read something, ms since 1970. */
  | 'rehashedAt';
export type ChoiceKind =
  | 'allowed'
  | 'deselected'
  | 'ignored'
  | 'rule'
  /** Files that this disk damaged and that are to be fetched again. */
  | 'repair'
  /** Nobody chose it: what left its place in the drive and may be in a folder that does not open. */
  | 'vanished';
export type Trouble = { readonly path: string; readonly node: NodeId | null; readonly reason: StallReason; readonly sinceMs: number };
export type JournalEvent = {
  readonly atMs: number;
  readonly node: NodeId | null;
  readonly path: string;
  readonly row: string | null;
  readonly what: string;
};
/** A file from the drive that is about to get its name here: what both sides have then, and the file that holds it. */
export type Placing = TreeNode & Pick<LocalRow, 'inode' | 'diskName'>;
export type Kept = {
  readonly path: string;
  readonly was: string;
  readonly stamp: string | null;
  readonly atMs: number;
  /** Those it was in, from the root down, where `stamp` is null. */
  readonly folders: readonly NodeId[];
};
