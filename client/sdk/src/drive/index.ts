// The drive of an account: '@reprise/sdk/drive'. What only Node has, heads in files, is '@reprise/sdk/node'.
export type { AccountSession } from '../account/session.ts';
export type { OnTaken } from './changes.ts';
export { type AccountNames, nameDevice, namePasskey, readAccountNames } from './account-names.ts';
export * from './drive.ts';
export type { Sale } from './selling.ts';
export type { DriveLink, DriveLinkChange, DriveLinks, NewDriveLink, SaleTerms } from './drive-links.ts';
export { type DriveParcel, forgetParcels, keepParcels, keptParcels } from './drive-parcels.ts';
export { countUnread, dropUnread, type UnreadCounts } from './kept-lists.ts';
export type { Committed } from './drive-space.ts';
export type { DriveUpload, DriveUploadOutcome, DriveUploadPhase, DriveUploadProgress } from './drive-upload.ts';
export type { DriveEntry } from './entries.ts';
export type { EndsStore } from './inherit.ts';
export { folded, matcher } from './find.ts';
export type { Disagreement, SignedEntry } from './followed-log.ts';
export { type HeadStore, memoryHeadStore } from './head-store.ts';
export { historyKeptMs, type RewindPlan, type RewindSample } from './history.ts';
export type { Look, PlacedEntry, TreeNews } from './tree-news.ts';
export type { Colour, Marks } from './marks.ts';
export { memoryNodeCache, type NodeCache } from './node-cache.ts';
export { checkPath, type DrivePath, formatPath, hiddenName, isWithin, parsePath, splitPath } from './path.ts';
export type { FilePicture, PictureMaker } from './pictures.ts';
export type { TakenAnswer, TakenQuestion } from './put-plan.ts';
export { Replica, type ReplicaChange, type ReplicaHead } from './replica.ts';
export { pushReplica, type PushProgress, type PushWish, type ReplicaContent, type ReplicaEdit, type ReplicaFile } from './replica-push.ts';
export {
  readSyncStates,
  saySyncState,
  syncHeartbeatMs,
  type SyncHolds,
  type SyncSaid,
  type SyncState,
  type SyncStateWord,
} from './sync-states.ts';
export type { SweepReport } from './sweep-drive.ts';
export { trashKeptMs } from './trash.ts';
export type { FileVersion } from './versions.ts';
export { type CarriedOut, WaitingChanges } from './waiting-changes.ts';
export { type HeldReason, memoryWaitingStore, type WaitingAct, type WaitingChange, type WaitingStore } from './waiting-record.ts';
export { type WalletFile, walletFile } from './wallet-file.ts';
