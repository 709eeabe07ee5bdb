// Small pictures beside the files of a drive: made by whoever uploads, or by whoever first looks, and read many at a time. spec/thumbnails.md.
import { type Bytes, equalBytes, formatHex } from '@reprise/kit';
import { Failure } from '@reprise/protocol/formats';
import {
  type Entry,
  isSameContent,
  type NodeReader,
  openThumbnails,
  type Ref,
  sealThumbnail,
  type Thumbnail,
  thumbnailType,
} from '@reprise/vault';
import type { Gate } from '../gate.ts';
import { ObjectBatches } from '../object-batches.ts';
import type { Places } from '../places.ts';
import type { Row } from '../rows.ts';
import type { FileItem } from '../source.ts';
import type { ChangeTools } from './changes.ts';
import { Draft } from './draft.ts';
import type { Drive } from './drive.ts';
import type { Plan } from './drive-space.ts';
import type { DriveEntry } from './entries.ts';
import { type DrivePath, splitPath } from './path.ts';
import { takenOf, withTaken } from './taken.ts';
import type { TreeView } from './tree-view.ts';

/** What a client made out of a file. */
export type FilePicture = {
  /** JPEG or WebP, upright, small; null where the file shows nothing. */
  readonly thumbnail: Uint8Array | null;
  /** What the camera's clock showed, in seconds since 1970 as if it stood at UTC; null where the file does not say. */
  readonly takenS: number | null;
};

/** Makes the small picture of a file. @returns null for a file that is no picture. What it throws is taken for null: a picture ends no upload. */
export type PictureMaker = (item: FileItem) => Promise<FilePicture | null>;

/** The picture of a file as its entry is to name it. */
export type SealedPicture = { readonly thumb: Ref | null; readonly takenS: number | null };

/** Makes the pictures of an upload while it is sent, one at a time in the order of the rows. */
export class PicturesOfUpload {
  readonly #make: PictureMaker;
  readonly #drive: Drive;
  readonly #gate: Gate;
  readonly #batches: ObjectBatches;
  /** By path; `item` is what it was made of. */
  readonly #made = new Map<string, { readonly item: FileItem; readonly picture: SealedPicture }>();
  #begun: Promise<void> | undefined;

  constructor(drive: Drive, make: PictureMaker, places: Places, gate: Gate) {
    this.#drive = drive;
    this.#make = make;
    this.#gate = gate;
    this.#batches = new ObjectBatches(places, 'hot');
  }

  /** @param rows of the upload; what was cancelled or failed meanwhile gets none */
  begin(rows: readonly Row[]): void {
    this.#begun ??= this.#makeAll(rows);
    this.#begun.catch(() => undefined);
  }

