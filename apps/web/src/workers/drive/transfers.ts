// Files on their way into folders of the drive: begun, found again after a reload, ended. One tab sends a drop (a Web Lock), the others show what it
// does; when it is gone, another takes over. No timer moves one on. spec/web.md "Uploads that survive".
import { formatBase64url, formatHex, parseBase64url, systemRandom } from '@reprise/kit';
import type { Clash } from '../../app/port.ts';
import type { Answers, TransferChange, TransferFacts, TransferVerb } from '../../engine/drive-calls.ts';
import type { PickedItem, Reattached } from '../../engine/port.ts';
import { EngineError } from '../../engine/rpc.ts';
import { PickedSlot } from '../engine/picked-source.ts';
import type { OpenDrive } from './open-drive.ts';
import { toDriveFailure } from './open-drive.ts';
import { type PickedFileItem, Transfer } from './transfer.ts';
import {
  dropTransfer,
  eraseTransfers,
  readTransfer,
  readTransferHandles,
  type SavedTransfer,
  savedTransferIds,
  saveTransfer,
  saveTransferHandles,
  transferJournal,
} from './transfer-store.ts';

/** Between the tabs of one browser. `hello` asks the owner for everything. */
type TabMessage =
  | { readonly kind: 'begun'; readonly id: string }
  | { readonly kind: 'hello'; readonly id: string }
  | { readonly kind: 'change'; readonly change: TransferChange }
  | { readonly kind: 'verb'; readonly id: string; readonly verb: TransferVerb | 'cancel'; readonly row: number | null };

