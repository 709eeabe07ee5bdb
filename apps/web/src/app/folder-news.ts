// What stands in a folder may change while one of its entries is looked at closely. No state of its own.
import type { Drive, EntryId } from './port.ts';

/** Runs after every change of a folder, not for what it holds now. @returns ends it */
export function onFolderChange(drive: Pick<Drive, 'folder'>, folder: EntryId, run: () => void): () => void {
  let before: unknown;
  return drive.folder(folder).subscribe((view) => {
    if (before !== undefined && before !== view && view.state !== 'loading') run();
    before = view.state === 'loading' ? undefined : view;
  });
}
