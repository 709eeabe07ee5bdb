// What the screens of the drive ask of the engine, and nothing else: screens import these types, the engine behind imports none
// of the screens. No code here. What each part does underneath is spec/web.md.
//
// The engine provides one module, imported once by app/main.ts:
//   engine/drive-engine.ts   export const createDriveEngine: CreateDriveEngine
// One engine a tab. Locking, signing out and every change of the tree made in another tab arrive through the observables.
//
// A member marked `?` may be absent: the screens then show no door to it.
//
// Failures: a call that is refused rejects with an EngineFailure (engine/port.ts). Codes the screens have words for, beyond those:
// 'wrong-password', 'name-taken', 'bad-name' {name}, 'no-such-entry', 'into-itself', 'history-disagrees', 'locked', 'no-passkey', 'passkey-unfit', 'passkey-known', 'passkey-needed', 'kit-untried', 'proof-too-new' {countsAt},
// 'purge-forbidden', 'code-expired', 'pairing-refused', 'unknown-kit', 'device-revoked'.
import type { OutsideDoor } from '../engine/outside-port.ts';
import type {
  ArchiveEntry,
  EngineFailure,
  Entry,
  LinkChange,
  ManagedLink,
  Observable,
  OpenLink,
  Parcel,
  ParcelState,
  PickedItem,
  Preview,
  SaveJob,
  SaveTarget,
  SendOptions,
  SinkKind,
  TimeMs,
} from '../engine/port.ts';
import type { Plans } from './plans-port.ts';
import type { LinkSale, Sales } from './sales-port.ts';
import type { Purse } from './wallet/port.ts';

// ---------------------------------------------------------------------------------------------------------------- account

/** The account as far as a locked device may show it. */
export interface AccountFace {
  /** Seen only by people one shares with. */
  readonly name: string;
  /** What is typed into the "identifier" field of a sign-in: the account code, or the sign-in name where one was chosen. */
  readonly identifier: string;
  /** 32 bytes, what the account's seal is drawn from. */
  readonly fingerprint: Uint8Array;
}

/** How a locked account can be opened on this device. 'device' needs no more than a click. */
export type Door = 'device' | 'passkey';

export type Session =
  | { readonly kind: 'starting' }
  /** No account lives on this device. */
  | { readonly kind: 'none' }
  /** Keys and grants are gone, sealed data stays. */
  | { readonly kind: 'locked'; readonly account: AccountFace; readonly doors: readonly Door[]; readonly newestChangeAt: TimeMs | null }
  /** This device was revoked elsewhere: what it holds stays sealed here until somebody signs in anew. */
  | { readonly kind: 'ended'; readonly why: 'revoked' }
  /** The account was deleted here, and nothing of it is left on this device. Whoever signs in before `endsAt` can keep it. */
  | { readonly kind: 'ended'; readonly why: 'deleted'; readonly endsAt: TimeMs }
  /** The account is on this device and could not be opened this time. */
  | { readonly kind: 'failed'; readonly failure: EngineFailure; retry(): void }
  | { readonly kind: 'open'; readonly account: OpenAccount; readonly drive: Drive };

export type PasswordChoice =
  /** Six words made by `phrase()`. 77 bits, so no code secret is needed. */
  | { readonly kind: 'phrase'; readonly phrase: string }
  /** One's own, joined with the secret of the account code. */
  | { readonly kind: 'own'; readonly password: string };

/** 'key': Argon2id runs, the slow part; 'account': the server and the first commit. */
export type SigningStep = 'key' | 'account';

export interface SignUpWish {
  readonly name: string;
  /** null = only the locator of the account code. */
  readonly signInName: string | null;
  readonly password: PasswordChoice;
}

export interface SignInWish {
  readonly identifier: string;
  readonly password: string;
  /** Where the account demands both. */
  readonly withPasskey: boolean;
}

export interface DriveEngine {
  readonly session: Observable<Session>;

