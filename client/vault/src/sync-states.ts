// What the programs that sync folders say of themselves to the account's other devices, in `.reprise/states`: one entry a folder.
// spec/drive.md "States of synced folders".
import { type Bytes, encodeUtf8, formatHex } from '@reprise/kit';
import { type DcborValue, Failure, readBytes, readMap, readText, readTuple, readUint } from '@reprise/protocol/formats';
import { type ListFormat, readMoment } from './kept-list.ts';

/** In the order of their numbers. `ended`: the program was told to stop; `stopped`: something keeps it from going on, such as a missing folder. */
export const syncStateWords = ['ended', 'working', 'in-step', 'attention', 'paused', 'stopped'] as const;
export type SyncStateWord = (typeof syncStateWords)[number];

/** What holds a folder up, by how many entries, each at most `heldMax`. */
export type SyncHolds = {
  /** Removals that a person is asked about. */
  readonly removals: number;
  /** Copies that lost a conflict and stand in the folder. */
  readonly conflicts: number;
  readonly fullDisk: number;
  /** Whatever else cannot be synced for now. */
  readonly others: number;
};

/** One folder of one device, as that device saw it. */
export type SyncStateRecord = {
  /** 32 bytes. */
  readonly device: Bytes;
  /** 16 bytes: the root's own id. */
  readonly root: Bytes;
  /** By the clock of that device, ms since 1970. */
  readonly saidMs: number;
  /** The folder on the device's disk and that of the drive, each 1 to 1,024 bytes. */
  readonly folder: string;
  readonly drivePath: string;
  readonly state: SyncStateWord;
  readonly holds: SyncHolds;
};

export const heldMax = 1_000_000;
const pathBytesMax = 1_024;

export const syncStatesList: ListFormat<SyncStateRecord> = {
  name: 'states',
  version: 1,
  itemsMax: 256,
  limit: 'states of synced folders',
  encode: ({ device, root, saidMs, folder, drivePath, state, holds }) => {
    if (!isPath(folder) || !isPath(drivePath)) throw new Failure('limit-exceeded', { limit: 'path of a synced folder' });
    return new Map<number, DcborValue>([
      [1, device],
      [2, root],
      [3, saidMs],
      [4, folder],
      [5, drivePath],
      [6, syncStateWords.indexOf(state)],
      [7, [holds.removals, holds.conflicts, holds.fullDisk, holds.others].map((count) => Math.min(count, heldMax))],
    ]);
  },
  decode: (value) => {
    const record = readMap(value, [1, 2, 3, 4, 5, 6, 7]);
    const state = syncStateWords[readUint(record.get(6), syncStateWords.length - 1)];
    const [folder, drivePath] = [readText(record.get(4)), readText(record.get(5))];
    if (!state || !isPath(folder) || !isPath(drivePath)) throw new Failure('bad-object', { reason: 'a state of a synced folder' });
    const [removals, conflicts, fullDisk, others] = readTuple(record.get(7), 4).map((count) => readUint(count, heldMax)) as [
      number,
      number,
      number,
      number,
    ];
    return {
      device: readBytes(record.get(1), 32),
      root: readBytes(record.get(2), 16),
      saidMs: readMoment(record.get(3)),
      folder,
      drivePath,
      state,
      holds: { removals, conflicts, fullDisk, others },
    };
  },
  keyOf: ({ device, root }) => `${formatHex(device)}/${formatHex(root)}`,
};

function isPath(path: string): boolean {
  return path !== '' && encodeUtf8(path).length <= pathBytesMax;
}
