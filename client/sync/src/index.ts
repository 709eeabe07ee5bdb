// How a folder and a drive become equal: a plan that is decided without looking at either, and what carries it out through ports.
// What only Node has is '@reprise/sync/node'.
export { type Comparing } from './adopt.ts';
export { type Row } from './decide.ts';
export { type Action, type Decision } from './explain.ts';
export { identify, type Identified, type KnownItem, type SeenItem, type Stamp, type Verdict } from './identity.ts';
export { type Edit, plan, type Plan } from './plan.ts';
export type { Comparison, DiskTraits, Policy } from './policy.ts';
export {
  type Disk,
  type DiskPath,
  type DiskProbe,
  DiskRefusal,
  type DiskStamp,
  type Listed,
  type Ports,
  type ReadableFile,
  type RefusalReason,
  type Schedule,
  type Watching,
  type WritableFile,
} from './ports.ts';
export { type Relabel } from './relabelled.ts';
export { findTouched, type Trees } from './situation.ts';
export { type Step } from './steps.ts';
export {
  type Content,
  foldName,
  type Kind,
  type LocalNode,
  MemoryTree,
  type NodeId,
  type RemoteNode,
  rootId,
  type StallReason,
  type Tree,
  type TreeNode,
} from './tree.ts';
