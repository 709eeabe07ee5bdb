// What the account's devices say of the folders that they sync, for the other devices to show: sealed in the drive like everything else, so that the
// server learns none of it. A word is worth as much as its age: who reads it is told both. spec/drive.md "States of synced folders".
import { encodeUtf8, formatHex, parseHex } from '@reprise/kit';
import type { Bytes } from '@reprise/kit';
import type { DeviceId } from '@reprise/protocol';
import { Failure } from '@reprise/protocol/formats';
import { decodeKeptList, encodeKeptList, type SyncHolds, type SyncStateRecord, syncStatesList, type SyncStateWord } from '@reprise/vault';
import type { Drive } from './drive.ts';
import { changeHiddenFile, readHiddenFile } from './hidden-file.ts';

export type { SyncHolds, SyncStateWord };

/** What a device says of one folder. */
export type SyncSaid = {
  /** Hex, 16 bytes: the root's own id. */
  readonly root: string;
  readonly folder: string;
  readonly drivePath: string;
  readonly state: SyncStateWord;
  readonly holds: SyncHolds;
};

/** What a device said of one folder, and what that is worth to who reads it now. */
export type SyncState = SyncSaid & {
  readonly deviceId: DeviceId;
  /** By the clock of that device, ms since 1970. */
  readonly saidMs: number;
  /** Between these it counts, by the clock of who reads it: later or sooner it says when the device was last heard of, and nothing else. */
  readonly countsFromMs: number;
  readonly countsUntilMs: number;
  /** Whether it counts now. */
  readonly isFresh: boolean;
};

/** A device that runs says at least this often how it stands. */
export const syncHeartbeatMs = 6 * 3_600_000;
/** How late a word may come, and how far two clocks may be apart. */
const patienceMs = 30 * 60_000;
const skewMsMax = 5 * 60_000;
/** A device that says nothing for so long leaves the list. */
const forgottenMs = 90 * 24 * 3_600_000;
const pathBytesMax = 1_024;

/**
 * Of devices that are in force, by device and folder.
 * @param nowMs by this device's own clock, never the server's: who withholds what is newer cannot make it look new
 * @throws Failure bad-object, network …
 */
export async function readSyncStates(drive: Drive, nowMs: number, signal?: AbortSignal): Promise<readonly SyncState[]> {
  const { space } = drive.parts;
  const bytes = await readHiddenFile(drive, await space.view(signal), syncStatesList.name, signal);
  const records = bytes ? decodeKeptList(syncStatesList, bytes).items : [];
  return records
    .filter((record) => isInForce(drive, record))
    .map((record) => stateOf(record, nowMs))
    .toSorted((a, b) => compare(a.deviceId, b.deviceId) || compare(a.folder, b.folder));
}

/** What this device says of one of its folders, in place of what it said before. @throws Failure role-refused, drive-frozen, network … */
export async function saySyncState(drive: Drive, said: SyncSaid, nowMs: number, signal?: AbortSignal): Promise<void> {
  const device = parseHex(drive.parts.session.deviceId) as Bytes;
  const record: SyncStateRecord = {
    ...said,
    device,
    root: parseHex(said.root) as Bytes,
    saidMs: nowMs,
    folder: endOf(said.folder),
    drivePath: endOf(said.drivePath),
  };
  const key = syncStatesList.keyOf(record);
  await rewrite(drive, nowMs, (others) => [...others.filter((one) => syncStatesList.keyOf(one) !== key), record], signal);
}

/** These words pass: what nobody can read, what is old and what is of a device that was revoked is not kept. */
function rewrite(
  drive: Drive,
  nowMs: number,
  edit: (records: readonly SyncStateRecord[]) => readonly SyncStateRecord[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const change = (bytes: Uint8Array | null): Bytes => {
    const known = readable(bytes).filter((one) => isInForce(drive, one) && nowMs - one.saidMs < forgottenMs);
    const newest = edit(known).toSorted((a, b) => b.saidMs - a.saidMs);
    return encodeKeptList(syncStatesList, { items: newest.slice(0, syncStatesList.itemsMax), unread: [] });
  };
  return changeHiddenFile(drive, syncStatesList.name, change, signal);
}

function readable(bytes: Uint8Array | null): readonly SyncStateRecord[] {
  try {
    return bytes ? decodeKeptList(syncStatesList, bytes).items : [];
  } catch (error) {
    if (error instanceof Failure && error.code === 'bad-object') return [];
    throw error;
  }
}

/** As the log says that was verified here. */
function isInForce(drive: Drive, record: SyncStateRecord): boolean {
  return drive.parts.space.log.state.devices.get(deviceOf(record))?.revokedAtSeq === null;
}

function stateOf(record: SyncStateRecord, nowMs: number): SyncState {
  const { root, saidMs, folder, drivePath, state, holds } = record;
  const [countsFromMs, countsUntilMs] = [saidMs - skewMsMax, saidMs + syncHeartbeatMs + patienceMs];
  const isFresh = nowMs >= countsFromMs && nowMs <= countsUntilMs;
  const said: SyncSaid = { root: formatHex(root), folder, drivePath, state, holds };
  return { ...said, deviceId: deviceOf(record), saidMs, countsFromMs, countsUntilMs, isFresh };
}

function deviceOf({ device }: SyncStateRecord): DeviceId {
  return formatHex(device) as DeviceId;
}

/** The end of a path tells more of it than its beginning. */
function endOf(path: string): string {
  if (encodeUtf8(path).length <= pathBytesMax) return path;
  const signs = [...path];
  let bytes = encodeUtf8('…').length;
  let at = signs.length;
  while (at > 0 && bytes + encodeUtf8(signs[at - 1] ?? '').length <= pathBytesMax) bytes += encodeUtf8(signs[--at] ?? '').length;
  return `…${signs.slice(at).join('')}`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
