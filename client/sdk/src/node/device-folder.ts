// A device's account in a folder: the record, and the two keys that open nothing elsewhere. Who copies the folder has the device; the disk's own
// encryption and the rights of its owner guard it. spec/accounts.md "Device".
import fs from 'node:fs';
import path from 'node:path';
import { type Bytes, formatHex, systemRandom } from '@reprise/kit';
import { Failure, importSigningKey } from '@reprise/protocol';
import type { DeviceStore } from '../account/device-store.ts';
import { targetFailure } from './target-failure.ts';

const recordName = 'account';
const keyBytes = 32;

/** @param folder is made if it does not exist, readable by its owner only @throws Failure target-refused, target-full, bad-journal from each call */
export function deviceFolder(folder: string): DeviceStore {
  return {
    load: () => guarded(folder, () => readFile(folder, recordName)),
    save: (record) => void guarded(folder, () => writeDurably(folder, recordName, record)),
    signingKey: async () => importSigningKey(guarded(folder, () => keyIn(folder, 'signing-key'))),
    sealingKey: async () => guarded(folder, () => keyIn(folder, 'sealing-key')),
    renewSigningKey: () => guarded(folder, () => fs.rmSync(path.join(folder, 'signing-key'), { force: true })),
    // The record first: without it the keys mean nothing, and without them it does not open.
    erase: () =>
      guarded(folder, () =>
        [recordName, 'signing-key', 'sealing-key'].forEach((name) => fs.rmSync(path.join(folder, name), { force: true })),
      ),
  };
}

/** Two programs that ask at once get one key: whoever comes second finds the first one's. */
function keyIn(folder: string, name: string): Bytes {
  const kept = readFile(folder, name);
  if (kept) return checked(kept, folder);
  const drawn = systemRandom(keyBytes);
  if (writeDurably(folder, name, drawn, 'new')) return drawn;
  return checked(readFile(folder, name) ?? new Uint8Array(0), folder);
}

function checked(key: Bytes, folder: string): Bytes {
  if (key.length !== keyBytes) throw new Failure('bad-journal', { path: folder, reason: 'a key of the device is damaged' });
  return key;
}

function readFile(folder: string, name: string): Bytes | undefined {
  try {
    return new Uint8Array(fs.readFileSync(path.join(folder, name)));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** @returns false if it was to be new, and is there */
function writeDurably(folder: string, name: string, bytes: Uint8Array, mode: 'replace' | 'new' = 'replace'): boolean {
  fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
  const draft = path.join(folder, `draft-${formatHex(systemRandom(8))}`);
  try {
    fs.writeFileSync(draft, bytes, { mode: 0o600, flag: 'wx', flush: true });
    if (mode === 'new') fs.linkSync(draft, path.join(folder, name));
    else fs.renameSync(draft, path.join(folder, name));
  } catch (error) {
    if (mode === 'new' && (error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    fs.rmSync(draft, { force: true });
  }
  syncFolder(folder);
  return true;
}

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

function guarded<Result>(folder: string, work: () => Result): Result {
  try {
    return work();
  } catch (cause) {
    throw targetFailure(cause, folder);
  }
}