/** What is smaller goes first: a person sees many files done early, and the large ones lose nothing by it. */
const smallBytesMax = 4_194_304;
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
  const files = wanted.filter((item) => item.kind === 'file');
  const ordered = [...files.filter(isSmall), ...files.filter((item) => !isSmall(item))];
  const saved: SavedTransfer = {
    id: formatHex(systemRandom(16)),
    space: open.drive.spaceId,
    folderId,
    ...titleOf(items),
    createdAt: Date.now(),
    answers,
    files: ordered.map(({ path, file }) => ({ path, bytes: file.size, modifiedAt: file.lastModified })),
    folders: wanted.filter((item) => item.kind === 'folder').map(({ path }) => path),
    journalKey: formatBase64url(systemRandom(32)),
  };
  const slots = saved.files.map((facts, i) => new PickedSlot(facts, ordered[i]));
  const transfer = new Transfer(saved, slots, tellEveryone);
  transfers.set(saved.id, transfer);
  // Nothing is left of it where the person wanted no file sent.
  if (wanted.length === 0) transfer.end('done');
  else {
    await transfer.own();
    try {
      await begin(open, transfer);
    } catch (error) {
      transfers.delete(saved.id);
      await transfer.stop();
      throw new EngineError(toDriveFailure(error));
    }
    if (transfer.isUnfinished) {
      await saveTransfer(saved);
      await saveTransferHandles(saved.id, handlesOf(ordered.map((item, i) => [i, item])));
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
  if (verb === 'retry' && !transfer.isRunning) return begin(theOpen(), transfer);
  await transfer.act(
    verb,
    row,
    () => ended(transfer),
    (index) => lookUp(transfer, index),
  );
}

export async function cancelTransfer(id: string, row: number | null): Promise<void> {
  const transfer = known(id);
  if (!transfer.isOwned) return tabs.postMessage({ kind: 'verb', id, verb: 'cancel', row } satisfies TabMessage);
  await transfer.cancel(row);
  if (!transfer.isUnfinished) await dropTransfer(id);
}

export async function forgetTransfer(id: string): Promise<void> {
  await transfers.get(id)?.stop();
  transfers.delete(id);
  await dropTransfer(id);
}

export async function reattachTransfer(id: string, items: readonly PickedItem[]): Promise<Reattached> {
  const transfer = known(id);
  const { indexes, ...answer } = await transfer.attach(items.filter((item) => item.kind === 'file'));
  if (indexes.size > 0) {
    await saveTransferHandles(id, handlesOf(indexes));
    await goOn(theOpen(), transfer);
  }
  return answer;
}

export async function transferHandles(id: string): Promise<readonly FileSystemFileHandle[]> {
  return [...(await readTransferHandles(id)).values()];
}

/** After the page asked for permission: opens the files behind stored handles. */
export async function reattachTransferHandles(id: string): Promise<boolean> {
  const transfer = known(id);
  if (!(await takeHandles(transfer, await readTransferHandles(id)))) return false;
  await goOn(theOpen(), transfer);
  return true;
}

async function find(open: OpenDrive, id: string): Promise<void> {
  if (transfers.has(id)) return;
  const saved = await readTransfer(id);
  if (saved?.space !== open.drive.spaceId || transfers.has(id) || current !== open) return;
  const slots = keptSlots.get(id) ?? saved.files.map((facts) => new PickedSlot(facts));
  const transfer = new Transfer(saved, slots, tellEveryone);
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
  transfer.saved = saved;
  await transfer.recall();
  transfer.tellAll();
  const granted = new Map<number, FileSystemFileHandle>();
  for (const [index, handle] of await readTransferHandles(id)) if (await isGranted(handle)) granted.set(index, handle);
  await takeHandles(transfer, granted);
  keptSlots.delete(id);
  if (current === open && (saved.files.length === 0 || transfer.slots.some((slot) => slot.isThere)))
    await begin(open, transfer).catch(() => undefined);
  transfer.tellAll();
}

async function goOn(open: OpenDrive, transfer: Transfer): Promise<void> {
  if (!transfer.isRunning) return begin(open, transfer);
  transfer.wake(() => ended(transfer));
}

function begin(open: OpenDrive, transfer: Transfer): Promise<void> {
  const { id, folderId, answers, folders, createdAt, journalKey } = transfer.saved;
  const mtimeNs = BigInt(createdAt) * 1_000_000n;
  return transfer.begin(
    async (slots, onChange) => {
      const folder = await open.places.pathOf(folderId);
      const inFolder = folder === '/' ? '/' : `${folder}/`;
      return open.drive.put(
        folder,
        [...slots.map((slot) => slot.item()), ...folders.map((path) => ({ kind: 'folder', path, mtimeNs }) as const)],
        {
          // A person is asked about names in the folder itself; deeper down nothing is lost either.
          onTaken: ({ path }) => answers[path.slice(inFolder.length)] ?? 'both',
          journal: { store: transferJournal(id), key: parseBase64url(journalKey) ?? new Uint8Array(32) },
          onChange,
        },
      );
    },
    () => ended(transfer),
  );
}

/** Everything stands in the drive. */
async function ended(transfer: Transfer): Promise<void> {
  await dropTransfer(transfer.saved.id);
  await current?.landed();
}

async function takeHandles(transfer: Transfer, handles: ReadonlyMap<number, FileSystemFileHandle>): Promise<boolean> {
  const items: PickedFileItem[] = [];
  for (const [index, handle] of handles) {
    const item = await pickedAt(transfer, index, handle);
    if (item) items.push(item);
  }
  return items.length > 0 && (await transfer.attach(items)).matched > 0;
}

async function lookUp(transfer: Transfer, index: number): Promise<PickedFileItem | undefined> {
  const handle = (await readTransferHandles(transfer.saved.id)).get(index);
  return handle && pickedAt(transfer, index, handle);
}

async function pickedAt(transfer: Transfer, index: number, handle: FileSystemFileHandle): Promise<PickedFileItem | undefined> {
  const path = transfer.saved.files[index]?.path;
  const file = path === undefined ? undefined : await handle.getFile().catch(() => undefined);
  return path === undefined || !file ? undefined : { kind: 'file', path, file, handle };
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

function tellEveryone(change: TransferChange): void {
  void current?.tell('transferChanged', change);
  if (change.isHere) tabs.postMessage({ kind: 'change', change: { ...change, isHere: false } } satisfies TabMessage);
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
  const work = message.verb === 'cancel' ? cancelTransfer(message.id, message.row) : actOnTransfer(message.id, message.verb, message.row);
  // The tab that asked reads the outcome from the rows.
  work.catch(() => transfer.tellAll());
}

type FileItem = Extract<PickedItem, { kind: 'file' }>;

function isSmall({ file }: FileItem): boolean {
  return file.size <= smallBytesMax;
}

function handlesOf(files: Iterable<readonly [number, FileItem]>): Map<number, FileSystemFileHandle> {
  const handles = new Map<number, FileSystemFileHandle>();
  for (const [index, { handle }] of files) if (handle) handles.set(index, handle);
  return handles;
}

function titleOf(items: readonly PickedItem[]): Pick<SavedTransfer, 'title' | 'kind'> {
  const tops = new Set(items.map(({ path }) => path.split('/')[0] ?? path));
  const [title = ''] = tops;
  if (tops.size > 1) return { title, kind: 'several' };
  return { title, kind: items.length === 1 && items[0]?.kind === 'file' ? 'file' : 'folder' };
}
