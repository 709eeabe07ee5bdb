// Joins what two sides made of one entry: its content as a whole, its marks one by one. spec/merge.md "One entry".
import { equalBytes } from '@reprise/kit';
import { type DcborMap, type DcborValue, encodeDcbor } from '@reprise/protocol/formats';
import { type Entry, extBytesMax, isSameEntry } from './entry.ts';

/** Whether two entries are known to hold the same content: by digests, or because they name the same sealed bytes. */
export function isSameContent(a: Entry, b: Entry): boolean {
  if (a.size !== b.size) return false;
  if (isFile(a) && isFile(b) && a.digest && b.digest) return equalBytes(a.digest, b.digest);
  return isSameEntry({ ...b, content: a.content }, b);
}

function isFile({ content }: Entry): boolean {
  return content.kind === 'file' || content.kind === 'manifest';
}

/**
 * What changes without a conflict: the exec bit, each key of `ext`, and the time and thumbnail where no content changed. If both sides changed one,
 * the log's stays.
 * @param content the side whose content stays, and with it what belongs to the content
 */
export function mergeAttributes(base: Entry | undefined, ours: Entry, theirs: Entry, content: 'ours' | 'theirs'): Entry {
  const kept = content === 'ours' ? ours : theirs;
  if (!base) return { ...kept, executable: theirs.executable, ext: theirs.ext };
  const isEdited = base.content.kind !== 'directory' && !(isSameContent(base, ours) && isSameContent(base, theirs));
  return {
    ...kept,
    mtimeNs: isEdited ? kept.mtimeNs : choose(base.mtimeNs, ours.mtimeNs, theirs.mtimeNs),
    thumb: isEdited ? kept.thumb : chooseEncoded(base, ours, theirs, (entry) => entry.thumb && [entry.thumb.id, entry.thumb.key]).thumb,
    executable: choose(base.executable, ours.executable, theirs.executable),
    ext: mergeExt(base.ext, ours.ext, theirs.ext),
  };
}

function choose<Value>(base: Value, ours: Value, theirs: Value): Value {
  return theirs === base ? ours : theirs;
}

function chooseEncoded(base: Entry, ours: Entry, theirs: Entry, valueOf: (entry: Entry) => DcborValue): Entry {
  return isSameValue(valueOf(theirs), valueOf(base)) ? ours : theirs;
}

function mergeExt(base: DcborMap, ours: DcborMap, theirs: DcborMap): DcborMap {
  const merged = new Map(theirs);
  for (const key of new Set([...base.keys(), ...ours.keys()])) {
    const [b, o, t] = [base.get(key), ours.get(key), theirs.get(key)];
    if (!isSameValue(b, t)) continue;
    if (o === undefined) merged.delete(key);
    else merged.set(key, o);
  }
  return encodeDcbor(merged).length > extBytesMax ? theirs : merged;
}

function isSameValue(a: DcborValue | undefined, b: DcborValue | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return equalBytes(encodeDcbor(a), encodeDcbor(b));
}
