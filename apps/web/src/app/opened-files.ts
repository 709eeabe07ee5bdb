// Files opened with the installed app from a file manager: kept like shared ones, then asked where they go. The browser's launch queue is
// the Launch Handler API of the WICG; where it is missing, nothing opens files this way.
import { keepReceived } from '../engine/received.ts';
import { router } from './router.svelte.ts';

type LaunchQueue = { setConsumer(run: (launch: { readonly files: readonly FileSystemHandle[] }) => void): void };

export function takeOpenedFiles(): void {
  (globalThis as { readonly launchQueue?: LaunchQueue }).launchQueue?.setConsumer(({ files }) => {
    const handles = files.filter((handle) => handle instanceof FileSystemFileHandle);
    if (handles.length > 0) void keep(handles);
  });
}

async function keep(handles: readonly FileSystemFileHandle[]): Promise<void> {
  await keepReceived(await Promise.all(handles.map((handle) => handle.getFile())));
  router.go({ page: 'receive' }, 'replace');
}
