// Sealed nodes of drives in a folder, one file each, named by their ids: a second look at a large drive asks the server for what is new alone.
// Nothing in it opens without the account's keys, and what a disk has changed counts as absent. spec/directories.md "Nodes".
import { hash, randomBytes, randomInt } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { type Bytes, formatHex } from '@reprise/kit';
import type { NodeCache } from '../drive/node-cache.ts';

const bytesMaxDefault = 256 * 2 ** 20;
/** Each part is held to its share: ids are evenly spread, and no look has to read the whole folder. */
const parts = 256;
/** A part that is over its share gives up this much more, so that it is not counted again at once. */
const slack = 0.75;

/** A folder that cannot be written, or is gone, keeps nothing: the drive is read without it. @param bytesMax of all that is kept */
export function nodeFiles(folder: string, bytesMax = bytesMaxDefault): NodeCache {
  /** Bytes of the parts that were written to by this program. */
  const sizes = new Map<string, number>();
  return {
    get: (id) => {
      const file = fileOf(folder, id);
      const sealed = attempt(() => new Uint8Array(fs.readFileSync(file)));
      if (!sealed || isNamed(sealed, id)) return sealed;
      attempt(() => fs.rmSync(file, { force: true }));
      return undefined;
    },
    put: (id, sealed) => {
      if (sealed.length > bytesMax / parts) return;
      const file = fileOf(folder, id);
      const part = path.dirname(file);
      const isKept = attempt(() => writeWhole(file, sealed));
      if (!isKept) return;
      const bytes = (sizes.get(part) ?? bytesIn(part) - sealed.length) + sealed.length;
      sizes.set(part, bytes <= bytesMax / parts ? bytes : thinOut(part, (bytesMax / parts) * slack));
    },
  };
}

function fileOf(folder: string, id: Bytes): string {
  const name = formatHex(id);
  return path.join(folder, name.slice(0, 2), name);
}

function isNamed(sealed: Uint8Array, id: Bytes): boolean {
  return hash('sha256', sealed, 'hex') === formatHex(id);
}

/** Under its name only once it is whole; a program that ends in between leaves a draft, which thinning out takes like the rest. */
function writeWhole(file: string, sealed: Uint8Array): true {
  const draft = `${file}-${randomBytes(6).toString('hex')}`;
  fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  fs.writeFileSync(draft, sealed, { mode: 0o600, flag: 'wx' });
  fs.renameSync(draft, file);
  return true;
}

type Kept = { readonly file: string; readonly bytes: number };

function filesIn(part: string): Kept[] {
  const names = attempt(() => fs.readdirSync(part)) ?? [];
  return names.flatMap((name) => {
    const file = path.join(part, name);
    const bytes = attempt(() => fs.statSync(file).size);
    return bytes === undefined ? [] : [{ file, bytes }];
  });
}

function bytesIn(part: string): number {
  return filesIn(part).reduce((sum, { bytes }) => sum + bytes, 0);
}

/**
 * Those after a point drawn at random go: a drive that is larger than the cache is read in the same order again and again, and if the oldest
 * went, none of it would ever be found.
 * @returns the bytes left
 */
function thinOut(part: string, bytesMax: number): number {
  const kept = filesIn(part);
  const start = randomInt(Math.max(1, kept.length));
  let bytes = kept.reduce((sum, file) => sum + file.bytes, 0);
  for (const { file, bytes: freed } of [...kept.slice(start), ...kept.slice(0, start)]) {
    if (bytes <= bytesMax) break;
    if (attempt(() => (fs.rmSync(file, { force: true }), true))) bytes -= freed;
  }
  return bytes;
}

/** @returns undefined where the disk does not do it */
function attempt<Result>(work: () => Result): Result | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
