// What a system call failed with, in the words of the port.
import { type DiskPath, DiskRefusal, type RefusalReason } from '../ports.ts';

const reasons: Readonly<Record<string, RefusalReason>> = {
  ENOENT: 'absent',
  EEXIST: 'taken',
  ENOTDIR: 'not-a-folder',
  ENOTEMPTY: 'not-empty',
  EACCES: 'denied',
  EPERM: 'denied',
  EROFS: 'denied',
  EBUSY: 'locked',
  ETXTBSY: 'locked',
  ENOSPC: 'full',
  EDQUOT: 'full',
  ENAMETOOLONG: 'name-refused',
  EINVAL: 'name-refused',
  EILSEQ: 'name-bytes',
  ELOOP: 'special',
  EISDIR: 'special',
  ENXIO: 'special',
  ENOTSUP: 'unsupported',
  EOPNOTSUPP: 'unsupported',
  ENOSYS: 'unsupported',
  EMLINK: 'unsupported',
  EXDEV: 'unsupported',
};

/** Windows says this of a file that another program has open. */
const lockedOnWindows = new Set(['EPERM', 'EACCES', 'EBUSY']);

/** @param instead of what the code means elsewhere @returns what to throw: a refusal, or the error itself if it is none of a system call */
export function refusal(error: unknown, path: DiskPath, instead: Readonly<Record<string, RefusalReason>> = {}): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (typeof code !== 'string' || !/^E[A-Z0-9]+$/.test(code)) return error;
  return new DiskRefusal(instead[code] ?? reasons[code] ?? 'broken', path, { cause: error });
}

/** @param isWindows what Windows calls denied is locked, as far as a file that is there is concerned */
export function changeRefusal(error: unknown, path: DiskPath, isWindows: boolean): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return refusal(error, path, isWindows && typeof code === 'string' && lockedOnWindows.has(code) ? { [code]: 'locked' } : {});
}
