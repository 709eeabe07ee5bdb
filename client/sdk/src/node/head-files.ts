// Accepted heads in a folder: one file for each space and seq, written, synced and renamed, then those before it removed. So two programs
// at once cannot take a head back, whichever writes last.
import fs from 'node:fs';
import path from 'node:path';
import { type Bytes, formatHex, systemRandom } from '@reprise/kit';
import { Failure, type SpaceId } from '@reprise/protocol';
import type { HeadStore } from '../drive/head-store.ts';

const seqDigits = 16;

/** @param folder is made if it does not exist @throws Failure target-refused, target-full from each call */
export function headFiles(folder: string): HeadStore {
  const list = (space: SpaceId): string[] =>
    fs.existsSync(folder)
      ? fs
          .readdirSync(folder)
          .filter((name) => new RegExp(`^${space}\\.\\d{${seqDigits}}$`).test(name))
          .sort()
      : [];
  const guarded = <Result>(work: () => Result): Result => {
    try {
      return work();
    } catch (cause) {
      if (cause instanceof Failure) throw cause;
      const reason = (cause as NodeJS.ErrnoException).code ?? 'unknown';
      throw new Failure(reason === 'ENOSPC' || reason === 'EDQUOT' ? 'target-full' : 'target-refused', { path: folder, reason }, { cause });
    }
  };
  return {
    load: (space) => guarded(() => readNewest(folder, () => list(space).at(-1))),
    save: (space, seq, record) =>
      guarded(() => {
        fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
        const name = `${space}.${String(seq).padStart(seqDigits, '0')}`;
        writeDurably(folder, name, record);
        for (const older of list(space)) if (older < name) fs.rmSync(path.join(folder, older), { force: true });
      }),
    forget: (space) =>
      guarded(() => {
        for (const name of list(space)) fs.rmSync(path.join(folder, name), { force: true });
      }),
  };
}

/** Another program may remove the file between the listing and the reading: then a newer one is there. */
function readNewest(folder: string, newest: () => string | undefined): Bytes | undefined {
  for (let attempt = 0; ; attempt++) {
    const name = newest();
    if (name === undefined) return undefined;
    try {
      return new Uint8Array(fs.readFileSync(path.join(folder, name)));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || attempt >= 10) throw error;
    }
  }
}

function writeDurably(folder: string, name: string, bytes: Bytes): void {
  const draft = path.join(folder, `draft-${formatHex(systemRandom(8))}`);
  try {
    const fd = fs.openSync(draft, 'wx', 0o600);
    try {
      for (let at = 0; at < bytes.length; ) at += fs.writeSync(fd, bytes, at);
      fs.fsyncSync(fd);
    } finally {
      fs.closeSync(fd);
    }
    fs.renameSync(draft, path.join(folder, name));
  } catch (error) {
    fs.rmSync(draft, { force: true });
    throw error;
  }
  syncFolder(folder);
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