  /** Six words from a list of 7776, a space between them; a new one each time. */
  phrase(): Promise<string>;
  /** On success the session is open and its `kit` is 'missing'. @throws 'name-taken' | 'offline' | 'rate-limited' */
  signUp(wish: SignUpWish, onstep: (step: SigningStep) => void, signal: AbortSignal): Promise<void>;
  /**
   * An unknown identifier and a wrong password fail alike, after the same time. `withPasskey` opens the browser's own dialog first.
   * @throws 'wrong-password' | 'passkey-needed' | 'rate-limited' {retryAt}
   */
  signIn(wish: SignInWish, onstep: (step: SigningStep) => void, signal: AbortSignal): Promise<void>;
  /** Whether this browser can ask a passkey for a secret: doors for passkeys show only then. */
  readonly canPasskey: Observable<boolean>;
  /** Opens the browser's own dialog: call from a click. @throws 'no-passkey' | 'passkey-unfit' | 'cancelled' */
  signInWithPasskey(): Promise<void>;
  /** Starts adding this device from one that is enrolled. Ends with `signal`. */
  joinByDevice(signal: AbortSignal): Promise<Joining>;
  /** For a passkey it opens the browser's own dialog. @throws 'no-passkey' | 'passkey-unfit' | 'cancelled' */
  unlock(door: Door): Promise<void>;
  /** Opens the account by its recovery kit and asks for a new password afterwards. @throws 'unknown-kit' */
  recover(words: readonly string[], password: PasswordChoice, onstep: (step: SigningStep) => void, signal: AbortSignal): Promise<void>;
  /** Which of the words are not in the list of 2048, by index; `checksum` false when all are known but together no kit. Pure, no request. */
  checkWords(words: readonly string[]): Promise<{ readonly unknown: readonly number[]; readonly checksum: boolean }>;
  /** Words of the list that begin so, at most eight, for the field's suggestions. */
  suggestWords(start: string): Promise<readonly string[]>;

  /** true once a newer version of the app waits for a reload. */
  readonly newVersion: Observable<boolean>;
  /** Loads the page anew, in that build. */
  takeNewVersion(): void;
  /** Loads the page anew where a part of it did not come: in the build that waits, and asked of the network anew where that did not help. */
  loadAnew(): void;

  /** Device settings: known without an account. */
  readonly device: Observable<DeviceSettings>;
  changeDevice(change: Partial<DeviceSettings>): Promise<void>;
}
export type CreateDriveEngine = () => Promise<DriveEngine>;

/** What a new device shows while an enrolled one lets it in. */
export interface Joining {
  /** What the QR code holds; a new one each time. */
  readonly qrText: string;
  /** A short code typed on the enrolled device instead, in groups of four; valid ten minutes. */
  readonly code: string;
  readonly state: Observable<JoiningState>;
  /** After both people read the same four words. */
  confirm(same: boolean): void;
}
export type JoiningState =
  | { readonly kind: 'waiting'; readonly expiresAt: TimeMs }
  /** Compare with the enrolled device. */
  | { readonly kind: 'compare'; readonly words: readonly string[] }
  | { readonly kind: 'entering' }
  /** The session opens a moment later; `newestChangeAt` is what this device now trusts. */
  | { readonly kind: 'done'; readonly newestChangeAt: TimeMs | null }
  | { readonly kind: 'failed'; readonly failure: EngineFailure };

export interface OpenAccount extends AccountFace {
  readonly kit: Observable<KitState>;
  readonly devices: Observable<readonly Device[]>;
  readonly slots: Observable<readonly Slot[]>;

  /** Drops keys and grants in every tab; the account stays on this device. */
  lock(): Promise<void>;
  /** Also erases the sealed data of this device. `wouldLose` on the drive says whether something waits. */
  signOut(): Promise<void>;
  rename(name: string): Promise<void>;
  /** @throws 'wrong-password' */
  changePassword(current: string, next: PasswordChoice, onstep: (step: SigningStep) => void): Promise<void>;
  /** Draws new keys and the kit that is to open them; nothing changes yet. The person keeps it, then `secure` is called. */
  planSecuring(): Promise<Kit>;
  /** New account key, new home epoch, new slots, the planned kit among them; every other device ends. After a failure it is planned anew. */
  secure(password: PasswordChoice, onstep: (step: SigningStep) => void): Promise<void>;

