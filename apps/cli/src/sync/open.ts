// A root of this machine, opened for syncing with the drive it belongs to.
import os from 'node:os';
import { type Drive, Replica } from '@reprise/sdk/drive';
import { journalFile } from '@reprise/sdk/node';
import { type OpenedRoot, openRoot, type RootProgress } from '@reprise/sync/node';
import { State } from '../state.ts';
import type { Terminal } from '../terminal.ts';
import { type KnownRoot, Roots } from './roots.ts';

/** @throws Failure bad-journal, target-refused */
export async function openKnown(
  root: KnownRoot,
  drive: Drive,
  terminal: Terminal,
  onProgress: (progress: RootProgress) => void,
): Promise<OpenedRoot> {
  const roots = new Roots(terminal.stateFolder);
  const state = State.open(terminal.stateFolder);
  const store = journalFile(roots.uploads(root));
  try {
    const opened = await openRoot(roots.place(root), {
      replica: Replica.of(drive, root.driveFolder, root.drivePath.split('/').filter(Boolean)),
      device: os.hostname(),
      store: { store, key: state.deviceKey },
      onProgress,
    });
    return {
      ...opened,
      [Symbol.dispose]: () => {
        try {
          opened[Symbol.dispose]();
        } finally {
          store[Symbol.dispose]();
        }
      },
    };
  } catch (error) {
    store[Symbol.dispose]();
    throw error;
  }
}
