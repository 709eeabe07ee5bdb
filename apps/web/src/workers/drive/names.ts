// The names of the whole tree, fed to the search index of the page, and what becomes of them while the drive is open. spec/web.md "Search index".
import { parseHex } from '@reprise/kit';
import type { DriveEntry, Look } from '@reprise/sdk/drive';
import type { NameBatch } from '../../app/port.ts';
import { columnsOf, isShown } from './columns.ts';
import type { OpenDrive } from './open-drive.ts';

const batchEntries = 5_000;
const rootFid = new Uint8Array(16);
type Row = { readonly entry: DriveEntry; readonly parent: Uint8Array };
type Told = Pick<NameBatch, 'begins' | 'removed' | 'share'>;

/** Every name of an open drive once, then what comes, changes and goes. */
export class NameFeed {
  readonly #open: OpenDrive;
  /** What the index knows; null until it knows all of a tree. */
  #look: Look | null = null;
  /** Fids with a link, as the index knows them. */
  #linked: ReadonlySet<string> = new Set();
  #reading: Promise<void> | undefined;
  #again = false;

  constructor(open: OpenDrive) {
    this.#open = open;
  }

  /** From the beginning: somebody has an empty index. */
  begin(): void {
    this.#look = null;
    this.changed();
  }

  changed(): void {
    if (this.#reading) {
      this.#again = true;
      return;
    }
    this.#reading = this.#tell()
      // Without a network some of the tree may not be there to be read: it is tried again when something changes next.
      .catch(() => undefined)
      .finally(() => {
        this.#reading = undefined;
        if (!this.#again) return;
        this.#again = false;
        this.changed();
      });
  }

  async #tell(): Promise<void> {
    if (this.#look) {
      try {
        return await this.#tellNews(this.#look);
      } catch {
        // The tree that was told cannot be read any more: all of the present one is.
        this.#look = null;
      }
    }
    await this.#tellAll();
  }

  async #tellAll(): Promise<void> {
    const { drive } = this.#open;
    const look = await drive.look();
    this.#linked = new Set(this.#open.linksByFid().keys());
    const folders = new Map<string, Uint8Array>([['', rootFid]]);
    const total = await sizeHint(this.#open);
    let rows: Row[] = [];
    let told = 0;
    const flush = (share: number) => {
      this.#send(rows, { begins: told === 0, removed: [], share });
      told += rows.length;
      rows = [];
    };
    for await (const entry of drive.walk('/')) {
      if (!isShown(entry)) continue;
      const parent = folders.get(entry.path.slice(0, entry.path.lastIndexOf('/'))) ?? rootFid;
      if (entry.kind === 'folder') folders.set(entry.path, fidOf(entry.fid));
      rows.push({ entry, parent });
      if (rows.length === batchEntries) flush(total > 0 ? Math.min(0.99, (told + batchEntries) / total) : 0);
    }
    flush(1);
    this.#look = look;
  }

  async #tellNews(before: Look): Promise<void> {
    const { look, put, removed } = await this.#open.drive.newsSince(before);
    const linked = new Set(this.#open.linksByFid().keys());
    const rows = new Map<string, Row>();
    for (const { entry, parent } of put) if (isShown(entry)) rows.set(entry.fid, { entry, parent: fidOf(parent) });
    for (const fid of linked.symmetricDifference(this.#linked)) {
      const row = rows.has(fid) ? null : await this.#rowOf(fid);
      if (row) rows.set(fid, row);
    }
    this.#linked = linked;
    this.#look = look;
    if (rows.size + removed.length > 0) this.#send([...rows.values()], { begins: false, removed, share: 1 });
  }

  /** null where it stands nowhere. */
  async #rowOf(fid: string): Promise<Row | null> {
    const { places } = this.#open;
    return Promise.all([this.#open.entry(fid), places.parentOf(fid)]).then(
      ([entry, parent]) => ({ entry, parent: parseHex(parent) ?? rootFid }),
      () => null,
    );
  }

  #send(rows: readonly Row[], told: Told): void {
    const parents = new Uint8Array(16 * rows.length);
    for (const [i, { parent }] of rows.entries()) parents.set(parent, 16 * i);
    const table = columnsOf(
      rows.map(({ entry }) => entry),
      this.#open.linksByFid(),
    );
    void this.#open.tell('namesChanged', { ...told, table, parents });
  }
}

function fidOf(hex: string): Uint8Array {
  return parseHex(hex) ?? rootFid;
}

/** Entries of the root at least; the tree does not say how many lie below. */
async function sizeHint(open: OpenDrive): Promise<number> {
  return (await open.entriesOf('root')).length;
}
