// Handles of files that a browser kept through a reload: they open again once the person allows it. spec/web.md "Uploads that survive".

/** Asks for permission, which browsers let the page alone do, straight from a click. @returns false if there is no handle, or one was refused */
export async function mayRead(handles: readonly FileSystemFileHandle[]): Promise<boolean> {
  type Asking = FileSystemFileHandle & { requestPermission?(options: { mode: 'read' }): Promise<PermissionState> };
  for (const handle of handles as readonly Asking[]) {
    if ((await handle.requestPermission?.({ mode: 'read' })) === 'denied') return false;
  }
  return handles.length > 0;
}
