// Small pictures of the drive: made of what is sent, read for what is in view, and made of what lies in the drive without one when somebody
// looks at it. spec/web.md "Thumbnails", spec/thumbnails.md.
import type { FileItem } from '@reprise/sdk';
import type { DriveEntry, FilePicture } from '@reprise/sdk/drive';
import { thumbnailType } from '@reprise/vault';
import { dropGrant, makeGrant } from '../../engine/grants.ts';
import { mediaTypeOf } from '../../engine/media-types.ts';
import type { DrawingCalls, FrameCalls } from '../../engine/picture-calls.ts';
import { type Call, joinPort } from '../../engine/rpc.ts';
import { contentsOf } from '../engine/contents.ts';
import { callPage } from '../engine/page.ts';
import { pickedFileOf } from '../uploads/picked-slot.ts';
import { driveHandle } from './drive-contents.ts';
import type { OpenDrive } from './open-drive.ts';

/** A file in the drive above this is not fetched only to be made small. */
const fetchedBytesMax = 48 * 2 ** 20;
/** Pictures read in one request, and requests at once. */
const readAtOnce = 24;
const readersMax = 2;
/** What is made of files in the drive is put beside them together. */
const keepAfterMs = 3_000;
const keptAtOnce = 64;
/** A worker that takes longer for one picture is given up for another. */
const drawMsMax = 60_000;

type Wish = {
  readonly open: OpenDrive;
  readonly entry: DriveEntry;
  readonly signal: AbortSignal;
  answer(picture: Blob | null): void;
  fail(error: unknown): void;
};

let on = true;
let framesOf: Call<FrameCalls> | undefined;
let drawing: Promise<Call<DrawingCalls>> | undefined;
/** Newest last: what came into view last is read first. */
const unread: Wish[] = [];
const unmade: Wish[] = [];
let readers = 0;
let isMaking = false;
/** fid and time of files that gave no picture: they are not tried again in this tab. */
const barren = new Set<string>();
let made: { readonly open: OpenDrive; readonly entry: DriveEntry; readonly picture: FilePicture }[] = [];
let keepDue: ReturnType<typeof setTimeout> | undefined;

export function joinPictures(call: Call<FrameCalls>): void {
  framesOf = call;
}

/** A choice of this device: without it none are made; those that are there are shown. */
export function makePictures(wanted: boolean): void {
  on = wanted;
}

/** The picture of a file that is being sent. @returns null for what shows nothing here */
export async function pictureOfSent(item: FileItem): Promise<FilePicture | null> {
  const file = pickedFileOf(item);
  const type = mediaTypeOf(item.path);
  if (!on || !file) return null;
  if (type.startsWith('image/')) return draw(file);
  return type.startsWith('video/') ? drawFilm(file) : null;
}

/** @returns null where the file has no picture and gives none */
export async function thumbnailOf(open: OpenDrive, id: string, signal: AbortSignal): Promise<Blob | null> {
  const entry = open.photos.entry(id) ?? (await open.entry(id));
  if (entry.kind !== 'file' || (!entry.entry.thumb && !mayBeMade(entry))) return null;
  return new Promise<Blob | null>((resolve, reject) => {
    const queue = entry.entry.thumb ? unread : unmade;
    queue.push({ open, entry, signal, answer: resolve, fail: reject });
    // Those that come into view together are asked for together.
    queueMicrotask(entry.entry.thumb ? readMore : makeMore);
  });
}

function readMore(): void {
  while (readers < readersMax && unread.length > 0) {
    const wishes = takeNewest(unread, readAtOnce);
    if (wishes.length === 0) return;
    readers++;
    void read(wishes).finally(() => {
      readers--;
      readMore();
    });
  }
}

/** Whoever scrolled on is not waited for. */
function takeNewest(queue: Wish[], count: number): Wish[] {
  const taken: Wish[] = [];
  while (taken.length < count) {
    const wish = queue.pop();
    if (!wish) break;
    if (wish.signal.aborted) wish.answer(null);
    else taken.push(wish);
  }
  return taken;
}

async function read(wishes: readonly Wish[]): Promise<void> {
  const [first] = wishes;
  if (!first) return;
  const same = wishes.filter(({ open }) => open === first.open);
  for (const other of wishes) if (other.open !== first.open) other.answer(null);
  try {
    const found = await first.open.drive.thumbnails(same.map(({ entry }) => entry));
    for (const [i, wish] of same.entries()) {
      const one = found[i];
      wish.answer(one ? new Blob([one.picture], { type: one.type }) : null);
    }
  } catch (error) {
    for (const wish of same) wish.fail(error);
  }
}

