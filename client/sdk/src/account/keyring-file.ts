// `.reprise/keyring` of the drive: former keys of the account, sealed for the account alone. spec/accounts.md "Keyring".
import type { Bytes } from '@reprise/kit';
import {
  type AccountKeys,
  emptyKeyring,
  isKeyringSealed,
  type Keyring,
  type MasterKeys,
  openKeyring,
  sealKeyring,
} from '@reprise/vault/account';
import { type Drive, openDrive } from '../drive/drive.ts';
import { changeHiddenFile, readHiddenFile } from '../drive/hidden-file.ts';
import type { AccountPorts, OpenedAccount } from './opened.ts';

const fileName = 'keyring';

/** Writes down what was in force, where the keys to come open it too. */
export async function keepFormerSeed(ports: AccountPorts, account: OpenedAccount, next: AccountKeys, signal?: AbortSignal): Promise<void> {
  const { kem } = account.keys;
  const edit = (ring: Keyring): Keyring => ({ ...ring, kemSeeds: new Map(ring.kemSeeds).set(kem.number, kem.seed) });
  await change(ports, account, { drive: await driveOf(ports, account, signal), masters: [account.keys, next], edit }, signal);
}

/** Seals a keyring that was written before keyrings were sealed; where there is none, or it is, nothing happens. */
export async function sealFormerRing(ports: AccountPorts, account: OpenedAccount, signal?: AbortSignal): Promise<void> {
  const drive = await driveOf(ports, account, signal);
  const bytes = await readHiddenFile(drive, await drive.parts.space.view(signal), fileName);
  if (!bytes || isKeyringSealed(bytes)) return;
  await change(ports, account, { drive, masters: [account.keys], edit: (ring) => ring }, signal);
}

type RingChange = { readonly drive: Drive; readonly masters: MasterKeys; readonly edit: (ring: Keyring) => Keyring };

function change(ports: AccountPorts, { keys, record }: OpenedAccount, { drive, masters, edit }: RingChange, signal?: AbortSignal) {
  const place = { engine: ports.engine, space: record.homeSpace };
  const write = async (bytes: Bytes | null) => {
    const ring = bytes ? await openKeyring(place, keys, bytes) : emptyKeyring;
    return sealKeyring(place, masters, edit(ring), ports.connection.random);
  };
  return changeHiddenFile(drive, fileName, write, signal);
}

function driveOf({ engine, heads }: AccountPorts, { session }: OpenedAccount, signal: AbortSignal | undefined): Promise<Drive> {
  return openDrive(session, { engine, heads, ...(signal && { signal }) });
}
