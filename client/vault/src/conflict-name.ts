// The name under which the loser of a conflict stays: `STEM (conflict YYYY-MM-DD HH.MM DEVICE).EXT`. spec/merge.md "Conflict names".
import { encodeUtf8 } from '@reprise/kit';
import { nameBytesMax } from '@reprise/protocol/formats';

/** Words for a person; nothing is decided by them. */
export type ConflictLabel = {
  /** `YYYY-MM-DD HH.MM`, as the losing device's clock has it. */
  readonly moment: string;
  /** The losing device, in any characters. */
  readonly device: string;
};

const deviceCharactersMax = 24;
const extensionBytesMax = 32;
const suffix = / \(conflict \d{4}-\d\d-\d\d \d\d\.\d\d ([A-Za-z0-9-]{1,24})\)(?: \d+)?$/;
/** Also of a copy that was given a further extension: `log (conflict …).txt.1`. */
const suffixes = new RegExp(suffix.source.replace('$', '(?=\\.|$)'), 'g');

/** @param offsetMinutes of the device's clock from UTC, east positive */
export function conflictMoment(timeMs: number, offsetMinutes = 0): string {
  return new Date(timeMs + offsetMinutes * 60_000).toISOString().slice(0, 16).replace('T', ' ').replace(':', '.');
}

/**
 * Suffixes that are there already are replaced, and the stem is shortened between characters where the name would get too long.
 * @param isFolder a folder's name has no extension
 * @param number from 2 up, for a name that is taken
 */
export function conflictName(name: string, isFolder: boolean, { moment, device }: ConflictLabel, number = 1): string {
  const [stem, extension] = partsOf(name, isFolder);
  const count = number > 1 ? ` ${number}` : '';
  const end = ` (conflict ${moment} ${deviceWord(device)})${count}${extension}`;
  return shorten(stem.replace(suffixes, ''), nameBytesMax - encodeUtf8(end).length) + end;
}

/** A name beside one that is taken: `STEM 2.EXT`, shortened as the name of a conflict copy is. @param number from 2 up */
export function numberedName(name: string, isFolder: boolean, number: number): string {
  const [stem, extension] = splitName(name, isFolder);
  const end = ` ${number}${extension}`;
  return shorten(stem, nameBytesMax - encodeUtf8(end).length) + end;
}

/** @returns the name it lost, as far as that was not shortened, and the device as it is written there; null for a name that lost none */
export function readConflictName(name: string, isFolder: boolean): { readonly plain: string; readonly device: string } | null {
  const [stem, extension] = partsOf(name, isFolder);
  const found = suffix.exec(stem);
  const plain = stem.slice(0, found?.index) + extension;
  return found && plain !== '' ? { plain, device: found[1] as string } : null;
}

/** The moment has a dot too, which begins no extension. */
function partsOf(name: string, isFolder: boolean): readonly [stem: string, extension: string] {
  return suffix.test(name) ? [name, ''] : splitName(name, isFolder);
}

function splitName(name: string, isFolder: boolean): readonly [stem: string, extension: string] {
  const dot = name.lastIndexOf('.');
  const extension = name.slice(dot);
  if (isFolder || dot <= 0 || extension.length < 2 || encodeUtf8(extension).length > extensionBytesMax) return [name, ''];
  return [name.slice(0, dot), extension];
}

/** Letters, digits and hyphens: how a device is written in such a name. */
export function deviceWord(device: string): string {
  const plain = device.normalize('NFKD').replace(/\p{M}/gu, '');
  const word = plain.replace(/[^A-Za-z0-9]+/g, '-').replace(/^-+/, '');
  return word.slice(0, deviceCharactersMax).replace(/-+$/, '') || 'device';
}

function shorten(stem: string, bytes: number): string {
  if (encodeUtf8(stem).length <= bytes) return stem;
  let short = '';
  let left = bytes;
  for (const { segment } of new Intl.Segmenter('und', { granularity: 'grapheme' }).segment(stem)) {
    left -= encodeUtf8(segment).length;
    if (left < 0) break;
    short += segment;
  }
  return short;
}
