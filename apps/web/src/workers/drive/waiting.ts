// Changes made without a network, as the screens see them: what the SDK keeps and carries out, in words a page can show. spec/drive.md "Changes that wait".
import { type Drive, type WaitingAct, type WaitingChange, WaitingChanges } from '@reprise/sdk/drive';
import type { DriveState, WaitingFacts } from '../../app/port.ts';
import { deviceStore, saveSetting, waitingSetting } from './device-rows.ts';
import { waitingRows } from './waiting-rows.ts';

export type Waiting = {
  readonly changes: WaitingChanges;
  /** Before a change is made: the next visit looks for it, whatever becomes of this one. */
  expect(): Promise<void>;
  facts(): Promise<Pick<DriveState, 'waiting' | 'unreadWaiting'>>;
};

export async function openWaiting(drive: Drive, network: () => AbortSignal): Promise<Waiting> {
  const changes = await WaitingChanges.open(drive, { store: waitingRows, key: await deviceStore.sealingKey(), network });
  return {
    changes,
    expect: () => saveSetting(waitingSetting, true),
    async facts() {
      const { list, unreadable } = changes;
      await saveSetting(waitingSetting, list.length + unreadable.length > 0);
      return { waiting: list.map(factsOf), unreadWaiting: unreadable };
    },
  };
}

function factsOf({ id, act, held, fids }: WaitingChange): WaitingFacts {
  const { kind, names, to } = wordsOf(act);
  return { id, kind, name: names[0] ?? '', othersCount: Math.max(0, names.length - 1), to, held, ids: fids };
}

function wordsOf(act: WaitingAct): { readonly kind: WaitingFacts['kind']; readonly names: readonly string[]; readonly to: string } {
  switch (act.kind) {
    case 'folder':
      return { kind: 'folder', names: [nameOf(act.path)], to: '' };
    case 'move': {
      const [first] = act.transfers;
      const isRename = act.transfers.length === 1 && first !== undefined && folderOf(first.from) === folderOf(first.to);
      const names = act.transfers.map(({ from }) => nameOf(from));
      if (isRename) return { kind: 'rename', names, to: nameOf(first.to) };
      return { kind: 'move', names, to: first ? nameOf(folderOf(first.to)) : '' };
    }
    case 'mark':
      return { kind: 'mark', names: act.paths.map(nameOf), to: '' };
    case 'remove':
      return { kind: 'remove', names: act.paths.map(nameOf), to: '' };
    case 'restore':
      return { kind: 'restore', names: act.names, to: '' };
  }
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}
