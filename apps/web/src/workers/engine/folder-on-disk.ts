// A folder saved as a folder (File System Access): each file in its place, each checked for its size after it was closed.
import { EngineError } from '../../engine/rpc.ts';
import { openDiskSink } from '../../engine/save/disk-sink.ts';
import { runSave } from '../../engine/save/run-save.ts';
import { fileBytes, type Reading } from './file-bytes.ts';
import type { SaveProgress } from './save-progress.ts';
import { fileContents, type FolderPlan } from './zip.ts';

/** @throws EngineError 'integrity' after all others were saved, if some could not be: `progress.leftOut` names them */
export async function saveIntoFolder(
  target: FileSystemDirectoryHandle,
  plan: FolderPlan,
  reading: Reading,
  progress: SaveProgress,
): Promise<void> {
  progress.total(plan.files.reduce((sum, file) => sum + file.entry.size, 0));
  progress.phase('saving');
  const folders = new Map<string, Promise<FileSystemDirectoryHandle>>([['', Promise.resolve(target)]]);
  const folderAt = (path: string): Promise<FileSystemDirectoryHandle> => {
    const known = folders.get(path);
    if (known) return known;
    const slash = path.lastIndexOf('/');
    const made = folderAt(slash < 0 ? '' : path.slice(0, slash)).then((parent) =>
      parent.getDirectoryHandle(path.slice(slash + 1), { create: true }),
    );
    folders.set(path, made);
    return made;
  };
  for (const { path } of plan.emptyFolders) await folderAt(path);
  let before = 0;
  const broken: string[] = [];
  for await (const { file, bytes } of fileContents(plan.files, reading)) {
    const slash = file.path.lastIndexOf('/');
    const parent = await folderAt(slash < 0 ? '' : file.path.slice(0, slash));
    const handle = await parent.getFileHandle(file.path.slice(slash + 1), { create: true });
    try {
      await runSave({
        sink: openDiskSink(handle),
        source: bytes ? once(bytes) : fileBytes(reading, file.entry),
        size: file.entry.size,
        onBytes: (done) => progress.bytes(before + done),
        onLastByte: () => undefined,
        signal: reading.signal,
      });
    } catch (error) {
      if (reading.signal.aborted || !isDamage(error)) throw error;
      await parent.removeEntry(file.path.slice(slash + 1)).catch(() => undefined);
      broken.push(file.path);
      progress.leftOut(broken);
    }
    before += file.entry.size;
  }
  progress.bytes(before);
  if (broken.length > 0) throw new EngineError({ code: 'integrity', facts: { files: broken.length } });
}

async function* once<Value>(value: Value): AsyncGenerator<Value> {
  yield value;
}

/** One file's chunks are missing or wrong: the others may still be whole. */
function isDamage(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'object-missing' || code === 'reject' || code === 'chunk-corrupt' || code === 'bad-object';
}
