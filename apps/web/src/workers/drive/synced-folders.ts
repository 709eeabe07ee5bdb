// The folders that devices keep in sync, as screens show them: spec/drive.md "States of synced folders".
import type { DeviceId } from '@reprise/protocol';
import { type Drive, readSyncStates } from '@reprise/sdk/drive';
import type { SyncedFolder } from '../../app/port.ts';

/** @param nowMs by this browser's own clock @throws Failure bad-object, network … */
export async function readSynced(drive: Drive, nowMs: number): Promise<readonly (SyncedFolder & { readonly deviceId: DeviceId })[]> {
  const states = await readSyncStates(drive, nowMs);
  return states.map(({ deviceId, root, folder, drivePath, saidMs, countsFromMs, countsUntilMs, state, holds }) => ({
    deviceId,
    root,
    folder,
    drivePath,
    saidAt: saidMs,
    countsFrom: countsFromMs,
    countsUntil: countsUntilMs,
    state,
    holds,
  }));
}
