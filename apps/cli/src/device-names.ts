// What a person calls the devices and passkeys of the account, as the drive keeps it. A help to people: nothing fails for want of it.
import { Failure } from '@reprise/protocol/formats';
import type { OpenedAccount } from '@reprise/sdk/account';
import { type AccountNames, type Drive, nameDevice, openDrive, readAccountNames, readSyncStates, type SyncState } from '@reprise/sdk/drive';
import { nodeEngine } from '@reprise/vault/node';
import type { Enrolled, Ports } from './account.ts';

export function openDriveOf(ports: Ports, { session }: OpenedAccount, signal: AbortSignal): Promise<Drive> {
  return openDrive(session, { engine: nodeEngine, heads: ports.heads, signal });
}

/** None where they cannot be read: what has them is shown, and ended, all the same. */
export async function namesOf({ ports, account }: Enrolled, signal: AbortSignal): Promise<AccountNames> {
  try {
    return await readAccountNames(await openDriveOf(ports, account, signal), signal);
  } catch (error) {
    if (error instanceof Failure && error.code !== 'cancelled') return new Map();
    throw error;
  }
}

/** What each device says of the folders that it syncs; nothing where it cannot be read. */
export async function syncStatesOf(
  { ports, account }: Enrolled,
  nowMs: number,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly SyncState[]>> {
  try {
    return Map.groupBy(
      await readSyncStates(await openDriveOf(ports, account, signal), nowMs, signal),
      ({ deviceId }) => deviceId as string,
    );
  } catch (error) {
    if (error instanceof Failure && error.code !== 'cancelled') return new Map();
    throw error;
  }
}

/** Names this machine for every device to show. */
export async function nameThis(ports: Ports, account: OpenedAccount, name: string, signal: AbortSignal): Promise<void> {
  try {
    await nameDevice(await openDriveOf(ports, account, signal), account.session.deviceId, name, signal);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
  }
}
