// Previews: a small image or text whole and checked, media as a grant for the service worker, PDF by ranges for the viewer frame, of an archive
// what its end says is in it.
import type { Entry as VaultEntry } from '@reprise/vault';
import type { EnginePreview } from '../../engine/calls.ts';
import { makeGrant } from '../../engine/grants.ts';
import type { ArchiveEntry } from '../../engine/port.ts';
import { lanesFor } from './archive-lanes.ts';
import { isPlayable, isShownImage, isText, mediaTypeOf } from '../../engine/media-types.ts';
import { EngineError } from '../../engine/rpc.ts';
import { toEngineFailure } from './failures.ts';
import { type Content, contentsOf } from './contents.ts';
import { decodeText } from './decode-text.ts';

const imageBytesMax = 64 * 2 ** 20;
const textBytesMax = 2 * 2 ** 20;
const pdfBytesMax = 512 * 2 ** 20;

export async function makePreview(handle: string, entryId: string): Promise<EnginePreview> {
  const opened = contentsOf(handle);
  const { content } = opened;
  const entry = await opened.entry(entryId);
  const mediaType = mediaTypeOf(entry.name);
  try {
    if (isShownImage(mediaType)) return await previewImage(content, entry, mediaType);
    if (isText(mediaType)) return await previewText(content, entry);
    if (mediaType === 'application/pdf') {
      return entry.size > pdfBytesMax ? { kind: 'none', why: 'too-large', bytesMax: pdfBytesMax } : { kind: 'pdf', bytesTotal: entry.size };
    }
    if (mediaType === 'application/zip') return await previewArchive(content, entry);
    if (!isPlayable(mediaType)) return { kind: 'none', why: 'kind', bytesMax: null };
    const extents = await content.extents(entry);
    const grant = await makeGrant({ mediaType, size: entry.size, source: await opened.source(), extents });
    return { kind: mediaType.startsWith('video/') ? 'video' : 'audio', grant, mediaType };
  } catch (error) {
    const { code } = toEngineFailure(error);
    if (code === 'offline') return { kind: 'none', why: 'offline', bytesMax: null };
    if (code === 'integrity') return { kind: 'none', why: 'corrupt', bytesMax: null };
    throw new EngineError(toEngineFailure(error));
  }
}

/** A picture or a text of an archive; whatever it says of itself, no more than this is unpacked. */
export async function previewMember(handle: string, entryId: string, member: ArchiveEntry): Promise<EnginePreview> {
  const opened = contentsOf(handle);
  const mediaType = mediaTypeOf(member.path);
  const isImage = isShownImage(mediaType);
  if (!isImage && !isText(mediaType)) return { kind: 'none', why: 'kind', bytesMax: null };
  const bytesMax = isImage ? imageBytesMax : textBytesMax;
  if (member.bytes > bytesMax) return { kind: 'none', why: 'too-large', bytesMax };
  const entry = await opened.entry(entryId);
  const { memberBytes } = await import('./archive-member.ts');
  try {
    const parts: Blob[] = [];
    for await (const bytes of memberBytes((from) => piecesFrom(opened.content, entry, from, lanesFor(member)), member))
      parts.push(new Blob([bytes]));
    const blob = new Blob(parts, { type: isImage ? mediaType : '' });
    if (isImage) return { kind: 'image', blob };
    const { text, encoding } = decodeText(new Uint8Array(await blob.arrayBuffer()), true);
    return { kind: 'text', text, encoding, bytesShown: member.bytes, bytesTotal: member.bytes };
  } catch (error) {
    const { code } = toEngineFailure(error);
    const why = code === 'offline' ? 'offline' : code === 'integrity' ? 'corrupt' : code === 'archive-damaged' ? 'damaged' : null;
    if (why) return { kind: 'none', why, bytesMax: null };
    throw new EngineError(toEngineFailure(error));
  }
}

async function* piecesFrom(content: Content, entry: VaultEntry, from: number, lanes: number): AsyncGenerator<Uint8Array, void, void> {
  for await (const { bytes } of content.readFile(entry, { from, lanes })) yield bytes;
}

export async function readPreviewRange(handle: string, entryId: string, start: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
  const { content, entry: find } = contentsOf(handle);
  const entry = await find(entryId);
  try {
    return await content.readRange(entry, start, Math.min(end, entry.size) - start);
  } catch (error) {
    throw new EngineError(toEngineFailure(error));
  }
}

async function previewImage(content: Content, entry: VaultEntry, type: string): Promise<EnginePreview> {
  if (entry.size > imageBytesMax) return { kind: 'none', why: 'too-large', bytesMax: imageBytesMax };
  return { kind: 'image', blob: new Blob(await readWhole(content, entry), { type }) };
}

async function previewText(content: Content, entry: VaultEntry): Promise<EnginePreview> {
  const whole = entry.size <= textBytesMax;
  const bytes = whole
    ? new Uint8Array(await new Blob(await readWhole(content, entry)).arrayBuffer())
    : await content.readRange(entry, 0, textBytesMax);
  const { text, encoding } = decodeText(bytes, whole);
  return { kind: 'text', text, encoding, bytesShown: bytes.length, bytesTotal: entry.size };
}

async function previewArchive(content: Content, entry: VaultEntry): Promise<EnginePreview> {
  const { listArchive } = await import('./archive-list.ts');
  const archive = await listArchive((start, length) => content.readRange(entry, start, length), entry.size);
  return archive ? { kind: 'archive', ...archive } : { kind: 'none', why: 'damaged', bytesMax: null };
}

async function readWhole(content: Content, entry: VaultEntry): Promise<Blob[]> {
  const parts: Blob[] = [];
  // A blob copies: the bytes of a piece are only ours until the next one.
  for await (const { bytes } of content.readFile(entry)) parts.push(new Blob([bytes as Uint8Array<ArrayBuffer>]));
  return parts;
}
