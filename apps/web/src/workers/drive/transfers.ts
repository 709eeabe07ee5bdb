// Files on their way from this tab into a folder of the drive, as the dock shows them. spec/web.md "Uploads that survive".
import type { Row } from '@reprise/sdk';
import type { DriveUpload } from '@reprise/sdk/drive';
import { formatHex } from '@reprise/kit';
import type { Clash, TransferState } from '../../app/port.ts';
import type { RowChange } from '../../engine/calls.ts';
import type { Answers, TransferChange, TransferFacts, TransferVerb } from '../../engine/drive-calls.ts';
import { PaceMeter } from '../../engine/pace.ts';
import type { PickedItem, RowPhase } from '../../engine/port.ts';
import { EngineError } from '../../engine/rpc.ts';
import { PickedSlot } from '../engine/picked-source.ts';
import type { OpenDrive } from './open-drive.ts';
import { toDriveFailure } from './open-drive.ts';

const publishMs = 100;
const transfers = new Map<string, Transfer>();

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
  const folder = await open.places.pathOf(folderId);
  const transfer = new Transfer(open, folderId, items);
  const inFolder = folder === '/' ? '/' : `${folder}/`;
  const { upload, slots } = transfer.prepare(items);
  transfer.upload = await open.drive.put(folder, upload, {
    // A person is asked about names in the folder itself; deeper down nothing is lost either.
    onTaken: ({ path }) => answers[path.slice(inFolder.length)] ?? 'both',
    onChange: () => transfer.changed(),
  });
  transfer.slots = slots;
  transfers.set(transfer.id, transfer);
  transfer.watchEnd();
  return transfer.facts();
}

export function actOnTransfer(id: string, verb: TransferVerb, row: number | null): void {
  known(id).act(verb, row);
}

export async function cancelTransfer(id: string, row: number | null): Promise<void> {
  await known(id).cancel(row);
}

export function forgetTransfer(id: string): void {
  transfers.delete(id);
}

function known(id: string): Transfer {
  const transfer = transfers.get(id);
  if (!transfer) throw new EngineError({ code: 'unexpected', facts: { reason: 'no such transfer' } });
  return transfer;
}

class Transfer {
  readonly id = formatHex(crypto.getRandomValues(new Uint8Array(16)));
  upload: DriveUpload | undefined;
  slots: readonly PickedSlot[] = [];
  readonly #open: OpenDrive;
  readonly #folderId: string;
  readonly #createdAt = Date.now();
  readonly #title: string;
  readonly #kind: TransferFacts['kind'];
  readonly #pace = new PaceMeter(Date.now(), 0);
  #shown: RowChange[] = [];
  #isDue = false;

  constructor(open: OpenDrive, folderId: string, items: readonly PickedItem[]) {
    this.#open = open;
    this.#folderId = folderId;
    const tops = new Set(items.map(({ path }) => path.split('/')[0] ?? path));
    this.#title = [...tops][0] ?? '';
    this.#kind = tops.size > 1 ? 'several' : items.length === 1 && items[0]?.kind === 'file' ? 'file' : 'folder';
  }

  prepare(items: readonly PickedItem[]) {
    const slots: PickedSlot[] = [];
    const upload = items.map((item) => {
      if (item.kind === 'folder') return { kind: 'folder', path: item.path, mtimeNs: BigInt(Date.now()) * 1_000_000n } as const;
      const slot = new PickedSlot({ path: item.path, bytes: item.file.size, modifiedAt: item.file.lastModified }, item);
      slots.push(slot);
      return slot.item();
    });
    return { upload, slots };
  }

  act(verb: TransferVerb, index: number | null): void {
    const { upload } = this;
    const row = index === null ? undefined : upload?.rows[index];
    if (!upload || (index !== null && !row)) return;
    if (verb === 'first') return row && upload.first(row);
    if (verb === 'retry') {
      upload.retry(row);
      return this.watchEnd();
    }
    upload[verb](row);
  }

  async cancel(index: number | null): Promise<void> {
    const row = index === null ? undefined : this.upload?.rows[index];
    if (row) this.upload?.cancelRow(row);
    else if (index === null) await this.upload?.cancel();
  }

  watchEnd(): void {
    void this.upload?.finished.then(
      () => this.#open.changed('tree').then(() => this.changed()),
      () => this.changed(),
    );
  }

  changed(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    setTimeout(() => {
      this.#isDue = false;
      this.#publish();
    }, publishMs);
  }

  facts(): TransferFacts {
    const files = (this.upload?.rows ?? []).map((row) => ({ path: row.item.path, bytes: row.item.size }));
    return {
      id: this.id,
      title: this.#title,
      kind: this.#kind,
      createdAt: this.#createdAt,
      folderId: this.#folderId,
      files,
      state: this.#state(),
    };
  }

  #publish(): void {
    const rows: RowChange[] = [];
    for (const [i, row] of (this.upload?.rows ?? []).entries()) {
      const now = rowChange(i, row);
      const before = this.#shown[i];
      if (before && before[1] === now[1] && before[2] === now[2] && before[3]?.code === now[3]?.code) continue;
      this.#shown[i] = now;
      rows.push(now);
    }
    void this.#open.tell('transferChanged', { id: this.id, state: this.#state(), rows } satisfies TransferChange);
  }

  #state(): TransferState {
    const progress = this.upload?.progress();
    if (!progress)
      return {
        phase: 'waiting',
        bytesDone: 0,
        bytesTotal: 0,
        filesDone: 0,
        filesTotal: 0,
        speed: null,
        secondsLeft: null,
        retryAt: null,
        failure: null,
      };
    const { bytesDone, bytesTotal, filesDone, filesTotal, retryAt, failure } = progress;
    const pace = this.#pace.measure(Date.now(), bytesDone, bytesTotal);
    const moving = progress.phase === 'sending' || progress.phase === 'committing';
    return {
      phase: this.#phaseOf(progress.phase),
      bytesDone,
      bytesTotal,
      filesDone,
      filesTotal,
      speed: moving ? pace.speed : null,
      secondsLeft: moving ? pace.secondsLeft : null,
      retryAt,
      failure: failure && toDriveFailure(failure),
    };
  }

  #phaseOf(phase: ReturnType<DriveUpload['progress']>['phase']): TransferState['phase'] {
    const failed = this.upload?.rows.some((row) => row.phase === 'failed') ?? false;
    switch (phase) {
      case 'committing':
        return 'verifying';
      case 'failed':
        return 'error';
      case 'done':
        return failed ? 'error' : 'done';
      case 'sending':
      case 'paused':
      case 'offline':
      case 'cancelled':
        return phase;
    }
  }
}

function rowChange(index: number, row: Row): RowChange {
  const phases: Readonly<Record<Row['phase'], RowPhase>> = {
    waiting: 'waiting',
    sending: 'sending',
    sent: 'done',
    failed: 'error',
    paused: 'paused',
    cancelled: 'cancelled',
  };
  return [index, phases[row.phase], row.phase === 'sent' ? row.item.size : row.bytesSent, row.failure && toDriveFailure(row.failure)];
}