  /** A new kit. The former one opens the account until this one was rehearsed, then no more. */
  makeKit(): Promise<Kit>;
  /** Runs the real restore code against the live slot. The kit counts once it answered 'opens'. */
  tryKit(words: readonly string[]): Promise<KitTrial>;
  /** The short form: two words of the kit made in this session, by their index from 0. */
  tryWords(words: readonly { readonly index: number; readonly word: string }[]): Promise<KitTrial>;

  /**
   * Opens the browser's dialog twice: the second ceremony must give the same value, else the passkey does not count. From then on this device,
   * once locked, opens by it alone. It is called after this browser until a person calls it otherwise. @throws 'passkey-known' | 'passkey-unfit' | 'cancelled'
   */
  addPasskey(): Promise<{ readonly id: string; readonly label: string }>;
  /** Every device of the account shows it so. */
  renamePasskey(id: string, label: string): Promise<void>;
  /** Whether a password alone is refused. */
  readonly demandsPasskey: Observable<boolean>;
  /** To demand one, the browser's dialog opens: it has to work. @throws 'kit-untried' | 'no-passkey' | 'cancelled' */
  demandPasskey(on: boolean): Promise<void>;
  removeSlot(id: string): Promise<void>;
  /** A credential for a tool, shown once. It stands among the slots; `removeSlot` ends it. */
  addAppCredential(label: string, scope: AppScope): Promise<{ readonly text: string }>;

  /** `text`: what was scanned or typed from the new device. */
  invite(text: string): Promise<Invitation>;
  /** What devices say of themselves, read anew; `devices` tells it. */
  lookAtDevices(): Promise<void>;
  renameDevice(id: string, label: string): Promise<void>;
  /** Rotates keys. @throws 'offline' */
  revokeDevice(id: string): Promise<void>;

  /** All account data, without the files: a JSON text. */
  exportAccount(): Promise<Blob>;
  /**
   * The server asks for more than this device: the password, with the browser's own dialog where the account demands a passkey besides; the 24 words
   * of the kit; or a passkey (null), by that dialog alone. Call from a click. Links are gone at once for everyone, the rest after seven days.
   * @throws 'wrong-password' | 'no-passkey' | 'cancelled' | 'proof-too-new' {countsAt} for what was made or changed within seven days
   */
  deleteAccount(proof: string | null): Promise<void>;
  /** Set while the account waits for its end, asked for here or elsewhere. */
  readonly endsAt: Observable<TimeMs | null>;
  /** Takes that back; a device is enough. Links that ended stay ended. @throws 'offline' */
  keepAccount(): Promise<void>;
}

export type KitState =
  | { readonly state: 'missing' }
  | { readonly state: 'made'; readonly madeAt: TimeMs }
  | {
      readonly state: 'rehearsed';
      readonly madeAt: TimeMs;
      readonly rehearsedAt: TimeMs /** The full rehearsal is due. */;
      readonly due: boolean;
    };

/** Everything the kit prints. */
export interface Kit {
  readonly name: string;
  readonly identifier: string;
  readonly origin: string;
  readonly madeAt: TimeMs;
  readonly words: readonly string[];
  readonly fingerprint: Uint8Array;
}
export type KitTrial =
  | { readonly kind: 'opens'; readonly at: TimeMs }
  /** Index of the first word that is not in the list. */
  | { readonly kind: 'unknown-word'; readonly index: number }
  | { readonly kind: 'other-account' }
  | { readonly kind: 'wrong' }
  | { readonly kind: 'offline' };

export type SlotKind = 'password' | 'recovery' | 'passkey' | 'device' | 'app';
export interface Slot {
  readonly id: string;
  readonly kind: SlotKind;
  readonly label: string;
  readonly createdAt: TimeMs;
  /** null = never, or not known. */
  readonly usedAt: TimeMs | null;
  /** Only kind 'app'. */
  readonly scope: AppScope | null;
}
/** Of the whole drive. */
export type AppScope = { readonly access: 'read' | 'write' };

