// Files on their way into folders of the drive: begun, found again after a reload, ended. One tab sends a drop (a Web Lock), the others show what it
// does; when it is gone, another takes over. No timer moves one on. spec/web.md "Uploads that survive".
import type { Clash } from '../../app/port.ts';
import type { Answers, TransferChange, TransferFacts, TransferVerb } from '../../engine/drive-calls.ts';
import type { PickedItem, Reattached } from '../../engine/port.ts';
import { EngineError } from '../../engine/rpc.ts';
import { filesBehind, type Handles, readHandles, saveHandles } from '../uploads/handles.ts';
import { itemsOf, newUpload, type PickedFileItem, titleOf } from '../uploads/new-upload.ts';
import { PickedSlot } from '../uploads/picked-slot.ts';
import type { Taken } from '../uploads/upload-files.ts';
import type { OpenDrive } from './open-drive.ts';
import { toDriveFailure } from './open-drive.ts';
import type { Transfer, TransferPorts } from './transfer.ts';
import {
  dropTransfer,
  eraseTransfers,
  readTransfer,
  type SavedTransfer,
  savedTransferIds,
  saveTransfer,
  transferJournal,
  transferRows,
} from './transfer-store.ts';

/** Between the tabs of one browser. `hello` asks the owner for everything; `files` gives it what was chosen again in another tab. */
type TabMessage =
  | { readonly kind: 'begun'; readonly id: string }
  | { readonly kind: 'hello'; readonly id: string }
  | { readonly kind: 'change'; readonly change: TransferChange }
  | { readonly kind: 'verb'; readonly id: string; readonly verb: TransferVerb | 'cancel'; readonly row: number | null }
  | { readonly kind: 'files'; readonly id: string; readonly items: readonly PickedFileItem[] };

const transfers = new Map<string, Transfer>();
/** Files of a drive that was locked in this tab: no key is among them. */
const keptSlots = new Map<string, readonly PickedSlot[]>();
let current: OpenDrive | undefined;
const tabs = new BroadcastChannel('reprise-transfers');
tabs.onmessage = (event) => hear(event.data as TabMessage);

/** Which of the files have a name in the folder already; folders of one name are merged, so only files clash. */
export async function uploadClashesOf(open: OpenDrive, folder: string, items: readonly PickedItem[]): Promise<readonly Clash[]> {
  const there = new Map((await open.entriesOf(folder)).map((entry) => [entry.name, entry]));
  const clashes: Clash[] = [];
  for (const item of items) {
    if (item.kind !== 'file' || item.path.includes('/')) continue;
    const existing = there.get(item.path.normalize('NFC'));
    if (existing?.kind !== 'file') continue;
    clashes.push({
      name: existing.name,
      existing: { id: existing.fid, kind: 'file', bytes: existing.sizeBytes, modifiedAt: existing.modifiedMs },
      incoming: { kind: 'file', bytes: item.file.size, modifiedAt: item.file.lastModified },
    });
  }
  return clashes;
}

export async function startTransfer(
  open: OpenDrive,
  folderId: string,
  items: readonly PickedItem[],
  answers: Answers,
): Promise<TransferFacts> {
  const wanted = items.filter((item) => item.kind === 'folder' || answers[item.path.normalize('NFC')] !== 'skip');
  // Named by all that was chosen, whatever of it is left out.
  const { saved: upload, slots, picked } = newUpload(wanted, titleOf(items));
  const saved: SavedTransfer = { ...upload, space: open.drive.spaceId, folderId, answers };
  return begin(saved, slots, picked);
}

/** The files of a kept parcel, into the first folder. */
export async function copyParcel(open: OpenDrive, id: string): Promise<TransferFacts> {
  const under = [...transfers.values()].find((transfer) => transfer.isUnfinished && transfer.saved.copied?.parcel === id);
  if (under) return under.facts();
  try {
    const { saved, slots } = await (await import('./copy-parcel.ts')).planCopy(open, id);
    return await begin(saved, slots, []);
  } catch (error) {
    throw error instanceof EngineError ? error : new EngineError(toDriveFailure(error));
  }
}

