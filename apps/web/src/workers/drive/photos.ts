// Every picture and film of the drive in columns, newest first: what the page of photos draws. spec/web.md "Photos".
import { parseHex } from '@reprise/kit';
import type { DriveEntry } from '@reprise/sdk/drive';
import type { PhotoTable } from '../../app/port.ts';
import { mediaTypeOf } from '../../engine/media-types.ts';
import type { OpenDrive } from './open-drive.ts';

/** Entries whose name says that they show something. */
export function isPhoto(entry: DriveEntry): boolean {
  return entry.kind === 'file' && /^(image\/(?!svg)|video\/)/.test(mediaTypeOf(entry.name));
}

export function photoTable(entries: Iterable<DriveEntry>): PhotoTable {
  const photos = Array.from(entries, (entry) => ({ entry, at: wallTime(entry) })).sort((a, b) => b.at - a.at || compare(a.entry, b.entry));
  const table = {
    length: photos.length,
    ids: new Uint8Array(16 * photos.length),
    nameEnds: new Uint32Array(photos.length),
    takenAt: new Float64Array(photos.length),
    modifiedAt: new Float64Array(photos.length),
    sizes: new Float64Array(photos.length),
  };
  const names: string[] = [];
  let end = 0;
  for (const [i, { entry, at }] of photos.entries()) {
    table.ids.set(parseHex(entry.fid) ?? new Uint8Array(16), 16 * i);
    names.push(entry.name);
    end += entry.name.length;
    table.nameEnds[i] = end;
    table.takenAt[i] = at;
    table.modifiedAt[i] = entry.modifiedMs;
    table.sizes[i] = entry.sizeBytes;
  }
  return { ...table, names: names.join('') };
}

export function buffersOfPhotos(table: PhotoTable): ArrayBuffer[] {
  return [table.ids, table.nameEnds, table.takenAt, table.modifiedAt, table.sizes].map((column) => column.buffer as ArrayBuffer);
}

/** What a clock on the wall showed: the camera's, else this device's when the file was changed. */
function wallTime({ takenMs, modifiedMs }: DriveEntry): number {
  return takenMs ?? modifiedMs - 60_000 * new Date(modifiedMs).getTimezoneOffset();
}

function compare(a: DriveEntry, b: DriveEntry): number {
  return a.path < b.path ? -1 : 1;
}

/** The photos of an open drive, read when somebody looks at them and again when the tree changed. */
export class PhotoFeed {
  readonly #open: OpenDrive;
  #entries: ReadonlyMap<string, DriveEntry> = new Map();
  #followed = false;
  #reading: Promise<void> | undefined;
  #again = false;

  constructor(open: OpenDrive) {
    this.#open = open;
  }

  /** Of the last reading; undefined for what is no photo, or while none were read. */
  entry(id: string): DriveEntry | undefined {
    return this.#entries.get(id);
  }

  /** Tells the page the photos, now and after every change. */
  follow(): void {
    this.#followed = true;
    this.changed();
  }

  unfollow(): void {
    this.#followed = false;
    this.#entries = new Map();
  }

  changed(): void {
    if (!this.#followed) return;
    if (this.#reading) {
      this.#again = true;
      return;
    }
    this.#reading = this.#read()
      .catch(() => undefined)
      .finally(() => {
        this.#reading = undefined;
        if (!this.#again) return;
        this.#again = false;
        this.changed();
      });
  }

  async #read(): Promise<void> {
    const entries = new Map<string, DriveEntry>();
    for await (const entry of this.#open.drive.walk('/')) {
      if (isPhoto(entry)) entries.set(entry.fid, entry);
      if (!this.#followed) return;
    }
    this.#entries = entries;
    const table = photoTable(entries.values());
    await this.#open.tell('photosChanged', table, { transfer: buffersOfPhotos(table) });
  }
}