// ------------------------------------------------------------------------------------------ of files that came without one

function mayBeMade(entry: DriveEntry): boolean {
  const type = mediaTypeOf(entry.name);
  const isFilm = type.startsWith('video/');
  const isPicture = /^image\/(jpeg|png|webp|avif|gif|bmp)$/.test(type) && entry.sizeBytes <= fetchedBytesMax;
  const { saveData } = (navigator as Navigator & { readonly connection?: { readonly saveData?: boolean } }).connection ?? {};
  return on && saveData !== true && entry.sizeBytes > 0 && (isFilm || isPicture) && !barren.has(nameOf(entry));
}

function nameOf({ fid, modifiedMs }: DriveEntry): string {
  return `${fid}/${modifiedMs}`;
}

/** One at a time: each is a whole file to fetch. */
function makeMore(): void {
  if (isMaking) return;
  const [wish] = takeNewest(unmade, 1);
  if (!wish) return;
  isMaking = true;
  void make(wish).finally(() => {
    isMaking = false;
    makeMore();
  });
}

async function make({ open, entry, signal, answer, fail }: Wish): Promise<void> {
  try {
    const isFilm = mediaTypeOf(entry.name).startsWith('video/');
    const picture = isFilm ? await drawFilm({ grant: await grantOf(entry) }) : await draw(await fetchWhole(entry, signal));
    if (!picture?.thumbnail) barren.add(nameOf(entry));
    if (picture && (picture.thumbnail || picture.takenS !== null)) keepSoon(open, entry, picture);
    answer(picture?.thumbnail ? blobOf(picture.thumbnail as Uint8Array<ArrayBuffer>) : null);
  } catch (error) {
    fail(error);
  }
}

function blobOf(picture: Uint8Array<ArrayBuffer>): Blob {
  return new Blob([picture], { type: thumbnailType(picture) ?? '' });
}

async function fetchWhole(entry: DriveEntry, signal: AbortSignal): Promise<Blob> {
  const parts: Blob[] = [];
  for await (const { bytes } of contentsOf(driveHandle).content.readFile(entry.entry, { signal }))
    parts.push(new Blob([bytes as Uint8Array<ArrayBuffer>]));
  return new Blob(parts);
}

async function grantOf({ entry, name }: DriveEntry): Promise<string> {
  const { content, source } = contentsOf(driveHandle);
  return makeGrant({ mediaType: mediaTypeOf(name), size: entry.size, source: await source(), extents: await content.extents(entry) });
}

function keepSoon(open: OpenDrive, entry: DriveEntry, picture: FilePicture): void {
  made.push({ open, entry, picture });
  clearTimeout(keepDue);
  keepDue = setTimeout(keep, made.length >= keptAtOnce ? 0 : keepAfterMs);
}

/** A drive that cannot be changed now stays as it is: whoever looks later makes them again. */
function keep(): void {
  const batch = made;
  made = [];
  const [first] = batch;
  if (!first) return;
  const same = batch.filter(({ open }) => open === first.open);
  void first.open.act((drive) => drive.keepPictures(same)).catch(() => undefined);
}

// ------------------------------------------------------------------------------------------------------------------ drawing

async function draw(file: Blob): Promise<FilePicture> {
  return patiently(async () => (await drawer())('draw', { file }), { thumbnail: null, takenS: null });
}

async function drawFilm(from: Blob | { readonly grant: string }): Promise<FilePicture | null> {
  const frame = await framesOf?.('frameOf', { from });
  if ('grant' in from) await dropGrant(from.grant);
  if (!frame) return null;
  const thumbnail = await patiently(async () => (await drawer())('drawFrame', { frame }, { transfer: [frame] }), null);
  return { thumbnail, takenS: null };
}

function drawer(): Promise<Call<DrawingCalls>> {
  drawing ??= callPage('startWorker', { name: 'thumbs' }).then((port) => joinPort<DrawingCalls, Record<never, never>>(port, {}).call);
  return drawing;
}

/** A picture that keeps its worker busy for so long is none, and the next one gets a new worker: the page ends the old one. */
async function patiently<Result>(work: () => Promise<Result>, otherwise: Result): Promise<Result> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const patience = new Promise<Result>((resolve) => {
    timer = setTimeout(() => {
      drawing = undefined;
      resolve(otherwise);
    }, drawMsMax);
  });
  try {
    return await Promise.race([work(), patience]);
  } finally {
    clearTimeout(timer);
  }
}