async function begin(saved: SavedTransfer, slots: readonly PickedSlot[], picked: readonly PickedFileItem[]): Promise<TransferFacts> {
  const transfer = await newTransfer(saved, slots);
  transfers.set(saved.id, transfer);
  // Nothing is left of it where the person wanted no file sent.
  if (saved.files.length + saved.folders.length === 0) transfer.end('done');
  else {
    await transfer.own();
    try {
      await transfer.goOn();
    } catch (error) {
      transfers.delete(saved.id);
      await transfer.stop();
      throw new EngineError(toDriveFailure(error));
    }
    if (transfer.isUnfinished) {
      await saveTransfer(saved);
      await saveHandles(transferRows, saved.id, picked.entries());
      tabs.postMessage({ kind: 'begun', id: saved.id } satisfies TabMessage);
    }
  }
  return transfer.facts();
}

/** What earlier visits left, and what other tabs are sending, appears in the dock. */
export async function findTransfers(open: OpenDrive): Promise<void> {
  current = open;
  for (const id of await savedTransferIds()) await find(open, id);
}

/** The account closes: what was sent stays, and files that were chosen stay at hand until the tab ends. */
export function leaveTransfers(): void {
  current = undefined;
  for (const [id, transfer] of transfers) {
    if (transfer.isUnfinished) keptSlots.set(id, transfer.slots);
    void transfer.stop();
  }
  transfers.clear();
}

export async function eraseAllTransfers(): Promise<void> {
  keptSlots.clear();
  await eraseTransfers();
}

export async function actOnTransfer(id: string, verb: TransferVerb, row: number | null): Promise<void> {
  const transfer = known(id);
  if (!transfer.isOwned) return tabs.postMessage({ kind: 'verb', id, verb, row } satisfies TabMessage);
  if (verb === 'retry') {
    if (!transfer.isRunning) return transfer.goOn();
    await lookAgain(transfer, row);
  }
  transfer.act(verb, row);
}

export async function cancelTransfer(id: string, row: number | null): Promise<void> {
  const transfer = known(id);
  if (!transfer.isOwned) return tabs.postMessage({ kind: 'verb', id, verb: 'cancel', row } satisfies TabMessage);
  await transfer.cancel(row);
  if (!transfer.isUnfinished) await drop(transfer.saved);
}

export async function forgetTransfer(id: string): Promise<void> {
  const transfer = transfers.get(id);
  await transfer?.stop();
  transfers.delete(id);
  if (transfer) await drop(transfer.saved);
  else await dropTransfer(id);
}

/** Nothing of it goes on later, so nothing of it is kept. */
async function drop({ id, copied }: SavedTransfer): Promise<void> {
  await dropTransfer(id);
  const open = current;
  if (copied && open) await import('./copy-parcel.ts').then(({ closeCopy }) => closeCopy(open, copied)).catch(() => undefined);
}

export async function reattachTransfer(id: string, items: readonly PickedItem[]): Promise<Reattached> {
  const transfer = known(id);
  const { taken, changed, strangers } = await giveFiles(
    transfer,
    items.filter((item) => item.kind === 'file'),
  );
  return { matched: taken.size, stillMissing: transfer.missing, strangers, changed };
}

export async function transferHandles(id: string): Promise<readonly FileSystemFileHandle[]> {
  return [...(await readHandles(transferRows, id)).values()];
}

/** After the page asked for permission: opens the files behind stored handles. */
export async function reattachTransferHandles(id: string): Promise<boolean> {
  const transfer = known(id);
  const items = await filesBehind(await readHandles(transferRows, id), transfer.saved.files);
  return items.length > 0 && (await giveFiles(transfer, items)).taken.size > 0;
}

/** What was chosen again goes to the tab that sends: this one, or the one that holds the transfer. */
async function giveFiles(transfer: Transfer, items: readonly PickedFileItem[]): Promise<Taken> {
  const { id } = transfer.saved;
  const given = await transfer.take(items);
  if (given.taken.size === 0) return given;
  await saveHandles(transferRows, id, given.taken);
  if (transfer.isOwned) await transfer.goOn();
  else tabs.postMessage({ kind: 'files', id, items: [...given.taken.values()] } satisfies TabMessage);
  return given;
}

async function find(open: OpenDrive, id: string): Promise<void> {
  if (transfers.has(id)) return;
  const saved = await readTransfer(id);
  if (saved?.space !== open.drive.spaceId) return;
  const slots = keptSlots.get(id) ?? saved.files.map((facts) => new PickedSlot(facts));
  const transfer = await newTransfer(saved, slots);
  if (transfers.has(id) || current !== open) return;
  transfers.set(id, transfer);
  await transfer.recall();
  await open.tell('transferFound', transfer.facts());
  tabs.postMessage({ kind: 'hello', id } satisfies TabMessage);
  void transfer.own().then((owned) => (owned ? takeOver(open, transfer) : undefined));
}