export interface Device {
  readonly id: string;
  /** null = it has told the account none yet. */
  readonly label: string | null;
  readonly kind: 'browser' | 'phone' | 'desktop' | 'command-line';
  readonly isThis: boolean;
  readonly keysSince: TimeMs;
  /** null = not known. */
  readonly seenAt: TimeMs | null;
  readonly revokedAt: TimeMs | null;
  /** Folders that it keeps in sync, as it said itself. */
  readonly synced?: readonly SyncedFolder[];
}
export interface SyncedFolder {
  readonly root: string;
  /** On its disk, and in the drive. */
  readonly folder: string;
  readonly drivePath: string;
  readonly saidAt: TimeMs;
  /** Outside of these it is silent: what it said is too old to count, or kept back. */
  readonly countsFrom: TimeMs;
  readonly countsUntil: TimeMs;
  readonly state: 'ended' | 'working' | 'in-step' | 'attention' | 'paused' | 'stopped';
  /** How many entries each thing holds up. */
  readonly holds: Readonly<Record<'removals' | 'conflicts' | 'fullDisk' | 'others', number>>;
}
export type Invitation = {
  /** The same four words must stand on the new device. */
  readonly words: readonly string[];
  /** What the new device calls itself. */
  readonly label: string;
  approve(): Promise<void>;
  refuse(): Promise<void>;
};

/** Kept on this device alone. */
export interface DeviceSettings {
  /** null = no limit. */
  readonly uploadBytesPerSecondMax: number | null;
  /** Minutes without a key or a touch before keys are dropped; null = never. */
  readonly lockAfterMinutes: number | null;
  /** Whether small pictures are drawn here. */
  readonly thumbnails: boolean;
  /** Sealed bytes kept here, and what the browser allows; null = not known. */
  readonly storedBytes: number | null;
  readonly storedBytesMax: number | null;
}

// ------------------------------------------------------------------------------------------------------------------ drive

/** 32 hex digits: the entry's fid, stable through rename and move. The root is 'root'. */
export type EntryId = string;
export const rootId: EntryId = 'root';

/** 0 = none, then red, orange, green, teal, blue, violet, pink. */
export type Colour = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7;

/** Bits of `EntryTable.marks`, and where the colour begins. */
export const markBits = { folder: 1, starred: 2, link: 4, password: 8, thumbnail: 16, waiting: 32, colourShift: 8 } as const;

/**
 * A folder's entries in columns, so that 100 000 of them are a handful of buffers: index i of each column is one entry, in no
 * promised order. Buffers are never changed after they were handed over.
 */
export interface EntryColumns {
  readonly length: number;
  /** 16 bytes each. */
  readonly ids: Uint8Array;
  /** All names joined; entry i ends at nameEnds[i] (UTF-16 units) and begins where its predecessor ends. */
  readonly names: string;
  readonly nameEnds: Uint32Array;
  /** Bytes; a folder's is everything below it. */
  readonly sizes: Float64Array;
  readonly modifiedAt: Float64Array;
  readonly marks: Uint16Array;
}
export interface EntryTable extends EntryColumns {
  /** Indexes by name, folders first: the order in which a folder is shown unless somebody chose another. */
  readonly byName: Uint32Array;
}

export interface FolderPlace {
  readonly id: EntryId;
  readonly name: string;
}
export type FolderView =
  | { readonly state: 'loading' }
  | { readonly state: 'gone' }
  | { readonly state: 'failed'; readonly failure: EngineFailure }
  | {
      readonly state: 'ready';
      /** From the root to this folder, both included. */
      readonly path: readonly FolderPlace[];
      readonly table: EntryTable;
      /** From the sealed cache while the newest head is still being fetched. */
      readonly stale: boolean;
    };

export interface EntryDetails extends Entry {
  readonly parentId: EntryId;
  /** From the root, the entry's own name left out. */
  readonly path: readonly FolderPlace[];
  readonly createdAt: TimeMs | null;
  readonly starred: boolean;
  readonly colour: Colour;
  readonly versionsCount: number;
  /** Hex SHA-256 of the contents; null where the writer never held all of it. */
  readonly digest: string | null;
  /** Of a folder: files below it, null while counting. */
  readonly filesCount: number | null;
}

/** What was done, and how to take it back within the ten seconds the toast stands. */
export interface Change {
  /** Entries that were changed. */
  readonly count: number;
  /** Those of several that could not be, without a network, and why. */
  readonly refused?: readonly { readonly name: string; readonly failure: EngineFailure }[] | undefined;
  undo(): Promise<void>;
}

