// Open packs, kept for the next reader: opening costs more than reading a small object from the page cache.
import { type FileHandle, open } from 'node:fs/promises';

type Entry = { readonly file: Promise<FileHandle>; readers: number; forgotten: boolean };

export class OpenFiles {
  readonly #openMax: number;
  readonly #pathOf: (name: string) => string;
  /** Least recently used first. */
  readonly #entries = new Map<string, Entry>();

  /** Keeps at most `openMax` files beside those that are being read. */
  constructor(openMax: number, pathOf: (name: string) => string) {
    this.#openMax = openMax;
    this.#pathOf = pathOf;
  }

  /** The file stays open for `work` even if it is deleted meanwhile: who began reading, ends. */
  async use<Result>(name: string, work: (file: FileHandle) => Promise<Result>): Promise<Result> {
    const { file, release } = await this.hold(name);
    try {
      return await work(file);
    } finally {
      release();
    }
  }

  /** As use(), for readers that take their time. */
  async hold(name: string): Promise<{ readonly file: FileHandle; release(): void }> {
    const entry = this.#take(name);
    const release = () => {
      entry.readers--;
      if (entry.forgotten) closeIdle(entry);
      else this.#closeOldest();
    };
    try {
      return { file: await entry.file, release };
    } catch (error) {
      if (this.#entries.get(name) === entry) this.#entries.delete(name);
      throw error;
    }
  }

  /** Closes the file once nobody reads it. */
  forget(name: string): void {
    const entry = this.#entries.get(name);
    if (!entry) return;
    this.#entries.delete(name);
    entry.forgotten = true;
    closeIdle(entry);
  }

  /** Closes all; who still reads is waited for by nobody and keeps its file until done. */
  async close(): Promise<void> {
    const files = [...this.#entries].filter(([, entry]) => entry.readers === 0).map(([, entry]) => entry.file);
    for (const entry of this.#entries.values()) entry.forgotten = true;
    this.#entries.clear();
    await Promise.all(files.map(async (file) => (await file).close()));
  }

  #take(name: string): Entry {
    const known = this.#entries.get(name);
    const entry = known ?? { file: open(this.#pathOf(name), 'r'), readers: 0, forgotten: false };
    if (known) this.#entries.delete(name);
    this.#entries.set(name, entry);
    entry.readers++;
    return entry;
  }

  #closeOldest(): void {
    if (this.#entries.size <= this.#openMax) return;
    for (const [name, entry] of this.#entries) {
      if (this.#entries.size <= this.#openMax) return;
      if (entry.readers === 0) this.forget(name);
    }
  }
}

function closeIdle(entry: Entry): void {
  if (entry.readers > 0) return;
  // A read-only file has nothing to lose when closing it fails.
  entry.file.then((file) => file.close()).catch(() => {});
}
