// Files that another program handed to the app, kept until a person says where they go: the service worker takes them from the browser's share
// sheet, a page gives them on. They lie as they came, in this browser alone, and go once they are sent or refused. spec/web.md "Installed".
import type { Observable } from './port.ts';
import { change, openDatabase, putRow, readRow } from './rows.ts';

const database = { name: 'reprise-received', stores: ['files'] } as const;
const row = 'last';
type Received = {
  readonly files: readonly File[] /** A person said where they go: they are kept only until they are there. */;
  readonly isTaken: boolean;
};

/** What was shared last takes the place of what nobody asked for. */
export async function keepReceived(files: readonly File[]): Promise<void> {
  await putRow(await openDatabase(database), 'files', row, { files, isTaken: false } satisfies Received);
}

/** What waits for a person's word. */
export async function readReceived(): Promise<readonly File[]> {
  const received = await readRow<Received>(await openDatabase(database), 'files', row);
  return received && !received.isTaken ? received.files : [];
}

/** They are on their way: read from here until the transfer is done, then forgotten. */
export async function takeReceived(files: readonly File[], transfer: Observable<{ readonly phase: string }>): Promise<void> {
  await putRow(await openDatabase(database), 'files', row, { files, isTaken: true } satisfies Received);
  let isOver = false;
  transfer.subscribe(({ phase }) => {
    if (isOver || phase !== 'done') return;
    isOver = true;
    void forgetReceived();
  });
}

export async function forgetReceived(): Promise<void> {
  await change(await openDatabase(database), 'files', (rows) => rows.clear());
}
