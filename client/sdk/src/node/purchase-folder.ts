// Purchases in a folder, one file each: written and synced under another name, then put in place, so that a program that dies leaves the
// old one or the new one. spec/paid-links.md "What a buyer keeps".
import fs from 'node:fs';
import path from 'node:path';
import { type Bytes, formatHex, systemRandom } from '@reprise/kit';
import { Failure } from '@reprise/protocol';
import type { PurchaseStore } from '../paid/kept-purchase.ts';

const namePattern = /^[0-9a-f]{32}$/;

/** @param folder is made if it does not exist @throws Failure target-refused, target-full from each call */
export function purchaseFolder(folder: string): PurchaseStore {
  const guarded = async <Result>(work: () => Result): Promise<Result> => {
    try {
      return work();
    } catch (cause) {
      const reason = (cause as NodeJS.ErrnoException).code ?? 'unknown';
      throw new Failure(reason === 'ENOSPC' || reason === 'EDQUOT' ? 'target-full' : 'target-refused', { path: folder, reason }, { cause });
    }
  };
  const fileOf = (name: string) => path.join(folder, name);
  return {
    load: (name) => guarded(() => (fs.existsSync(fileOf(name)) ? new Uint8Array(fs.readFileSync(fileOf(name))) : null)),
    save: (name, sealed) => guarded(() => replaceDurably(folder, name, sealed)),
    names: () => guarded(() => (fs.existsSync(folder) ? fs.readdirSync(folder).filter((name) => namePattern.test(name)) : [])),
    remove: (name) => guarded(() => fs.rmSync(fileOf(name), { force: true })),
  };
}

function replaceDurably(folder: string, name: string, bytes: Bytes): void {
  fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
  const draft = path.join(folder, `draft-${formatHex(systemRandom(8))}`);
  try {
    fs.writeFileSync(draft, bytes, { mode: 0o600, flag: 'wx', flush: true });
    fs.renameSync(draft, path.join(folder, name));
  } catch (error) {
    fs.rmSync(draft, { force: true });
    throw error;
  }
  syncFolder(folder);
}

/** A name is as durable as its folder; where a folder cannot be synced, the system does it in its own time. */
function syncFolder(folder: string): void {
  let fd: number;
  try {
    fd = fs.openSync(folder, 'r');
  } catch {
    return;
  }
  try {
    fs.fsyncSync(fd);
  } catch (error) {
    if (!['EPERM', 'EINVAL', 'EISDIR', 'EBADF'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  } finally {
    fs.closeSync(fd);
  }
}
