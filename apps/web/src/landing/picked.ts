// From what the browser hands over (a drop, a paste, a picker) to one plain list of files and empty folders with their paths.
import type { PickedItem } from '../engine/port.ts';

const entriesMax = 1_000_000;
const handleMsMax = 2_000;

/** A file input's choice, folders included. */
export function fromInput(files: FileList): readonly PickedItem[] {
  return withUniquePaths([...files].map((file) => ({ kind: 'file', path: file.webkitRelativePath || file.name, file, handle: null })));
}

/** Files that came without a picker. */
export function itemsOf(files: readonly File[]): readonly PickedItem[] {
  return withUniquePaths(files.map((file) => ({ kind: 'file', path: file.name, file, handle: null })));
}

/** The browser's own picker keeps handles, so that a reload need not ask again. null where it is missing; [] when dismissed. */
export async function fromPicker(): Promise<readonly PickedItem[] | null> {
  if (!('showOpenFilePicker' in window) || matchMedia('(pointer: coarse)').matches) return null;
  try {
    const handles = await (window.showOpenFilePicker as (options: object) => Promise<FileSystemFileHandle[]>)({ multiple: true });
    const items = await Promise.all(
      handles.map(async (handle): Promise<PickedItem> => {
        const file = await handle.getFile();
        return { kind: 'file', path: file.name, file, handle };
      }),
    );
    return withUniquePaths(items);
  } catch (error) {
    return error instanceof DOMException && error.name === 'AbortError' ? [] : null;
  }
}

export function countOf(transfer: DataTransfer): number | null {
  const files = [...transfer.items].filter((item) => item.kind === 'file').length;
  return files > 0 ? files : null;
}

export function carriesFiles(transfer: DataTransfer | null): boolean {
  return transfer !== null && transfer.types.includes('Files');
}

/**
 * Must be called inside the drop event: the transfer is empty a moment later. `found` hears the running count.
 * `readEntries` hands out a hundred entries a call and is asked until it returns none.
 */
export async function fromDrop(
  transfer: DataTransfer,
  found: (count: number) => void,
  signal: AbortSignal,
): Promise<readonly PickedItem[]> {
  const roots = [...transfer.items]
    .filter((item) => item.kind === 'file')
    .map((item) => ({
      entry: item.webkitGetAsEntry(),
      file: item.getAsFile(),
      handle:
        'getAsFileSystemHandle' in item
          ? soonOrNull((item.getAsFileSystemHandle as () => Promise<FileSystemHandle | null>)())
          : Promise.resolve(null),
    }));
  const items: PickedItem[] = [];
  const add = (item: PickedItem): void => {
    items.push(item);
    if (item.kind === 'file') found(items.length);
  };
  for (const root of roots) {
    const handle = await root.handle;
    if (root.entry?.isDirectory) await walk(root.entry as FileSystemDirectoryEntry, add, signal);
    else if (root.file)
      add({
        kind: 'file',
        path: root.file.name,
        file: root.file,
        handle: handle?.kind === 'file' ? (handle as FileSystemFileHandle) : null,
      });
  }
  return withUniquePaths(items);
}

/** A handle spares a person the second choice after a reload, and no more: what was dropped does not wait for one that never comes. */
function soonOrNull(handle: Promise<FileSystemHandle | null>): Promise<FileSystemHandle | null> {
  const late = new Promise<null>((resolve) => setTimeout(resolve, handleMsMax, null));
  return Promise.race([handle.catch(() => null), late]);
}

async function walk(root: FileSystemDirectoryEntry, add: (item: PickedItem) => void, signal: AbortSignal): Promise<void> {
  const folders = [root];
  let seen = 0;
  for (let folder = folders.shift(); folder; folder = folders.shift()) {
    const reader = folder.createReader();
    let empty = true;
    for (;;) {
      signal.throwIfAborted();
      const batch = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
      if (batch.length === 0) break;
      empty = false;
      seen += batch.length;
      if (seen > entriesMax) throw new RangeError('too many entries');
      for (const entry of batch) {
        if (entry.isDirectory) folders.push(entry as FileSystemDirectoryEntry);
        else {
          const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
          add({ kind: 'file', path: entry.fullPath.replace(/^\/+/, ''), file, handle: null });
        }
      }
    }
    if (empty) add({ kind: 'folder', path: folder.fullPath.replace(/^\/+/, '') });
  }
}

/** Files and pictures as they are; text becomes a file of its own. Names carry the moment, since a clipboard has none. */
export function fromPaste(transfer: DataTransfer, names: { readonly text: string; readonly image: string }): readonly PickedItem[] {
  const files = [...transfer.files];
  const stamp = stampOf(new Date());
  if (files.length > 0) {
    return withUniquePaths(
      files.map((file) => {
        const pasted = /^image\.\w+$/.test(file.name);
        const name = pasted ? `${names.image} ${stamp}${file.name.slice(5)}` : file.name;
        return {
          kind: 'file',
          path: name,
          file: pasted ? new File([file], name, { type: file.type, lastModified: file.lastModified }) : file,
          handle: null,
        };
      }),
    );
  }
  const text = transfer.getData('text/plain');
  if (text.trim() === '') return [];
  const name = `${names.text} ${stamp}.txt`;
  return [{ kind: 'file', path: name, file: new File([text], name, { type: 'text/plain' }), handle: null }];
}

function stampOf(date: Date): string {
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}.${two(date.getMinutes())}`;
}

/** Two files of one name from different places both stay: "plan.pdf", "plan (2).pdf". */
export function withUniquePaths(items: readonly PickedItem[]): readonly PickedItem[] {
  const taken = new Set<string>();
  return items.map((item) => {
    let path = item.path;
    for (let n = 2; taken.has(path); n++) {
      const dot = item.path.lastIndexOf('.');
      path = dot > item.path.lastIndexOf('/') + 1 ? `${item.path.slice(0, dot)} (${n})${item.path.slice(dot)}` : `${item.path} (${n})`;
    }
    taken.add(path);
    return path === item.path ? item : { ...item, path };
  });
}
