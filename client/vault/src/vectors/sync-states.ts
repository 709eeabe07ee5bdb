// Judges what devices say of the folders that they sync: vector file sync-states.
import { formatHex } from '@reprise/kit';
import type { Engine } from '../engine.ts';
import { syncStatesList } from '../sync-states.ts';
import type { Case } from './case.ts';
import { judgeList } from './kept-list.ts';

export function judgeSyncStates(_: Engine, one: Case): void {
  judgeList(one, syncStatesList, 'states', ({ device, root, saidMs, folder, drivePath, state, holds }) => [
    formatHex(device),
    formatHex(root),
    saidMs,
    folder,
    drivePath,
    state,
    [holds.removals, holds.conflicts, holds.fullDisk, holds.others],
  ]);
}