/** No other tab sends it (any more): this one does, as far as it can without asking. */
async function takeOver(open: OpenDrive, transfer: Transfer): Promise<void> {
  const { id } = transfer.saved;
  const saved = await readTransfer(id);
  if (!saved) return transfer.end(transfer.lastHeard === 'cancelled' ? 'cancelled' : 'done');
  await transfer.recall(saved);
  transfer.tellAll();
  const granted = new Map<number, FileSystemFileHandle>();
  for (const [index, handle] of await readHandles(transferRows, id)) if (await isGranted(handle)) granted.set(index, handle);
  await takeHandles(transfer, granted);
  keptSlots.delete(id);
  if (current === open && (saved.copied || saved.files.length === 0 || transfer.slots.some((slot) => slot.isThere)))
    await transfer.goOn().catch(() => undefined);
  transfer.tellAll();
}

/** Most visits send nothing: what sends is fetched for the first drop. */
async function newTransfer(saved: SavedTransfer, slots: readonly PickedSlot[]): Promise<Transfer> {
  const { Transfer } = await import('./transfer.ts');
  return new Transfer(saved, slots, ports);
}

const ports: TransferPorts = {
  async start(transfer) {
    const { saved, slots } = transfer;
    const open = theOpen();
    if (saved.copied) await transfer.remember(await (await import('./copy-parcel.ts')).reopenCopy(open, saved.copied, slots));
    const folder = await open.places.pathOf(saved.folderId);
    const inFolder = folder === '/' ? '/' : `${folder}/`;
    return open.drive.put(folder, itemsOf(saved, slots), {
      // A person is asked about names in the folder itself; deeper down nothing is lost either.
      onTaken: ({ path }) => saved.answers[path.slice(inFolder.length)] ?? 'both',
      journal: transferJournal(saved),
      onChange: () => transfer.changed(),
    });
  },
  async landed({ saved }) {
    await drop(saved);
    await current?.landed();
  },
  tell(change) {
    void current?.tell('transferChanged', change);
    if (change.isHere) tabs.postMessage({ kind: 'change', change: { ...change, isHere: false } } satisfies TabMessage);
  },
};

async function takeHandles(transfer: Transfer, handles: Handles): Promise<void> {
  await transfer.take(await filesBehind(handles, transfer.saved.files));
}

/** Files that failed may have changed: those with a handle are found again as they are now. @param row of one that is meant alone */
async function lookAgain(transfer: Transfer, row: number | null): Promise<void> {
  const wanted = new Set(transfer.failed.filter((index) => row === null || index === row));
  if (wanted.size === 0) return;
  const handles = await readHandles(transferRows, transfer.saved.id);
  await takeHandles(transfer, new Map([...handles].filter(([index]) => wanted.has(index))));
}

async function isGranted(handle: FileSystemFileHandle): Promise<boolean> {
  type Asking = FileSystemFileHandle & { queryPermission?(options: { mode: 'read' }): Promise<PermissionState> };
  return (await (handle as Asking).queryPermission?.({ mode: 'read' })) === 'granted';
}

function known(id: string): Transfer {
  const transfer = transfers.get(id);
  if (!transfer) throw new EngineError({ code: 'unexpected', facts: { reason: 'no such transfer' } });
  return transfer;
}

function theOpen(): OpenDrive {
  if (!current) throw new EngineError({ code: 'locked', facts: {} });
  return current;
}

function hear(message: TabMessage): void {
  if (message.kind === 'begun') return void (current && find(current, message.id));
  const transfer = transfers.get(message.kind === 'change' ? message.change.id : message.id);
  if (!transfer) return;
  if (message.kind === 'change') {
    if (transfer.isOwned) return;
    transfer.hear(message.change);
    return void current?.tell('transferChanged', message.change);
  }
  if (!transfer.isOwned) return;
  if (message.kind === 'hello') return transfer.tellAll();
  // The tab that asked reads the outcome from the rows.
  obey(transfer, message).catch(() => transfer.tellAll());
}

async function obey(transfer: Transfer, message: Extract<TabMessage, { kind: 'verb' | 'files' }>): Promise<void> {
  if (message.kind === 'files') await giveFiles(transfer, message.items);
  else if (message.verb === 'cancel') await cancelTransfer(message.id, message.row);
  else await actOnTransfer(message.id, message.verb, message.row);
}
