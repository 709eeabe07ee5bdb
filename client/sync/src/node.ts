// What only Node has: '@reprise/sync/node'.
export { type FollowState, followRoot } from './follow.ts';
export { nodeDisk } from './node/disk.ts';
export { Journal, type JournalEvent, type JournalOf, type Trouble } from './node/journal/journal.ts';
export { type OpenedRoot, openRoot, type OpenRootOptions, type RootPlace } from './node/open-root.ts';
export { sha256 } from './node/sha256.ts';
export { systemSchedule } from './node/schedule.ts';
export { type Standing, StandingTeller } from './standing.ts';
export { type RootProgress, type RootReport, RootSync } from './root-sync.ts';
export { type Conflict, conflictsIn, type Keep, settleConflict, type Settled } from './settle-conflict.ts';
export { folderAt, leaveOut, type LeftOut, leftOut, leftOutBy, type Leaves, takeBack, weigh } from './select.ts';
export { type Checked, checkFiles, type CheckTools, damagedFiles } from './check.ts';
