// What the screens ask of the engine, and nothing else: screens import these types and the three factories, the engine imports
// none of the screens. No code here. The user-visible behaviour behind each phase is spec/web.md; formats are spec/link.md.
//
// The engine provides three modules, each imported lazily by the screen that needs it:
//   engine/sender.ts   export const createSender: CreateSender
//   engine/opener.ts   export const createOpener: CreateOpener
//   engine/managing.ts  export const createManager: CreateManager
// Which workers stand behind them is src/workers/entries.ts; screens know none of them.
import type { Bought, PricedLink } from './paid-port.ts';

/** The Svelte store contract: `run` is called at once with the present value and after every change, until the returned function is called. */
export interface Observable<T> {
  subscribe(run: (value: T) => void): () => void;
}

/** Milliseconds since 1970, as `Date.now()`. */
export type TimeMs = number;

/**
 * What went wrong, as data: a code the screens have words for, and the figures those words need.
 * Known codes: 'offline', 'server-error', 'rate-limited' {retryAt}, 'over-quota' {missingBytes}, 'too-large' {bytesMax},
 * 'anonymous-closed', 'file-changed' {name}, 'file-unreadable' {name}, 'storage-full', 'integrity', 'no-crypto', 'unexpected'.
 * Any code of core/protocol/src/failures.ts may come too; the screens fall back to a general sentence and show the code.
 */
export interface EngineFailure {
  readonly code: string;
  readonly facts: Readonly<Record<string, string | number>>;
}

// ---------------------------------------------------------------------------------------------------------------- sending

/** A file or an empty folder as picked, dropped or pasted. `path` uses "/", has no leading slash, and names the file last. */
export type PickedItem =
  | { readonly kind: 'file'; readonly path: string; readonly file: File; readonly handle: FileSystemFileHandle | null }
  | { readonly kind: 'folder'; readonly path: string };

export interface SendOptions {
  /** Seconds from now; null = what the server gives when none is asked for. */
  readonly expirySeconds: number | null;
  /** null = open to whoever holds the link. */
  readonly password: string | null;
  readonly downloadsMax: number | null;
  /** Only the sender sees it; sealed in the owner's note. */
  readonly label: string | null;
}

/** What the server lets a person without an account send. Comes from GET /server. */
export interface Allowance {
  readonly open: boolean;
  readonly parcelBytesMax: number;
  readonly fileBytesMax: number | null;
  /** null = no end. */
  readonly expirySecondsDefault: number | null;
  readonly expirySecondsMax: number | null;
  /** Whether links can be sold here, by who has an account. */
  readonly sells: boolean;
}

export type RowPhase =
  | 'waiting'
  | 'sending'
  | 'done'
  | 'paused'
  | 'again' // the file must be chosen again (after a reload, or it could no longer be read)
  | 'error'
  | 'cancelled';

/** One file of a parcel. A new object on every change of that row; `id` is stable through reloads. */
export interface Row {
  readonly id: string;
  readonly path: string;
  readonly name: string;
  readonly phase: RowPhase;
  readonly bytesDone: number;
  readonly bytesTotal: number;
  readonly failure: EngineFailure | null;
}

/** Rows in sending order. The screen asks only for what is visible, so a folder of 100 000 files costs nothing here. */
export interface RowList {
  readonly length: number;
  at(index: number): Row;
}

export type ParcelPhase = 'waiting' | 'sending' | 'verifying' | 'done' | 'paused' | 'offline' | 'again' | 'error' | 'cancelled';

/** 'making' until the server knows the link, 'open' while bytes still go up, 'complete' once everything is durable, 'ended' when revoked. */
export type LinkPhase = 'making' | 'open' | 'complete' | 'ended';

/** Published at most ten times a second. */
export interface ParcelState {
  readonly phase: ParcelPhase;
  readonly link: LinkPhase;
  readonly bytesDone: number;
  readonly bytesTotal: number;
  readonly filesDone: number;
  readonly filesTotal: number;
  /** Bytes a second over the last 10 s; null before there is a figure. */
  readonly speed: number | null;
  /** null during the first 5 s and while nothing moves. */
  readonly secondsLeft: number | null;
  /** When the next try starts, while the network is away. */
  readonly retryAt: TimeMs | null;
  readonly failure: EngineFailure | null;
}

