// What a zip archive says it holds, read from its end by ranges: the archive itself is never fetched. Everything in it is a stranger's word, shown
// and never used. PKWARE APPNOTE 6.3.10, sections 4.3.12 to 4.3.16, 4.4.1 and 4.5.3.
import type { Archive, ArchiveEntry } from '../../engine/port.ts';

/** @returns bytes from `start`, `length` of them or up to the end of the file */
export type ReadRange = (start: number, length: number) => Promise<Uint8Array>;

const [entryMark, endMark, end64Mark, locatorMark] = [0x02014b50, 0x06054b50, 0x06064b50, 0x07064b50];
const [entryBytes, endBytes, end64Bytes, locatorBytes] = [46, 22, 56, 20];
/** The end with the longest comment, and what may stand before it. */
const tailBytes = 131_072;
const directoryBytesMax = 16 * 2 ** 20;
const entriesMax = 20_000;
const zip64Field = 1;
const utf8Flag = 0x800;
const bit32 = 0xffffffff;
const encryptedFlag = 1;
const methodNames: Readonly<Record<number, 'stored' | 'deflated'>> = { 0: 'stored', 8: 'deflated' };

/** `shift`: how far everything stands behind where the archive says. */
type Directory = { readonly start: number; readonly bytes: number; readonly count: number; readonly shift: number };

/** @returns null for what is no zip archive, or a damaged one */
export async function listArchive(read: ReadRange, size: number): Promise<Archive | null> {
  const tailStart = Math.max(0, size - tailBytes);
  const tail = await read(tailStart, size - tailStart);
  const directory = await findDirectory(read, tail, tailStart);
  if (!directory || directory.start < 0 || directory.start + directory.bytes > size) return null;
  const length = Math.min(directory.bytes, directoryBytesMax);
  const from = directory.start - tailStart;
  const bytes = from >= 0 ? tail.subarray(from, from + length) : await read(directory.start, length);
  const entries = readEntries(bytes, Math.min(directory.count, entriesMax), directory);
  const isCut = length < directory.bytes || directory.count > entriesMax;
  if (entries.length < directory.count && !isCut) return null;
  const { compare } = new Intl.Collator(undefined, { numeric: true });
  const files = entries.filter((entry) => !entry.path.endsWith('/')).sort((a, b) => compare(a.path, b.path));
  return { entries: files, more: directory.count - entries.length };
}

async function findDirectory(read: ReadRange, tail: Uint8Array, tailStart: number): Promise<Directory | null> {
  const view = viewOf(tail);
  let at = tail.length - endBytes;
  while (at >= 0 && !(view.getUint32(at, true) === endMark && at + endBytes + view.getUint16(at + 20, true) === tail.length)) at--;
  if (at < 0) return null;
  const [count, bytes] = [view.getUint16(at + 10, true), view.getUint32(at + 12, true)];
  const locator = at - locatorBytes;
  // What stands before an archive, as in one that unpacks itself, moves everything: the directory is found from its end.
  if (locator < 0 || view.getUint32(locator, true) !== locatorMark) {
    const start = tailStart + at - bytes;
    return { start, bytes, count, shift: start - view.getUint32(at + 16, true) };
  }
  const end64 = Number(view.getBigUint64(locator + 8, true));
  if (end64 >= tailStart + locator) return null;
  const wide = viewOf(await read(end64, end64Bytes));
  if (wide.byteLength < end64Bytes || wide.getUint32(0, true) !== end64Mark) return null;
  const wideBytes = Number(wide.getBigUint64(40, true));
  const start = end64 - wideBytes;
  return { start, bytes: wideBytes, count: Number(wide.getBigUint64(32, true)), shift: start - Number(wide.getBigUint64(48, true)) };
}

/** As many as are whole, `countMax` at most. */
function readEntries(bytes: Uint8Array, countMax: number, directory: Directory): ArchiveEntry[] {
  const view = viewOf(bytes);
  const entries: ArchiveEntry[] = [];
  for (let at = 0; entries.length < countMax && at + entryBytes <= bytes.length; ) {
    if (view.getUint32(at, true) !== entryMark) break;
    const nameEnd = at + entryBytes + view.getUint16(at + 28, true);
    const extraEnd = nameEnd + view.getUint16(at + 30, true);
    const end = extraEnd + view.getUint16(at + 32, true);
    if (end > bytes.length) break;
    const [size, packed, offset] = wideFields(bytes.subarray(nameEnd, extraEnd), [
      view.getUint32(at + 24, true),
      view.getUint32(at + 20, true),
      view.getUint32(at + 42, true),
    ]);
    const place = offset + directory.shift;
    const method = methodNames[view.getUint16(at + 10, true)];
    const isEncrypted = (view.getUint16(at + 8, true) & encryptedFlag) !== 0;
    const isThere = place >= 0 && place + packed <= directory.start;
    entries.push({
      path: shownName(bytes.subarray(at + entryBytes, nameEnd), (view.getUint16(at + 8, true) & utf8Flag) !== 0),
      bytes: size,
      modifiedAt: timeOf(view.getUint16(at + 14, true), view.getUint16(at + 12, true)),
      inside: method && isThere && !isEncrypted ? { at: place, packed, method, crc: view.getUint32(at + 16, true) } : null,
    });
    at = end;
  }
  return entries;
}

type Fields = readonly [size: number, packed: number, offset: number];

/** Those that do not fit stand in the field for large ones, in this order. */
function wideFields(extra: Uint8Array, fields: Fields): Fields {
  const view = viewOf(extra);
  for (let at = 0; at + 4 <= extra.length; at += 4 + view.getUint16(at + 2, true)) {
    if (view.getUint16(at, true) !== zip64Field) continue;
    let next = at + 4;
    const end = Math.min(extra.length, next + view.getUint16(at + 2, true));
    const wide = (short: number): number => {
      if (short !== bit32 || next + 8 > end) return short;
      next += 8;
      return Number(view.getBigUint64(next - 8, true));
    };
    return [wide(fields[0]), wide(fields[1]), wide(fields[2])];
  }
  return fields;
}

/** A clock without a zone, taken for this device's; null where it names no day. */
function timeOf(date: number, time: number): number | null {
  const [month, day] = [(date >> 5) & 15, date & 31];
  if (month < 1 || month > 12 || day < 1) return null;
  return new Date(1980 + (date >> 9), month - 1, day, time >> 11, (time >> 5) & 63, 2 * (time & 31)).getTime();
}

const highLetters =
  'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0';

/** UTF-8 where it is said or fits, else the code page of the first archives. Controls and direction marks could show another name. */
function shownName(bytes: Uint8Array, isUtf8: boolean): string {
  return decodeName(bytes, isUtf8)
    .replaceAll('\\', '/')
    .replace(/[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '\ufffd');
}

function decodeName(bytes: Uint8Array, isUtf8: boolean): string {
  try {
    return new TextDecoder('utf-8', { fatal: !isUtf8 }).decode(bytes);
  } catch {
    return Array.from(bytes, (byte) => (byte < 128 ? String.fromCharCode(byte) : highLetters[byte - 128])).join('');
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