/** 'version': the new bytes become a version of the old entry. 'both': the new one takes a free name. */
export type ClashAnswer = 'version' | 'both' | 'skip';
export interface Clash {
  readonly name: string;
  /** Folders of one name are merged, so only files clash with anything but files of the same kind. */
  readonly existing: { readonly id: EntryId; readonly kind: 'file' | 'folder'; readonly bytes: number; readonly modifiedAt: TimeMs | null };
  readonly incoming: { readonly kind: 'file' | 'folder'; readonly bytes: number; readonly modifiedAt: TimeMs | null };
}
/** By the clashing name; a name left out gets 'both'. */
export type ClashAnswers = ReadonlyMap<string, ClashAnswer>;

/** Like a Parcel of the landing page, without a link: one drop of files on its way into a folder. */
export interface Transfer
  extends Pick<
    Parcel,
    'id' | 'title' | 'kind' | 'createdAt' | 'rows' | 'pause' | 'resume' | 'retry' | 'cancel' | 'first' | 'reattach' | 'reattachHandles'
  > {
  readonly folderId: EntryId;
  /** Id of the kept parcel that it copies; null for what was chosen on this device. */
  readonly parcel: string | null;
  readonly state: Observable<TransferState>;
}
export type TransferState = Omit<ParcelState, 'link'>;

export interface Version {
  readonly id: string;
  readonly at: TimeMs;
  readonly bytes: number;
  /** What keeping it costs beyond the others. */
  readonly ownBytes: number;
  readonly deviceLabel: string | null;
  readonly isCurrent: boolean;
  /** When history lets it go; null for the current one. */
  readonly keptUntil: TimeMs | null;
}

/** One act of deletion: what was selected then, kept together. */
export interface TrashItem {
  readonly id: string;
  /** Name of the single entry, or of the first. */
  readonly name: string;
  readonly kind: 'file' | 'folder';
  readonly entriesCount: number;
  readonly bytes: number;
  readonly deletedAt: TimeMs;
  readonly purgedAt: TimeMs;
  /** Where it came from, as a path of names. */
  readonly from: string;
  /** False when the folder is gone and would be made again. */
  readonly fromExists: boolean;
}

/** A moment one can go back to. */
export interface Moment {
  readonly id: string;
  readonly at: TimeMs;
  readonly deviceLabel: string | null;
  /** Entries that its commit added, removed and changed; null = not counted. */
  readonly added: number | null;
  readonly removed: number | null;
  readonly changed: number | null;
}
export type MomentCounts = {
  readonly added: number;
  readonly removed: number;
  readonly changed: number /** What one of them is called. */;
  readonly first: string | null;
};
export interface RewindPlan {
  readonly moment: Moment;
  /** Files that exist again, that go to the trash, that get older contents, that move back. */
  readonly returning: number;
  readonly leaving: number;
  readonly older: number;
  readonly moved: number;
  /** The first of them, for a look before applying. */
  readonly samples: readonly { readonly what: 'returning' | 'leaving' | 'older' | 'moved'; readonly path: string }[];
  apply(): Promise<Change>;
}

/** Every file that has a picture or a film, newest first. */
export interface PhotoTable {
  readonly length: number;
  readonly ids: Uint8Array;
  readonly names: string;
  readonly nameEnds: Uint32Array;
  /** When it was taken, by the camera's clock, else modified, by this device's: ms since 1970 as if that clock stood at UTC. */
  readonly takenAt: Float64Array;
  readonly modifiedAt: Float64Array;
  readonly sizes: Float64Array;
}

/** A batch of the whole tree for the search index. `removed` come first, each with all below it; then entries. */
export interface NameBatch {
  /** What was told before is void. */
  readonly begins: boolean;
  readonly removed: readonly EntryId[];
  readonly table: EntryColumns;
  /** 16 bytes each, zeros for the root. */
  readonly parents: Uint8Array;
  /** Share of the tree this feed has given so far; 1 = complete, later batches are changes. */
  readonly share: number;
}

