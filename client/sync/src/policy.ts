// What a person, a device and a disk add to the trees: never a rule of merging, only what is possible and wanted here. spec/sync.md "A plan".
import type { ConflictLabel } from '@reprise/vault';
import type { Content, NodeId } from './tree.ts';

/** As the root was probed, not as the system is called. */
export type DiskTraits = {
  /** Two names that differ in case only are one name here. */
  readonly foldsCase: boolean;
  /** Whether no file of this name can be made. */
  readonly refusesName: (name: string) => boolean;
};

/** What is known of two contents of different names. `unknown` costs a read, which a plan asks for. */
export type Comparison = 'same' | 'other' | 'unknown';

export type Policy = {
  readonly disk: DiskTraits;
  readonly compare: (local: Content, remote: Content) => Comparison;
  /** Words in the names of conflict copies. */
  readonly label: ConflictLabel;
  /** An unused id for the copy that `of` loses; the same each time it is asked in one plan. */
  readonly newId: (of: NodeId) => NodeId;
  /** Folders that are not wanted on this device, with all below them. */
  readonly deselected: ReadonlySet<NodeId>;
  /** Those of them that nobody chose by hand: their place in the drive is one that is ignored here. */
  readonly ignored?: ReadonlySet<NodeId>;
  readonly brake: {
    /** Removals of the last minutes, which count as well. */
    readonly recentRemovals: number;
    /** Nodes of which a person said that they may go. */
    readonly allowed: ReadonlySet<NodeId> | 'all';
  };
};
