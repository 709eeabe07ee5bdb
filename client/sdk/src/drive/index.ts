// The drive of an account: '@reprise/sdk/drive'. What only Node has, heads in files, is '@reprise/sdk/node'.
export type { AccountSession } from '../account/session.ts';
export type { OnTaken } from './changes.ts';
export * from './drive.ts';
export type { DriveLink, DriveLinkChange, DriveLinks, NewDriveLink } from './drive-links.ts';
export type { Committed } from './drive-space.ts';
export type { DriveUpload, DriveUploadOutcome, DriveUploadPhase, DriveUploadProgress } from './drive-upload.ts';
export type { DriveEntry } from './entries.ts';
export { folded, matcher } from './find.ts';
export type { Disagreement, SignedEntry } from './followed-log.ts';
export { type HeadStore, memoryHeadStore } from './head-store.ts';
export { historyKeptMs, type RewindPlan, type RewindSample } from './history.ts';
export type { Colour, Marks } from './marks.ts';
export { memoryNodeCache, type NodeCache } from './node-cache.ts';
export { checkPath, type DrivePath, formatPath, hiddenName, isWithin, parsePath, splitPath } from './path.ts';
export type { TakenAnswer, TakenQuestion } from './put-plan.ts';
export type { SweepReport } from './sweep-drive.ts';
export { trashKeptMs } from './trash.ts';
export type { FileVersion } from './versions.ts';