export interface ParcelOptions {
  readonly label: string | null;
  readonly expiresAt: TimeMs | null;
  readonly hasPassword: boolean;
  readonly downloadsMax: number | null;
}

/** Which files of a new choice belong to the parcel: by path, size and modification time, else by path alone. */
export interface Reattached {
  readonly matched: number;
  readonly stillMissing: number;
  /** Names chosen that are not in the parcel. */
  readonly strangers: readonly string[];
  /** Names among those matched whose size or date differ: they are sent as they are now. */
  readonly changed: readonly string[];
}

export interface Parcel {
  readonly id: string;
  /** Name of the single file or folder, or of the first file. */
  readonly title: string;
  readonly kind: 'file' | 'folder' | 'several';
  readonly createdAt: TimeMs;
  /** Absolute, key in the fragment; valid from the first moment. */
  readonly linkUrl: string;
  /** Absolute, /m#…; whoever holds it may change and delete. */
  readonly manageUrl: string;
  readonly options: Observable<ParcelOptions>;
  readonly state: Observable<ParcelState>;
  /** A new list object after every change, at most ten times a second. */
  readonly rows: Observable<RowList>;

  /** Without an id, the whole parcel. */
  pause(rowId?: string): void;
  resume(rowId?: string): void;
  retry(rowId?: string): void;
  /** Cancelling the whole parcel ends the link and frees the bytes; resolves when the server agreed. */
  cancel(rowId?: string): Promise<void>;
  /** This row before all others. */
  first(rowId: string): void;
  /** @throws EngineFailure when the server refuses */
  changeOptions(options: Partial<SendOptions>): Promise<void>;
  reattach(items: readonly PickedItem[]): Promise<Reattached>;
  /** Asks permission for stored file handles (needs a click). False where none are stored or permission was refused. */
  reattachHandles(): Promise<boolean>;
}

export interface Sender {
  allowance(): Promise<Allowance>;
  /** Settles as soon as the link can be shown: no request is needed for it. @throws EngineFailure 'too-large' | 'no-crypto' */
  start(items: readonly PickedItem[], options: SendOptions): Promise<Parcel>;
  /** Parcels this browser remembers, newest first; unfinished ones stand at 'again' or 'waiting'. */
  restore(): Promise<readonly Parcel[]>;
  /** Drops the parcel from this browser only; the link lives on. */
  forget(parcelId: string): Promise<void>;
  /** True while leaving the page would lose work. Answered without waiting, for beforeunload. */
  wouldLose(): boolean;
}
export type CreateSender = () => Promise<Sender>;

// ---------------------------------------------------------------------------------------------------------------- opening

export interface Entry {
  readonly id: string;
  readonly kind: 'file' | 'folder';
  readonly name: string;
  /** A folder's size is that of everything below it, null when not known without reading it all. */
  readonly bytes: number | null;
  readonly modifiedAt: TimeMs | null;
  /** From the name's extension; 'application/octet-stream' when unknown, and for folders ''. */
  readonly mediaType: string;
}

/** An opened folder: `length` is known at once, entries arrive lazily, folders first, then names as `Intl.Collator` orders them. */
export interface Listing {
  readonly length: number;
  entries(start: number, end: number): Promise<readonly Entry[]>;
}

export type BadFragment = 'missing' | 'too-short' | 'too-long' | 'bad-character' | 'bad-version' | 'bad-checksum';

/** What this browser had bought of a link that is gone: `at` null for one that a receipt opened. `isReturned`: the price was given back. */
export type BoughtOnce = { readonly at: TimeMs | null; readonly sats: number; readonly isReturned: boolean };

