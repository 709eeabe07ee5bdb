// What bytes are called in the trees: equal names are equal bytes. Where a writer left no digest, the chunks are the name, until somebody has
// read both. spec/sync.md "Contents".
import { formatHex } from '@reprise/kit';
import type { Entry } from '@reprise/vault';
import type { Comparison } from './policy.ts';
import type { Content, Kind } from './tree.ts';

export const noContent: Content = '';

/** @param digest SHA-256, hex */
export function contentOfBytes(digest: string, sizeBytes: number): Content {
  return `${digest}.${sizeBytes}`;
}

export function contentOfLink(target: string): Content {
  return `>${target}`;
}

export function targetOf(content: Content): string {
  return content.slice(1);
}

/** Of a file; undefined where only chunks are known. */
export function digestOf(content: Content): string | undefined {
  return /^([0-9a-f]{64})\.\d+$/.exec(content)?.[1];
}

export function kindOfEntry({ content }: Entry): Kind {
  switch (content.kind) {
    case 'file':
    case 'manifest':
      return 'file';
    case 'directory':
      return 'folder';
    case 'symlink':
      return 'link';
    default:
      return 'other';
  }
}

export function contentOfEntry(entry: Entry): Content {
  const { content, digest, size } = entry;
  switch (content.kind) {
    case 'file':
      if (digest) return contentOfBytes(formatHex(digest), size);
      return `~${content.extents.map((extent) => `${formatHex(extent.id)}+${extent.offset}`).join('~')}.${size}`;
    case 'manifest':
      return digest ? contentOfBytes(formatHex(digest), size) : `~${formatHex(content.ref.id)}.${size}`;
    case 'symlink':
      return contentOfLink(content.target);
    default:
      return noContent;
  }
}

function sizeOf(content: Content): string {
  return content.slice(content.lastIndexOf('.') + 1);
}

/** @param alias the name by digest of bytes that have another name, once it is known */
export function compareContents(a: Content, b: Content, alias: (content: Content) => Content | undefined): Comparison {
  if (a === b) return 'same';
  if (a.startsWith('>') || b.startsWith('>') || a === noContent || b === noContent || sizeOf(a) !== sizeOf(b)) return 'other';
  const [x, y] = [a, b].map((content) => (digestOf(content) === undefined ? alias(content) : content));
  if (x === undefined || y === undefined) return 'unknown';
  return x === y ? 'same' : 'other';
}