export type History =
  | { readonly kind: 'agrees' }
  /** Writes are refused; local work stays. 'fork': two histories; 'rollback': the server's is older than what this device saw. */
  | {
      readonly kind: 'disagrees';
      readonly why: 'fork' | 'rollback';
      readonly mine: { readonly at: TimeMs; readonly entry: number };
      readonly theirs: { readonly at: TimeMs; readonly entry: number };
    };
export interface DriveState {
  readonly online: boolean;
  /** What the server shows cannot be believed or read: none of it was taken, what was accepted before stays. null = nothing of the kind. */
  readonly refused: EngineFailure | null;
  readonly history: History;
  /** Made without a network, in their order; those that cannot be carried out any more among them. */
  readonly waiting: readonly WaitingFacts[];
  /** Ids of those that are kept here and cannot be read any more; `dropWaiting` takes them too. */
  readonly unreadWaiting: readonly string[];
}
export interface WaitingFacts {
  readonly id: string;
  readonly kind: 'folder' | 'rename' | 'move' | 'mark' | 'remove' | 'restore';
  /** Of the first entry, and how many more there are. */
  readonly name: string;
  readonly othersCount: number;
  /** The new name, or the folder moved to; empty for the root and for other kinds. */
  readonly to: string;
  /** null while it waits; else why it stays as it is until somebody drops it. */
  readonly held: 'gone' | 'moved' | 'changed' | 'impossible' | null;
  readonly ids: readonly EntryId[];
}
export interface Usage {
  readonly liveBytes: number;
  readonly keptBytes: number;
  /** Bytes of uploads on their way. */
  readonly pendingBytes: number;
  readonly quotaBytes: number;
  /** The operator's word for the plan; null = the free one. */
  readonly plan: string | null;
  /** When it ends; null: it does not. */
  readonly planUntil: TimeMs | null;
  /** When one that allowed more ended, of late, and what is stored is above what is left; else null. */
  readonly planEnded: TimeMs | null;
}

export interface DriveLink extends ManagedLink {
  readonly entryId: EntryId;
  readonly entryKind: 'file' | 'folder';
  /** null: it opens without a purchase. */
  readonly sale: LinkSale | null;
  /** Whether its visitors can thank with money. */
  readonly takesTips: boolean;
}

/** What was sent without an account and is kept by this one. */
export interface KeptParcel {
  readonly id: string;
  readonly title: string;
  readonly manageUrl: string;
  readonly keptAt: TimeMs;
  /** 'ended': the server has none of it any more. 'unknown': it could not be asked. */
  readonly state: 'open' | 'ended' | 'unknown';
  readonly links: readonly ManagedLink[];
}

/** null: nobody can read the list at all. */
export type UnreadCounts = Readonly<Record<'links' | 'offers' | 'names' | 'parcels', number | null>>;

/** What can be saved at once: a file, a folder as a zip, or several entries as one zip. */
export type DriveSaveTarget =
  | SaveTarget
  | { readonly kind: 'several'; readonly ids: readonly EntryId[] }
  /** One file of an archive. */
  | { readonly kind: 'inside'; readonly archive: Entry; readonly member: ArchiveEntry };

export type DriveSave = Pick<SaveJob, 'name' | 'state' | 'cancel'>;

/** `OpenLink`'s ways to show and save, for files of one's own; `Entry.id` is an EntryId, and `fingerprint` that of the account. */
export interface Drive extends Pick<OpenLink, 'sinks' | 'fingerprint'> {
  /** Call straight from the click: 'disk' opens the browser's picker before anything else. */
  save(target: DriveSaveTarget, sink: SinkKind): DriveSave;
  readonly state: Observable<DriveState>;
  readonly usage: Observable<Usage>;
  /** Newest first; finished ones stay until forgotten. */
  readonly transfers: Observable<readonly Transfer[]>;
  readonly links: Observable<readonly DriveLink[]>;
  readonly trash: Observable<readonly TrashItem[]>;

  /** Follows the folder: a new view after every change, at most four times a second. */
  folder(id: EntryId): Observable<FolderView>;
  details(id: EntryId): Promise<EntryDetails>;
  /** Direct sub-folders, for the dialog that chooses a place. */
  subfolders(id: EntryId): Promise<readonly FolderPlace[]>;

