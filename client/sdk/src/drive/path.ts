// Paths of a drive: what a person types, as the names that the tree holds. spec/drive.md "Paths".
import { depthMax, Failure } from '@reprise/protocol/formats';
import { nameProblem } from '@reprise/vault';

/** Names from the root down; none of them for the root itself. */
export type DrivePath = readonly string[];

/** The hidden directory of the home space that holds what the account needs; nobody's file. spec/drive.md "The hidden directory". */
export const hiddenName = '.reprise';

/**
 * `/docs/a.txt` as names in normalization form C. A slash at the end and doubled slashes change nothing.
 * @throws Failure bad-name with facts.path and facts.reason: relative, too-deep, reserved, or what `nameProblem` finds
 */
export function parsePath(text: string): DrivePath {
  if (!text.startsWith('/')) throw new Failure('bad-name', { path: text, reason: 'relative' });
  return checkPath(text.split('/').filter((part) => part !== ''));
}

/** Names that came one by one, in the form the tree holds. @throws as `parsePath` */
export function checkPath(names: readonly string[]): DrivePath {
  const path = names.map((name) => (name.isWellFormed() ? name.normalize('NFC') : name));
  const shown = formatPath(path);
  if (path.length > depthMax) throw new Failure('bad-name', { path: shown, reason: 'too-deep' });
  for (const name of path) {
    const reason = nameProblem(name);
    if (reason) throw new Failure('bad-name', { path: shown, reason });
  }
  if (path[0] === hiddenName) throw new Failure('bad-name', { path: shown, reason: 'reserved' });
  return path;
}

/** Names from the root down as a text. */
export function formatPath(path: DrivePath): string {
  return `/${path.join('/')}`;
}

/** The folder that a path lies in, and its name there. @throws Failure bad-name for the root */
export function splitPath(path: DrivePath): { readonly folder: DrivePath; readonly name: string } {
  const name = path.at(-1);
  if (name === undefined) throw new Failure('bad-name', { path: '/', reason: 'root' });
  return { folder: path.slice(0, -1), name };
}

/** Whether `path` is `folder` or lies below it. */
export function isWithin(path: DrivePath, folder: DrivePath): boolean {
  return folder.every((name, i) => path[i] === name);
}
