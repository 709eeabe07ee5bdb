// `.reprise/keyring` of the drive: former keys of the account, sealed for the account alone. spec/accounts.md "Keyring".
import type { Bytes } from '@reprise/kit';
import { Failure } from '@reprise/protocol/formats';
import { isGap } from '@reprise/vault';
import { type AccountKeys, emptyKeyring, type Keyring, openKeyring, sealKeyring } from '@reprise/vault/account';
import { openDrive } from '../drive/drive.ts';
import { planHiddenBytes, readHiddenFile } from '../drive/hidden-file.ts';
import type { TreeView } from '../drive/tree-view.ts';
import type { AccountPorts, OpenedAccount } from './opened.ts';

const fileName = 'keyring';

/**
 * Writes down what was in force, where the keys to come open it too. Who may write to the drive can have put anything there, or in place of the
 * hidden directory: that is given up, since it must keep nobody from securing the account.
 */
export async function keepFormerSeed(ports: AccountPorts, account: OpenedAccount, next: AccountKeys, signal?: AbortSignal): Promise<void> {
  const { engine, heads, connection } = ports;
  const { keys, record, session } = account;
  const place = { engine, space: record.homeSpace };
  const drive = await openDrive(session, { engine, heads, ...(signal && { signal }) });
  const read = async (view: TreeView): Promise<Keyring> => {
    const bytes = await readHiddenFile(drive, view, fileName);
    return bytes ? openKeyring(place, keys, bytes) : emptyKeyring;
  };
  // More than anybody may put there, seen where it is read: a keyring of ours that grows too large is another matter.
  let isTooMuch = false;
  const write = async (view: TreeView) => {
    const ring = await read(view).catch((error: unknown) => {
      isTooMuch = error instanceof Failure && error.code === 'limit-exceeded';
      if (isRubbish(error) || isTooMuch) return emptyKeyring;
      throw error;
    });
    const kemSeeds = new Map(ring.kemSeeds).set(keys.kem.number, keys.kem.seed);
    const bytes: Bytes = await sealKeyring(place, [keys, next], { ...ring, kemSeeds }, connection.random);
    return planHiddenBytes(drive, view, fileName, bytes, signal);
  };
  await drive.commit(write, signal).catch((error: unknown) => {
    const isOfReading = isTooMuch && error instanceof Failure && error.code === 'limit-exceeded';
    if (!isRubbish(error) && !isOfReading) throw error;
  });
}

/** What no attempt reads, and nobody but its author mends. */
function isRubbish(error: unknown): boolean {
  return isGap(error) || (error instanceof Failure && error.code === 'not-a-folder');
}
