// Everything that synchronising does to the world goes through these five: disk, network, clock, randomness and waiting. A program gives the
// real ones, a simulation gives its own. spec/sync.md "Ports".
import type { Clock, RandomBytes } from '@reprise/kit';
import type { Transport } from '@reprise/sdk';
import type { DiskTraits } from './policy.ts';
import type { Together } from './together.ts';

export type Ports = {
  readonly disk: Disk;
  /** What the SDK speaks to the server through. */
  readonly net: Transport;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly schedule: Schedule;
};

export interface Schedule {
  /** Resolves after `delayMs`, or rejects with the signal's reason at once. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
  /** Calls back after `delayMs`, unless the returned function was called before. */
  after(delayMs: number, call: () => void): () => void;
}

/**
 * One root folder on a disk. Nothing here reaches outside it: a call on a path of which a folder above is a link, or no folder, is refused with
 * `not-a-folder`. Where the system has names for open folders (Linux), that holds at the moment of the call; elsewhere each is looked at just before.
 */
export interface Disk {
  /** Where it was added, or whenever its device changes. Leaves nothing behind. @throws DiskRefusal */
  probe(): Promise<DiskProbe>;
  /** Bytes that a program may still write, and bytes of the whole disk. @throws DiskRefusal */
  room(): Promise<{ readonly freeBytes: number; readonly totalBytes: number }>;
  /** What a folder holds, in any order, without `.` and `..`; a name that is listed twice comes once. @throws DiskRefusal */
  list(folder: DiskPath): Promise<readonly Listed[]>;
  /** What stands at a path, itself and not what a link leads to. @returns null if nothing does @throws DiskRefusal */
  look(path: DiskPath): Promise<DiskStamp | null>;
  /** Without following links and without waiting for anything but bytes. @throws DiskRefusal `special` if it is no file */
  open(path: DiskPath): Promise<ReadableFile>;
  /** A link's target as its bytes read in UTF-8. @throws DiskRefusal `special` if it is none, `name-bytes` */
  readLink(path: DiskPath): Promise<string>;

  /** A new file, refused with `taken` if something is there. @param sizeBytes what it will hold: it has that length at once, all holes */
  create(path: DiskPath, sizeBytes: number): Promise<WritableFile>;
  makeFolder(path: DiskPath): Promise<void>;
  makeLink(path: DiskPath, target: string): Promise<void>;
  /** A second name of a file, refused with `taken`; `unsupported` where the disk has no hard links. */
  link(from: DiskPath, to: DiskPath): Promise<void>;
  /** Refused with `taken` if something is at `to`, unless it is the same node under another spelling. @returns what stands at `to` now */
  move(from: DiskPath, to: DiskPath): Promise<DiskStamp | null>;
  /**
   * As `move`, over the file or link at `to`, with nothing in between.
   * @param inode device and number of what is to give way: anything else is `taken`
   */
  replace(from: DiskPath, to: DiskPath, inode?: string): Promise<void>;
  /** A file, a link, or an empty folder, and never what is below: `not-empty`. */
  remove(path: DiskPath): Promise<void>;
  /** An empty folder, and nothing else that may stand there by now: `not-a-folder`. */
  removeFolder(path: DiskPath): Promise<void>;
  mark(path: DiskPath, isExecutable: boolean): Promise<void>;
  /** Of a disk that does many small things sooner together than one after the other. */
  readonly together?: Together;
  /** The names in a folder are durable. */
  sync(folder: DiskPath): Promise<void>;
  /**
   * Hints that something in a folder changed; `null`: anywhere. Calls may be lost, late, doubled and wrong.
   * @param isSkipped folders below the root of which, and of what is in them, nobody wants to hear
   */
  watch(onHint: (folder: DiskPath | null) => void, isSkipped?: (folder: DiskPath) => boolean): Promise<Watching>;
}

/** Names as the disk spells them, joined by `/`; empty for the root. */
export type DiskPath = string;

export type Listed = {
  /** null if the disk's bytes are no UTF-8. */
  readonly name: string | null;
  /** null if it was gone, or could not be read, between the listing and the look. */
  readonly stamp: DiskStamp | null;
};

export type DiskStamp = {
  readonly kind: 'file' | 'link' | 'folder' | 'special';
  /** Of one disk; what is on another one has other `device`. */
  readonly inode: bigint;
  readonly device: bigint;
  readonly sizeBytes: number;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  /** 0 where the disk does not tell. */
  readonly birthNs: bigint;
  readonly isExecutable: boolean;
};

export type DiskProbe = DiskTraits & {
  readonly device: bigint;
  /** The smallest difference between two times that the disk keeps apart. */
  readonly mtimeStepNs: bigint;
  readonly hasHardLinks: boolean;
  readonly hasLinks: boolean;
  readonly hasExecutableBit: boolean;
  readonly freeBytes: number;
};

export interface ReadableFile {
  stat(): Promise<DiskStamp>;
  /** @param into where they may be put, of at least this length, by a disk that has to put them somewhere @returns fewer bytes only at the end of the file */
  read(offset: number, length: number, into?: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>>;
  close(): Promise<void>;
}

export interface WritableFile {
  write(offset: number, bytes: Uint8Array): Promise<void>;
  /** Content, time and mark are durable, then closed. @returns what it looks like now, as the disk keeps it */
  finish(meta: { readonly mtimeNs: bigint; readonly isExecutable: boolean }): Promise<DiskStamp>;
  /** Closed, and left where it is. */
  abandon(): Promise<void>;
}

export interface Watching {
  /** Folders that cannot be watched are listed instead, now and then. */
  readonly isPartial: boolean;
  close(): Promise<void>;
}

/** Why a disk does not do what it was asked; nothing was changed. */
export type RefusalReason =
  | 'absent'
  | 'taken'
  | 'not-a-folder'
  | 'not-empty'
  | 'denied'
  | 'locked'
  | 'full'
  | 'name-refused'
  | 'name-bytes'
  | 'special'
  | 'unsupported'
  | 'broken';

export class DiskRefusal extends Error {
  readonly reason: RefusalReason;
  readonly path: DiskPath;

  constructor(reason: RefusalReason, path: DiskPath, options?: ErrorOptions) {
    super(`${reason}: ${path}`, options);
    this.name = 'DiskRefusal';
    this.reason = reason;
    this.path = path;
  }
}
