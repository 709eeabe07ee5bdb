// What a look at a disk says about a node, and whether two looks saw the same. spec/sync.md "Has it changed".
import type { Stamp } from './identity.ts';
import type { LocalRow } from './node/journal/trees.ts';
import type { DiskStamp } from './ports.ts';
import type { Kind } from './tree.ts';

export function inodeOf({ device, inode }: DiskStamp): string {
  return `${device}:${inode}`;
}

/** What cannot be synced is of the kind `other`. */
export function kindOfStamp({ kind }: DiskStamp): Kind {
  return kind === 'special' ? 'other' : kind;
}

export function identityOf(stamp: DiskStamp): Stamp {
  return { inode: inodeOf(stamp), birthNs: stamp.birthNs, mtimeNs: stamp.mtimeNs, sizeBytes: stamp.sizeBytes };
}

export function identityOfRow({ inode, birthNs, mtimeNs, sizeBytes }: LocalRow): Stamp {
  return { inode, birthNs, mtimeNs, sizeBytes };
}

/** Nobody wrote to it in between, as far as the disk tells. */
export function isSameLook(row: LocalRow, stamp: DiskStamp): boolean {
  if (row.inode !== inodeOf(stamp) || row.kind !== kindOfStamp(stamp)) return false;
  if (row.kind === 'folder') return true;
  return row.sizeBytes === stamp.sizeBytes && row.mtimeNs === stamp.mtimeNs && row.ctimeNs === stamp.ctimeNs;
}

/** As `isSameLook`, for what was renamed or linked, which changes the time of change. */
export function isSameBytes(row: Pick<LocalRow, 'sizeBytes' | 'mtimeNs'>, stamp: DiskStamp): boolean {
  return row.sizeBytes === stamp.sizeBytes && row.mtimeNs === stamp.mtimeNs;
}

export function stampColumns(stamp: DiskStamp): Pick<LocalRow, 'inode' | 'birthNs' | 'mtimeNs' | 'ctimeNs' | 'sizeBytes'> {
  const { birthNs, mtimeNs, ctimeNs, sizeBytes } = stamp;
  return { inode: inodeOf(stamp), birthNs, mtimeNs, ctimeNs, sizeBytes };
}