  makeFolder(parent: EntryId, name: string): Promise<Change & { readonly id: EntryId }>;
  /** @throws 'name-taken' | 'bad-name' */
  rename(id: EntryId, name: string): Promise<Change>;
  /** Names that exist already in `to`. */
  clashes(ids: readonly EntryId[], to: EntryId): Promise<readonly Clash[]>;
  move(ids: readonly EntryId[], to: EntryId, answers: ClashAnswers): Promise<Change>;
  copy(ids: readonly EntryId[], to: EntryId, answers: ClashAnswers): Promise<Change>;
  /** Into the trash. */
  remove(ids: readonly EntryId[]): Promise<Change>;
  star(ids: readonly EntryId[], on: boolean): Promise<Change>;
  paint(ids: readonly EntryId[], colour: Colour): Promise<Change>;

  /** Gives up changes that wait. */
  dropWaiting(ids: readonly string[]): Promise<void>;

  uploadClashes(folder: EntryId, items: readonly PickedItem[]): Promise<readonly Clash[]>;
  upload(folder: EntryId, items: readonly PickedItem[], answers: ClashAnswers): Promise<Transfer>;
  forgetTransfer(id: string): Promise<void>;
  /** True while leaving the page would lose work. Answered without waiting, for beforeunload. */
  wouldLose(): boolean;

  /** `version`: an id of `versions`; without it the current one. */
  preview(entry: Entry, version?: string): Promise<Preview>;
  /** One file of an archive: a picture or a text; all else is saved. */
  previewInside(archive: Entry, member: ArchiveEntry): Promise<Preview>;
  /** An object URL of a small picture of the file as it was at `modifiedAt`, null where there is none. `release` it; abort when nobody looks any more. */
  thumbnail(id: EntryId, modifiedAt: number, signal: AbortSignal): Promise<{ readonly url: string; release(): void } | null>;
  photos(): Observable<PhotoTable | null>;

  versions(id: EntryId): Promise<readonly Version[]>;
  restoreVersion(id: EntryId, version: string): Promise<Change>;
  copyVersion(id: EntryId, version: string): Promise<Change>;

  restore(trashIds: readonly string[]): Promise<Change>;
  /** Gone for good. @throws 'purge-forbidden' on a device without that right */
  purge(trashIds: readonly string[]): Promise<void>;

  /** Newest first, those of the last 30 days, at most `count` before `before`. */
  moments(before: TimeMs | null, count: number): Promise<readonly Moment[]>;
  /** By id, of those asked about that are not too long ago: ask for what is in view. */
  momentCounts(moments: readonly string[]): Promise<Readonly<Record<string, MomentCounts>>>;
  plan(moment: string): Promise<RewindPlan>;

  createLink(id: EntryId, options: SendOptions): Promise<DriveLink>;
  changeLink(linkId: string, change: LinkChange): Promise<void>;
  revokeLinks(linkIds: readonly string[]): Promise<void>;
  readonly sales?: Sales;

  /** Of each list that the account keeps here, how much of it nobody can read. */
  unreadEntries?(): Promise<UnreadCounts>;
  /** Takes it out of all of them. @returns what was taken out */
  dropUnread?(): Promise<UnreadCounts>;

  /** Newest first. */
  keptParcels?(): Promise<readonly KeptParcel[]>;
  /** How many this browser sent without an account that this one does not keep. */
  strayParcels?(): Promise<number>;
  /** Keeps all of those in this account. @returns how many */
  keepParcels?(): Promise<number>;
  /** Its files into the first folder of the drive, where they stay: a transfer like any other, which a later visit goes on with. */
  copyParcel?(id: string): Promise<Transfer>;
  /** The account knows them no more; they live on. */
  forgetParcels?(ids: readonly string[]): Promise<void>;

  /** Feeds the search index until the returned function is called. */
  names(run: (batch: NameBatch) => void): () => void;

  /** The account's coins. */
  readonly purse?: Purse;
  /** A wallet of one's own, connected to this browser. */
  readonly outside?: OutsideDoor;
  /** Absent without an engine that can ask for them. */
  readonly plans?: Plans;

  /** Both histories as a file to show to somebody. */
  exportProof(): Promise<Blob>;
  /** After a person looked: follow the server's history from here; local work that does not fit becomes copies. */
  acceptHistory(): Promise<void>;
}
