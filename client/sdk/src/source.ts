// Where the bytes of an upload come from, as a port: a disk in Node, a File in a browser.

/** A value, or the promise of one: a disk may answer at once, a browser does not. */
export type Soon<Value> = Value | Promise<Value>;

/** One open file. */
export interface FileSource {
  /**
   * Reads from offset `start` until `into` is full or the file ends.
   * @returns how many bytes were read
   * @throws Failure source-vanished
   */
  read(start: number, into: Uint8Array): Soon<number>;
  /** The file as it is now. @throws Failure source-vanished */
  stat(): Soon<SourceStat>;
  /** Gives the file back. Called once, whatever happened before. */
  close(): Soon<void>;
}

/** Bytes, and nanoseconds since 1970. */
export type SourceStat = { readonly size: number; readonly mtimeNs: bigint };

/** A file to send, as it stands on this machine. */
export type FileItem = {
  readonly kind: 'file';
  /** Below the link, parts divided by `/`, without one in front: `photos/2026/sea.jpg`. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Nanoseconds since 1970. */
  readonly mtimeNs: bigint;
  readonly executable: boolean;
  /** @throws Failure source-vanished */
  readonly open: () => Soon<FileSource>;
  /** Where a thread of this machine finds the same file by itself. */
  readonly onDisk?: string;
  /** Device and number of the file that was seen, as `1:2`: such a thread reads no other, whatever a link leads it to. */
  readonly inode?: string;
};

/** A folder that is to exist even if nothing lies in it; others follow from the files' paths. */
export type FolderItem = { readonly kind: 'folder'; readonly path: string; readonly mtimeNs: bigint };
/** A symbolic link to send as such: its target is a text. */
export type SymlinkItem = { readonly kind: 'symlink'; readonly path: string; readonly target: string; readonly mtimeNs: bigint };
/** What can be sent. */
export type UploadItem = FileItem | FolderItem | SymlinkItem;
