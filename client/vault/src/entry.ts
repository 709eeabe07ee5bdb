// An entry of a directory: a name and what stands under it. spec/directories.md "Entries".
import { type Bytes, encodeUtf8, equalBytes } from '@reprise/kit';
import {
  badObject,
  type DcborMap,
  type DcborValue,
  encodeDcbor,
  entryBytesMax,
  extentsInlineMax,
  Failure,
  fileBytesMax,
  readArray,
  readBytes,
  readMap,
  readText,
  readTuple,
  readUint,
  symlinkBytesMax,
} from '@reprise/protocol/formats';
import type { FileContent } from './manifest.ts';
import { checkName } from './names.ts';
import { decodeExtent, encodeExtent, type Extent, ropeLength } from './rope.ts';
import { decodeRef, encodeRef, type Ref } from './tree-node.ts';

export type Content =
  | FileContent
  | { readonly kind: 'directory'; readonly ref: Ref }
  | { readonly kind: 'symlink'; readonly target: string }
  | { readonly kind: 'mount'; readonly space: Bytes }
  /** A kind of a later version: kept as it is, never deleted. */
  | { readonly kind: 'unknown'; readonly number: number; readonly value: DcborValue };

export type Entry = {
  readonly name: string;
  /** 16 random bytes given at creation; survive rename, move and edit. */
  readonly fid: Bytes;
  readonly content: Content;
  /** File: bytes. Directory: the sum below it. Else 0. */
  readonly size: number;
  /** Nanoseconds since 1970, 64 bits with a sign. */
  readonly mtimeNs: bigint;
  readonly executable: boolean;
  /** SHA-256 of a file's plaintext; null if the writer never held all of it, and for all else. */
  readonly digest: Bytes | null;
  readonly thumb: Ref | null;
  /** Keys from 100 up, carried unchanged. */
  readonly ext: DcborMap;
};

const kinds = { file: 0, manifest: 1, directory: 2, symlink: 3, mount: 4 } as const;
const executableFlag = 1;
export const extBytesMax = 256;

/** @throws Failure bad-name, bad-object or limit-exceeded */
export function encodeEntry(entry: Entry): DcborValue {
  const value = entryValue(entry);
  decodeEntry(value); // what is written must be readable
  return value;
}

/** Whether two entries are encoded alike. */
export function isSameEntry(a: Entry, b: Entry): boolean {
  if (a === b) return true;
  if (a.name !== b.name || a.size !== b.size || a.mtimeNs !== b.mtimeNs || a.executable !== b.executable) return false;
  if (!equalBytes(a.fid, b.fid) || !isSameOrNull(a.digest, b.digest, equalBytes) || !isSameOrNull(a.thumb, b.thumb, isSameRef))
    return false;
  return isSameContentValue(a.content, b.content) && ((a.ext.size === 0 && b.ext.size === 0) || isSameValue(a.ext, b.ext));
}

function isSameContentValue(a: Content, b: Content): boolean {
  if ((a.kind === 'directory' || a.kind === 'manifest') && a.kind === b.kind) return isSameRef(a.ref, b.ref);
  if (a.kind !== 'file' || b.kind !== 'file')
    return a.kind === b.kind && isSameValue(encodeContent(a), encodeContent(b)) && kindOf(a) === kindOf(b);
  return a.extents.length === b.extents.length && a.extents.every((extent, i) => isSameExtent(extent, b.extents[i] as Extent));
}

function isSameExtent(a: Extent, b: Extent): boolean {
  if (a.sealedLength !== b.sealedLength || a.offset !== b.offset || a.length !== b.length) return false;
  return equalBytes(a.id, b.id) && equalBytes(a.key, b.key);
}

/** Whether two references name the same sealed node, and open it. */
export function isSameRef(a: Ref, b: Ref): boolean {
  return a.length === b.length && equalBytes(a.id, b.id) && equalBytes(a.key, b.key);
}

function isSameOrNull<Value>(a: Value | null, b: Value | null, isSame: (a: Value, b: Value) => boolean): boolean {
  return a === null || b === null ? a === b : isSame(a, b);
}