export type OpenFailure =
  | { readonly reason: 'bad-link'; readonly fault: BadFragment }
  | { readonly reason: 'unavailable'; readonly why: 'expired' | 'revoked' | 'used-up' | 'unknown'; readonly bought?: BoughtOnce }
  | {
      readonly reason: 'removed';
      readonly date: TimeMs | null;
      readonly ground: string | null;
      readonly reference: string | null;
      readonly bought?: BoughtOnce;
    }
  | { readonly reason: 'wrong-password'; readonly triesLeft: number | null; readonly retryAt: TimeMs | null }
  | { readonly reason: 'forged' }
  | { readonly reason: 'offline' }
  | { readonly reason: 'server-error'; readonly code: string };

/**
 * 'growing': the sender has not finished. `link` lists what is there already, null before the first file is complete.
 * The screen calls `open` again every few seconds to follow; a password already given is not asked for twice.
 */
export type Opening =
  | { readonly kind: 'needs-password' }
  | {
      readonly kind: 'growing';
      readonly percent: number | null;
      readonly bytesReceived: number;
      readonly bytesExpected: number | null;
      readonly link: OpenLink | null;
    }
  /** `bought`: this link is sold, and this browser has what was bought. */
  | { readonly kind: 'ready'; readonly link: OpenLink; readonly bought?: Bought }
  /** Opens with a purchase. Once that is 'unlocked', `open` gives what is behind the link. */
  | { readonly kind: 'priced'; readonly priced: PricedLink }
  | { readonly kind: 'failed'; readonly failure: OpenFailure };

/**
 * 'stream': service worker stream into the browser's downloads. 'disk': File System Access picker.
 * 'private': OPFS, then save. 'memory': Blob.
 */
export type SinkKind = 'stream' | 'disk' | 'private' | 'memory';
export interface SinkOffer {
  readonly sink: SinkKind;
  readonly fits: boolean;
  /** null = no limit but the disk. */
  readonly bytesMax: number | null;
}

export type SaveTarget =
  | { readonly kind: 'file'; readonly entry: Entry }
  /** `folder` null = everything behind the link. */
  | { readonly kind: 'zip'; readonly folder: Entry | null };

/** 'preparing' covers the walk of a folder before its zip length is known; 'done' only after the last byte was checked and handed out. */
export type SavePhase = 'preparing' | 'saving' | 'paused' | 'offline' | 'checking' | 'done' | 'broken' | 'cancelled';
export interface SaveState {
  readonly sink: SinkKind;
  readonly phase: SavePhase;
  readonly bytesDone: number;
  readonly bytesTotal: number | null;
  readonly speed: number | null;
  readonly secondsLeft: number | null;
  /** With phase 'broken'; bytesDone and bytesTotal are the two sizes shown. */
  readonly failure: EngineFailure | null;
  /** Names left out of a zip because chunks are missing. */
  readonly leftOut: readonly string[];
}
export interface SaveJob {
  readonly target: SaveTarget;
  readonly name: string;
  readonly state: Observable<SaveState>;
  cancel(): void;
}

/** One file of an archive, as the archive tells it: nobody has checked. */
export interface ArchiveEntry {
  /** Parts divided by '/'. */
  readonly path: string;
  readonly bytes: number;
  readonly modifiedAt: TimeMs | null;
  /** Where its packed bytes are, and the check of what comes out; null where it cannot be taken out: sealed with a password, or packed in another way. */
  readonly inside: { readonly at: number; readonly packed: number; readonly method: 'stored' | 'deflated'; readonly crc: number } | null;
}
/** The files of an archive by path; `more`: entries it has beyond those that were read. */
export interface Archive {
  readonly entries: readonly ArchiveEntry[];
  readonly more: number;
}

/** `label`: what its name adds to that of the film, '' for nothing; `language` as BCP 47 where the label begins with one. */
export interface Subtitles {
  readonly label: string;
  readonly language: string | null;
  readonly url: string;
}

