// A File of the browser as a source of bytes, or another source where no person chose one. It may be missing for a while: after a reload a file has to
// be chosen again, and until then whoever reads it waits.
import { Failure } from '@reprise/protocol/formats';
import type { FileItem, FileSource } from '@reprise/sdk';

export type PickedFile = { readonly file: File; readonly handle: FileSystemFileHandle | null };
/** Bytes that come from somewhere else than a disk: from behind a link, say. */
export type GivenSource = Pick<FileItem, 'open' | 'executable'>;

const nsPerMs = 1_000_000n;

const slots = new WeakMap<FileItem['open'], PickedSlot>();

/** The file behind an item that a slot gave; undefined for other items, and while it has to be chosen again. */
export function pickedFileOf({ open }: FileItem): File | undefined {
  return slots.get(open)?.file;
}

export class PickedSlot {
  readonly path: string;
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly modifiedAt: number;
  private picked: PickedFile | undefined;
  private given: GivenSource | undefined;
  private waiting: (() => void)[] = [];
  /** The same function for as long as the slot lives: it names the slot to who gets an item back. */
  readonly open = async (): Promise<FileSource> => {
    for (;;) {
      if (this.given) return this.given.open();
      if (this.picked) return openPicked(this.path, this.picked);
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  };

  constructor(facts: { readonly path: string; readonly bytes: number; readonly modifiedAt: number }, picked?: PickedFile) {
    this.path = facts.path;
    this.size = facts.bytes;
    this.modifiedAt = facts.modifiedAt;
    this.picked = picked;
    slots.set(this.open, this);
  }

  get file(): File | undefined {
    return this.picked?.file;
  }

  get isThere(): boolean {
    return this.picked !== undefined || this.given !== undefined;
  }

  attach(picked: PickedFile): void {
    this.picked = picked;
    for (const resolve of this.waiting.splice(0)) resolve();
  }

  give(source: GivenSource): void {
    this.given = source;
    for (const resolve of this.waiting.splice(0)) resolve();
  }

  /** The file could not be read any more: it has to be chosen again. */
  detach(): void {
    this.picked = undefined;
  }

  item(): FileItem {
    return {
      kind: 'file',
      path: this.path,
      size: this.size,
      mtimeNs: BigInt(this.modifiedAt) * nsPerMs,
      executable: this.given?.executable ?? false,
      open: this.open,
    };
  }
}

/** With a handle the file is looked up again, so that a change on disk shows even where the browser keeps an old snapshot. */
async function openPicked(path: string, { file, handle }: PickedFile): Promise<FileSource> {
  return {
    async read(start, into) {
      const bytes = await readable(path, () => file.slice(start, start + into.length).arrayBuffer());
      into.set(new Uint8Array(bytes));
      return bytes.byteLength;
    },
    async stat() {
      const now = handle ? await readable(path, () => handle.getFile()) : file;
      return { size: now.size, mtimeNs: BigInt(now.lastModified) * nsPerMs };
    },
    close: () => undefined,
  };
}

async function readable<Result>(path: string, read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (cause) {
    throw new Failure('source-vanished', { path }, { cause });
  }
}
