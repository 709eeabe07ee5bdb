// What no sync looks at, on either side: patterns as those of .gitignore (gitignore(5)), and what programs leave behind for themselves.
// spec/sync.md "What is ignored".
import { foldName } from './tree.ts';

export const ignoreFile = '.repriseignore';
/** In the root folder: marker, drafts, and what was put aside. Never synced. */
export const ownFolder = '.reprise';

export const defaultRules: readonly string[] = [
  `/${ownFolder}/`,
  '.DS_Store',
  'Thumbs.db',
  'desktop.ini',
  '~$*',
  '.~lock.*#',
  '*.swp',
  '*.part',
  '*.crdownload',
];

type Rule = { readonly expression: RegExp; readonly isException: boolean; readonly foldersOnly: boolean; readonly inPath: boolean };

export class Ignore {
  readonly #rules: readonly Rule[];
  /** Tells when rules have changed. */
  readonly text: string;
  /** Whether a folder's move may change what is ignored in it. */
  readonly isByPath: boolean;

  /** @param lines later ones decide; `!` in front takes back */
  constructor(lines: readonly string[]) {
    this.text = lines.join('\n');
    const own = lines.flatMap((line) => parseRule(line) ?? []);
    this.isByPath = own.some(({ inPath }) => inPath);
    this.#rules = [...defaultRules.flatMap((line) => parseRule(line) ?? []), ...own];
  }

  /** @param path below the root, joined by `/`. What is in a folder that matches is not asked about. */
  matches(path: string, isFolder: boolean): boolean {
    if (isOwn(path)) return true;
    const name = path.slice(path.lastIndexOf('/') + 1);
    let isIgnored = false;
    for (const { expression, isException, foldersOnly, inPath } of this.#rules)
      if ((isFolder || !foldersOnly) && expression.test(inPath ? path : name)) isIgnored = !isException;
    return isIgnored;
  }
}

/** What some disk takes for our own folder: in other case, with characters that HFS+ passes over, by NTFS's short name. */
function isOwn(path: string): boolean {
  if (path.includes('/')) return false;
  const seen = path.replace(/[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g, '');
  return foldName(seen) === ownFolder || /^repris~\d$/i.test(seen);
}

function parseRule(line: string): Rule | undefined {
  let pattern = line.replace(/\r$/, '').replace(/(?<!\\)\s+$/, '');
  if (pattern === '' || pattern.startsWith('#')) return undefined;
  const isException = pattern.startsWith('!');
  if (isException) pattern = pattern.slice(1);
  const foldersOnly = pattern.endsWith('/');
  if (foldersOnly) pattern = pattern.slice(0, -1);
  const inPath = pattern.includes('/');
  pattern = pattern.replace(/^\//, '').normalize('NFC');
  if (pattern === '') return undefined;
  return { expression: expressionOf(pattern), isException, foldersOnly, inPath };
}

function expressionOf(pattern: string): RegExp {
  let source = '';
  for (let at = 0; at < pattern.length; at++) {
    const rest = pattern.slice(at);
    const set = /^\[(!?)((?:\\.|[^\]\\])+)\]/.exec(rest);
    if (rest.startsWith('**/')) [source, at] = [`${source}(?:.*/)?`, at + 2];
    else if (rest.startsWith('/**') && rest.length === 3) [source, at] = [`${source}/.+`, at + 2];
    else if (rest.startsWith('*')) source += '[^/]*';
    else if (rest.startsWith('?')) source += '[^/]';
    else if (set) [source, at] = [`${source}[${set[1] ? '^' : ''}${(set[2] ?? '').replace(/[[\]\\^]/g, '\\$&')}]`, at + set[0].length - 1];
    else if (rest.startsWith('\\') && rest.length > 1) [source, at] = [source + literal(rest[1] as string), at + 1];
    else source += literal(rest[0] as string);
  }
  try {
    return new RegExp(`^${source}$`, 'u');
  } catch {
    // A range that runs backwards matches nothing.
    return /(?!)/u;
  }
}

function literal(character: string): string {
  return character.replace(/[.*+?^${}()|[\]\\/]/, '\\$&');
}