export type Preview =
  | { readonly kind: 'image'; readonly url: string; release(): void }
  | { readonly kind: 'text'; readonly text: string; readonly encoding: string; readonly bytesShown: number; readonly bytesTotal: number }
  | { readonly kind: 'pdf'; readonly bytesTotal: number; readRange(start: number, end: number): Promise<Uint8Array>; release(): void }
  | ({ readonly kind: 'archive' } & Archive)
  | {
      readonly kind: 'audio' | 'video';
      readonly url: string;
      readonly mediaType: string;
      /** Of the files beside a film; asked for once it is shown. */
      subtitles(): Promise<readonly Subtitles[]>;
      release(): void;
    }
  /**
   * 'kind': nothing we show. 'too-large' for memory {bytesMax}. 'no-worker': streaming is not possible in this window. 'corrupt': a check failed.
   * 'damaged': whole, and yet not what its name says.
   */
  | {
      readonly kind: 'none';
      readonly why: 'kind' | 'too-large' | 'no-worker' | 'offline' | 'corrupt' | 'damaged';
      readonly bytesMax: number | null;
    };

export type ReportReason = 'copyright' | 'abuse' | 'malware' | 'privacy' | 'illegal' | 'other';

export interface OpenLink {
  readonly title: string;
  readonly kind: 'file' | 'folder' | 'several';
  readonly bytesTotal: number;
  readonly filesCount: number | null;
  readonly expiresAt: TimeMs | null;
  readonly downloadsLeft: number | null;
  /** 32 bytes: hash of the author's public fingerprint, what the seal is drawn from. */
  readonly fingerprint: Uint8Array;
  /** Whether whoever made it can be thanked with money (`thank`). */
  readonly takesTips: boolean;
  /** Entries behind the link: one for a file or a folder, several otherwise. */
  readonly root: Listing;
  listing(folder: Entry): Promise<Listing>;
  preview(entry: Entry): Promise<Preview>;
  /** In order of preference for this size; the first that fits is the default. */
  sinks(bytes: number): Promise<readonly SinkOffer[]>;
  /** Call straight from the click: 'disk' opens the browser's picker before anything else. */
  save(target: SaveTarget, sink: SinkKind): SaveJob;
}

export interface Opener {
  /** `fragment` without '#'. A fragment that cannot be right is told before any request. */
  open(fragment: string, password?: string): Promise<Opening>;
  /** The tip jar of the link that was opened last: paid as a price is, as often as somebody likes. null: it has none any more. */
  thank(): Promise<PricedLink | null>;
  /** Also works when the link cannot be opened any more. */
  report(reason: ReportReason, text: string, contact: string): Promise<{ readonly reference: string }>;
}
export type CreateOpener = () => Promise<Opener>;

// --------------------------------------------------------------------------------------------------------------- managing

export interface ManagedLink {
  readonly id: string;
  readonly url: string;
  readonly label: string | null;
  readonly title: string;
  readonly bytes: number;
  readonly createdAt: TimeMs | null;
  readonly expiresAt: TimeMs | null;
  readonly hasPassword: boolean;
  readonly downloadsMax: number | null;
  /** Finished downloads. */
  readonly downloads: number;
  readonly visits: number | null;
  /** 'ended': the server knows it no more, as after the end of an account that was taken back; only in the drive, whose list still has it. */
  readonly phase: 'growing' | 'open' | 'expired' | 'used-up' | 'removed' | 'ended';
}
export interface ManagedSpace {
  readonly bytes: number;
  readonly links: readonly ManagedLink[];
  /** null = no end. */
  readonly expirySecondsMax: number | null;
}
export interface LinkChange {
  readonly label?: string | null;
  readonly expirySeconds?: number | null;
  /** A string sets it, null removes it. The URL stays the same. */
  readonly password?: string | null;
  readonly downloadsMax?: number | null;
}
export type ManageOpening =
  | { readonly kind: 'open'; readonly manager: Manager }
  | { readonly kind: 'failed'; readonly failure: OpenFailure };

/** Every call throws an EngineFailure when refused; on success `space` has changed before the promise settles. */
export interface Manager {
  readonly space: Observable<ManagedSpace>;
  refresh(): Promise<void>;
  /** A further link to the same contents as `linkId`. */
  createLink(linkId: string, options: SendOptions): Promise<ManagedLink>;
  changeLink(linkId: string, change: LinkChange): Promise<void>;
  revokeLink(linkId: string): Promise<void>;
  deleteEverything(): Promise<void>;
}
export type CreateManager = (fragment: string) => Promise<ManageOpening>;
