// Accepted heads in a folder: one file for each space, numbered by how often it was replaced. A record is written and synced under a name of
// its own, then linked to the next number, which one program alone can do: so of two that replace the same record one is told no.
import fs from 'node:fs';
import path from 'node:path';
import { type Bytes, formatHex, systemRandom } from '@reprise/kit';
import type { SpaceId } from '@reprise/protocol';
import { type HeadStore, isSameRecord } from '../drive/head-store.ts';
import { targetFailure } from './target-failure.ts';

const numberDigits = 16;
/** A listing that is made while others link and remove names sees one of these at least; of an old one the next number is taken. */
const filesKept = 32;

/** @param folder is made if it does not exist @throws Failure target-refused, target-full from each call */
export function headFiles(folder: string): HeadStore {
  return recordFiles<SpaceId>(folder);
}

/** Records of any kind, in the same way. @param folder is made if it does not exist */
export function recordFiles<Name extends string>(folder: string) {
  const list = (space: Name): string[] =>
    fs.existsSync(folder)
      ? fs
          .readdirSync(folder)
          .filter((name) => new RegExp(`^${space}\\.\\d{${numberDigits}}$`).test(name))
          .sort()
      : [];
  const guarded = <Result>(work: () => Result): Result => {
    try {
      return work();
    } catch (cause) {
      throw targetFailure(cause, folder);
    }
  };
  return {
    /** The newest; undefined where there is none. */
    load: (space: Name): Bytes | undefined => guarded(() => readNewest(folder, () => list(space).at(-1))?.bytes),
    /** Puts a record in the place of another. @returns false if something else than `expected` is there by now; true is durable */
    save: (space: Name, record: Bytes, expected: Bytes | undefined): boolean =>
      guarded(() => {
        fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
        const newest = readNewest(folder, () => list(space).at(-1));
        if (!isSameRecord(newest?.bytes, expected)) return false;
        const number = newest ? numberOf(newest.name) + 1 : 0;
        if (!linkDurably(folder, `${space}.${String(number).padStart(numberDigits, '0')}`, record)) return false;
        const names = list(space);
        for (const older of names.slice(0, -filesKept)) fs.rmSync(path.join(folder, older), { force: true });
        // A number that was free because others had come and gone past it is as far behind as files are kept.
        return numberOf(names.at(-1) as string) - number < filesKept / 2;
      }),
  };
}

const numberOf = (name: string) => Number(name.slice(-numberDigits));

/** Another program may remove the file between the listing and the reading: then a newer one is there. */
function readNewest(folder: string, newest: () => string | undefined): { readonly name: string; readonly bytes: Bytes } | undefined {
  for (let attempt = 0; ; attempt++) {
    const name = newest();
    if (name === undefined) return undefined;
    try {
      return { name, bytes: new Uint8Array(fs.readFileSync(path.join(folder, name))) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || attempt >= 10) throw error;
    }
  }
}

/** @returns false if the name is taken */
function linkDurably(folder: string, name: string, bytes: Bytes): boolean {
  const draft = path.join(folder, `draft-${formatHex(systemRandom(8))}`);
  try {
    const fd = fs.openSync(draft, 'wx', 0o600);
    try {
      for (let at = 0; at < bytes.length; ) at += fs.writeSync(fd, bytes, at);
      fs.fsyncSync(fd);
    } finally {
      fs.closeSync(fd);
    }
    fs.linkSync(draft, path.join(folder, name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    fs.rmSync(draft, { force: true });
  }
  syncFolder(folder);
  return true;
}

/** The name is durable once the folder is; some platforms cannot sync one. */
function syncFolder(folder: string): void {
  const fd = fs.openSync(folder, 'r');
  try {
    fs.fsyncSync(fd);
  } catch (error) {
    if (!['EISDIR', 'EPERM', 'EINVAL', 'EBADF'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  } finally {
    fs.closeSync(fd);
  }
}