  /** Waits for all of them. @returns the pictures by path, durable at the server, and their ids. @throws Failure as the server refuses */
  async finish(rows: readonly Row[]): Promise<{ readonly pictures: ReadonlyMap<string, SealedPicture>; readonly ids: readonly Bytes[] }> {
    // What ended an earlier run of the upload is over: what it left is made now.
    await this.#begun?.catch(() => undefined);
    await this.#makeAll(rows);
    await this.#batches.flush();
    const pictures = new Map([...this.#made].map(([path, { picture }]) => [path, picture]));
    return { pictures, ids: [...pictures.values()].flatMap(({ thumb }) => (thumb ? [thumb.id] : [])) };
  }

  /** The server lost objects it had confirmed: theirs are made again. @param missing hex ids */
  forget(missing: ReadonlySet<string>): void {
    for (const [path, { picture }] of this.#made) if (picture.thumb && missing.has(formatHex(picture.thumb.id))) this.#made.delete(path);
  }

  async #makeAll(rows: readonly Row[]): Promise<void> {
    for (const row of rows) {
      if (row.phase === 'cancelled' || row.phase === 'failed' || this.#made.get(row.item.path)?.item === row.item) continue;
      await this.#gate.pass();
      const { item } = row;
      const picture = await this.#make(item).catch(() => null);
      const sealed = picture && (await sealPicture(this.#drive, picture, this.#batches));
      this.#made.set(item.path, { item, picture: sealed ?? { thumb: null, takenS: null } });
    }
  }
}

async function sealPicture(drive: Drive, { thumbnail, takenS }: FilePicture, batches: ObjectBatches): Promise<SealedPicture> {
  const { engine, random } = drive.parts;
  if (!thumbnail || !thumbnailType(thumbnail)) return { thumb: null, takenS };
  return { thumb: await sealThumbnail(thumbnail, { engine, random, put: (object) => batches.add(object) }), takenS };
}

/** A file, as it was when its picture was made. */
export type KeptPicture = { readonly path: DrivePath; readonly entry: Entry; readonly picture: SealedPicture };

/** Puts pictures beside files that have none. What changed, moved or got one meanwhile is left as it is. */
export async function planPictures(view: TreeView, kept: readonly KeptPicture[], tools: ChangeTools): Promise<Plan | null> {
  const draft = new Draft(view, tools.random, tools.nowMs);
  await draft.lookAhead(kept.map(({ path }) => path));
  let changed = false;
  for (const { path, entry: meant, picture } of kept) {
    const { folder, name } = splitPath(path);
    const parent = await draft.folder(folder).catch(() => null);
    const entry = parent && ((await draft.entryIn(parent, name)) as Entry | null);
    if (!parent || !entry || entry.thumb || !equalBytes(entry.fid, meant.fid) || !isSameContent(entry, meant)) continue;
    if (!picture.thumb && picture.takenS === null) continue;
    draft.put(parent, { ...entry, thumb: picture.thumb, ext: withTaken(entry.ext, picture.takenS ?? takenOf(entry)) });
    if (picture.thumb) draft.adds([picture.thumb.id]);
    changed = true;
  }
  return changed ? draft.plan() : null;
}

/** Seals pictures that were made of files in the drive and sends them. */
export async function sealPictures(
  drive: Drive,
  made: readonly { readonly entry: DriveEntry; readonly picture: FilePicture }[],
  places: Places,
): Promise<KeptPicture[]> {
  const batches = new ObjectBatches(places, 'hot');
  const kept: KeptPicture[] = [];
  for (const { entry, picture } of made)
    kept.push({ path: entry.path.split('/').filter(Boolean), entry: entry.entry, picture: await sealPicture(drive, picture, batches) });
  await batches.flush();
  return kept;
}

/**
 * The pictures that entries name, in their order; null where there is none, where the server lost it, or where it does not open.
 * @throws Failure network …
 */
export async function readThumbnails(entries: readonly Pick<Entry, 'thumb'>[], reader: NodeReader): Promise<(Thumbnail | null)[]> {
  const refs = entries.flatMap(({ thumb }) => thumb ?? []);
  const opened = new Map<Ref, Thumbnail | null>();
  for (const [i, found] of (await openOrOneByOne(refs, reader)).entries()) opened.set(refs[i] as Ref, found);
  return entries.map(({ thumb }) => (thumb && opened.get(thumb)) ?? null);
}

/** One that is lost fails the answer for all: then each is asked for by itself. */
async function openOrOneByOne(refs: readonly Ref[], reader: NodeReader): Promise<(Thumbnail | null)[]> {
  try {
    return await openThumbnails(refs, reader);
  } catch (error) {
    if (!isLost(error)) throw error;
    return Promise.all(refs.map((ref) => openThumbnails([ref], reader).then(([one]) => one ?? null, passLost)));
  }
}

function isLost(error: unknown): boolean {
  return error instanceof Failure && (error.code === 'object-missing' || error.code === 'bad-answer');
}

function passLost(error: unknown): null {
  if (isLost(error)) return null;
  throw error;
}
