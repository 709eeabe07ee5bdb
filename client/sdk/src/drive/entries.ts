// What stands at a place of the drive, as programs are shown it. spec/drive.md.
import { formatHex } from '@reprise/kit';
import type { Entry } from '@reprise/vault';
import { type Colour, marksOf } from './marks.ts';
import { takenOf } from './taken.ts';
import { type DrivePath, formatPath } from './path.ts';

/** A file or folder of a drive, as it was when it was asked for. */
export type DriveEntry = {
  /** From the root, `/` in front. */
  readonly path: string;
  /** Empty for the root. */
  readonly name: string;
  /** 32 hex digits, the same through rename, move and edit; zeros for the root. */
  readonly fid: string;
  /** other: what a later version of the program made. */
  readonly kind: 'file' | 'folder' | 'symlink' | 'mount' | 'other';
  /** A file's bytes; a folder's are the sum below it. */
  readonly sizeBytes: number;
  /** Milliseconds since 1970. */
  readonly modifiedMs: number;
  /** When a picture was taken, by the camera's own clock: milliseconds since 1970 as if that stood at UTC; null where the file does not say. */
  readonly takenMs: number | null;
  readonly executable: boolean;
  /** Hex SHA-256 of a file's content; null where its writer never held all of it, and for all else. */
  readonly digest: string | null;
  /** Where a symlink points; null for all else. */
  readonly target: string | null;
  readonly starred: boolean;
  readonly colour: Colour;
  /** As it stands in the tree, with the keys of its content: never to be shown or sent. */
  readonly entry: Entry;
};

export function driveEntry(path: DrivePath, entry: Entry): DriveEntry {
  const { content } = entry;
  const takenS = takenOf(entry);
  return {
    path: formatPath(path),
    name: path.at(-1) ?? '',
    fid: formatHex(entry.fid),
    kind: kindOf(entry),
    sizeBytes: entry.size,
    modifiedMs: Number(entry.mtimeNs / 1_000_000n),
    takenMs: takenS === null ? null : 1000 * takenS,
    executable: entry.executable,
    digest: entry.digest && formatHex(entry.digest),
    target: content.kind === 'symlink' ? content.target : null,
    ...marksOf(entry),
    entry,
  };
}

function kindOf({ content }: Entry): DriveEntry['kind'] {
  switch (content.kind) {
    case 'file':
    case 'manifest':
      return 'file';
    case 'directory':
      return 'folder';
    case 'symlink':
    case 'mount':
      return content.kind;
    case 'unknown':
      return 'other';
  }
}