function isSameValue(a: DcborValue, b: DcborValue): boolean {
  return equalBytes(encodeDcbor(a), encodeDcbor(b));
}

function kindOf(content: Content): number {
  return content.kind === 'unknown' ? content.number : kinds[content.kind];
}

function entryValue(entry: Entry): DcborValue {
  return [
    checkName(entry.name),
    entry.fid,
    kindOf(entry.content),
    entry.size,
    entry.mtimeNs,
    entry.executable ? executableFlag : 0,
    encodeContent(entry.content),
    entry.digest,
    entry.thumb && encodeRef(entry.thumb),
    entry.ext,
  ];
}

function encodeContent(content: Content): DcborValue {
  if (content.kind === 'file') return content.extents.map(encodeExtent);
  if (content.kind === 'symlink') return content.target;
  if (content.kind === 'mount') return content.space;
  if (content.kind === 'unknown') return content.value;
  return encodeRef(content.ref);
}

/** @throws Failure bad-name, bad-object or limit-exceeded */
export function decodeEntry(value: DcborValue): Entry {
  const [name, fid, kind, size, mtime, flags, content, digest, thumb, ext] = readTuple(value, 10);
  const entry: Entry = {
    name: checkName(readText(name)),
    fid: readBytes(fid, 16),
    content: decodeContent(readUint(kind), content as DcborValue),
    size: readUint(size),
    mtimeNs: readTime(mtime),
    executable: readUint(flags, executableFlag) === executableFlag,
    digest: digest === null ? null : readBytes(digest, 32),
    thumb: thumb === null ? null : decodeRef(thumb),
    ext: readMap(ext, []),
  };
  if (entry.ext.size > 0 && encodeDcbor(entry.ext).length > extBytesMax) throw badObject('ext has at most 256 bytes');
  // Whatever else an entry holds, its fields' own limits keep it shorter.
  const isLong = entry.content.kind === 'unknown' || entry.content.kind === 'symlink';
  if (isLong && encodeDcbor(value).length > entryBytesMax) throw new Failure('limit-exceeded', { limit: 'entry bytes' });
  checkConsistency(entry);
  return entry;
}

function decodeContent(kind: number, value: DcborValue): Content {
  if (kind === kinds.file) return { kind: 'file', extents: readArray(value, extentsInlineMax).map(decodeExtent) };
  if (kind === kinds.manifest) return { kind: 'manifest', ref: decodeRef(value) };
  if (kind === kinds.directory) return { kind: 'directory', ref: decodeRef(value) };
  if (kind === kinds.symlink) return { kind: 'symlink', target: readTarget(value) };
  if (kind === kinds.mount) return { kind: 'mount', space: readBytes(value, 32) };
  return { kind: 'unknown', number: kind, value };
}

function readTarget(value: DcborValue): string {
  const target = readText(value);
  const bytes = encodeUtf8(target).length;
  if (bytes === 0 || bytes > symlinkBytesMax) throw badObject('a symlink’s target has 1 to 640 bytes');
  return target;
}

function readTime(value: DcborValue | undefined): bigint {
  if (typeof value !== 'number' && typeof value !== 'bigint') throw badObject('a time expected');
  const time = BigInt(value);
  if (BigInt.asIntN(64, time) !== time) throw badObject('a time has 64 bits');
  return time;
}

function checkConsistency({ content, size, digest, executable }: Entry): void {
  const isFile = content.kind === 'file' || content.kind === 'manifest';
  if (content.kind === 'unknown') return;
  if (isFile && size > fileBytesMax) throw new Failure('limit-exceeded', { limit: 'file bytes' });
  if (content.kind === 'file') checkRope(content.extents, size);
  if (!isFile && (digest !== null || executable)) throw badObject('only a file has a digest or runs');
  if (content.kind !== 'directory' && !isFile && size !== 0) throw badObject('only files and directories have a size');
}

function checkRope(extents: readonly Extent[], size: number): void {
  if (ropeLength(extents) !== size) throw badObject('the extents do not add up to the size');
}
