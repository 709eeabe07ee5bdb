// What the commands for an account and its drive say, beside the words for links.
import type { AppAccess } from '@reprise/sdk/account';
import type { RewindSample, SyncState, UnreadCounts } from '@reprise/sdk/drive';
import type { StallReason } from '@reprise/sync';
import type { FollowState } from '@reprise/sync/node';

export type DriveWords = {
  readonly askNewAccountPassword: string;
  readonly askAccountPassword: string;
  readonly signedUp: (name: string) => string;
  readonly phraseIs: string;
  readonly kitIs: string;
  readonly kitWritten: (file: string) => string;
  readonly kitFailed: (why: string, server: string) => string;
  /** Asked before the former password and kit end. */
  readonly secureNow: string;
  readonly secured: string;
  readonly askPasswordToEnd: string;
  readonly accountEnds: (date: string) => string;
  readonly accountKept: string;
  readonly signedIn: (name: string, server: string) => string;
  readonly signedOut: string;
  /** What to do with the code of a new machine. */
  readonly pairHow: (code: string) => string;
  readonly wantsIn: (label: string) => string;
  readonly askSameWords: string;
  readonly admitted: (label: string) => string;
  /** What an app credential may do. */
  readonly credentialOf: Readonly<Record<AppAccess, string>>;
  readonly credentialMade: (scope: string, device: string) => string;
  readonly credentialUnnamed: (why: string) => string;
  readonly revoked: string;
  readonly thisDevice: string;
  /** How a folder of a device stands, as that device said at a time. */
  readonly syncSaid: (said: SyncState, time: string) => string;
  readonly neverUsed: string;
  readonly treeSum: (files: number, folders: number, size: string) => string;
  readonly usage: (stored: string, max: string, history: string, pending: string) => string;
  readonly putInto: (size: string, files: number, folder: string, time: string) => string;
  readonly newVersions: (count: number) => string;
  readonly skipped: (count: number) => string;
  readonly trashed: (count: number) => string;
  readonly trashEmptied: (count: number) => string;
  readonly restored: (path: string) => string;
  readonly current: string;
  readonly rewindMarks: Readonly<Record<RewindSample['what'], string>>;
  readonly rewindSum: (date: string, counts: Readonly<Record<RewindSample['what'], number>>) => string;
  readonly rewindAsk: (moment: string) => string;
  readonly rewound: string;
  readonly adopted: string;
  readonly linkEnded: (title: string) => string;
  /** Of the lists that the account keeps in its drive. */
  readonly unreadEntries: (counts: UnreadCounts) => string;
  readonly unreadDropped: (counts: UnreadCounts) => string;
  readonly linkNotLive: string;
  readonly syncing: string;
  readonly synced: (sent: number, received: number, removedHere: number, removedThere: number) => string;
  readonly syncConflict: (path: string) => string;
  /** Of what a file is a conflict copy, and which of both this machine had. */
  readonly syncConflictOf: (of: string, mine: 'copy' | 'plain', isThere: boolean) => string;
  readonly syncConflictHint: string;
  readonly syncKept: (paths: readonly string[]) => string;
  /** Where what a person did not keep is to be found; `at` is a path of the safety folder. */
  readonly syncWent: Readonly<Record<'trash' | 'versions' | 'safety', (path: string, at: string) => string>>;
  /** How a root stands; none: no program follows it. */
  readonly syncState: Readonly<Record<FollowState['state'] | 'none', string>>;
  /** Of folders of the drive: kept on this machine, or left out. */
  readonly syncSelected: Readonly<Record<'here' | 'out', string>>;
  readonly syncLeavesOut: (folder: string, files: number, unsent: number) => string;
  readonly syncManyLeave: (folder: string, files: number) => string;
  /** @param fromSafety files that waited in the safety folder */
  readonly syncTakenBack: (folder: string, fromSafety: number) => string;
  readonly syncNotSelected: string;
  readonly syncChecking: string;
  readonly syncChecked: (files: number, bytes: string, damaged: number, passedOver: number) => string;
  readonly syncDamaged: Readonly<Record<'drive' | 'alone', string>>;
  readonly syncRepairs: string;
  readonly syncRepaired: (files: number) => string;
  readonly syncWaits: string;
  readonly syncWaitsForRoom: (path: string) => string;
  readonly syncStopped: string;
  readonly syncElsewhere: (folder: string, lock: string) => string;
  readonly syncResumed: string;
  readonly syncRemoved: (folder: string) => string;
  /** Where something was removed, of which the other side is to follow. */
  readonly syncRemovedIn: Readonly<Record<'folder' | 'drive', string>>;
  readonly syncSide: Readonly<Record<'here' | 'drive' | 'base', string>>;
  readonly syncUnseen: string;
  readonly syncInstalled: (file: string, next: string) => string;
  /** Why something is not synced, and what helps. */
  readonly syncReason: Readonly<Record<StallReason, string>>;
};
