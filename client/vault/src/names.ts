// The grammar of file names, checked when read as well as when written: spec/directories.md "Names".
import { encodeUtf8 } from '@reprise/kit';
import { Failure, nameBytesMax } from '@reprise/protocol/formats';

export type NameProblem = 'empty' | 'too-long' | 'dots' | 'slash' | 'nul' | 'surrogate' | 'not-normal';

/** @returns undefined if the tree may hold this name. */
export function nameProblem(name: string): NameProblem | undefined {
  if (name === '') return 'empty';
  if (!name.isWellFormed()) return 'surrogate';
  if (name === '.' || name === '..') return 'dots';
  if (name.includes('/')) return 'slash';
  if (name.includes('\0')) return 'nul';
  if (name.normalize('NFC') !== name) return 'not-normal';
  if (name.length > nameBytesMax / 3 && encodeUtf8(name).length > nameBytesMax) return 'too-long';
  return undefined;
}

/** @throws Failure bad-name with facts.reason */
export function checkName(name: string): string {
  const reason = nameProblem(name);
  if (reason) throw new Failure('bad-name', { reason });
  return name;
}

/** The form of a local file name that the tree holds. @throws Failure bad-name */
export function normalName(name: string): string {
  return checkName(name.isWellFormed() ? name.normalize('NFC') : name);
}
