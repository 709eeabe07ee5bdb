// Reading sealed objects by id alone, while a live link lists them (spec/link.md).
import { createHash } from 'node:crypto';
import type { ChunkStore, Location } from '@reprise/chunks';
import { concatBytes } from '@reprise/kit';
import { Failure, type ObjectId, batchFramesMax, contract, idBytes, splitIds } from '@reprise/protocol';
import { frameHeader } from '@reprise/protocol/formats';
import type { Service } from '../http.ts';
import type { DrivePorts } from '../ports.ts';
import { readRangeHeader } from '../range.ts';
import { type Reply, type Source, apiHeaders, bytesReply } from '../reply.ts';
import { type Stretch, planReads } from './rules.ts';
import { type Found, findListed } from './store.ts';

export function serveObjects(service: Service, { database, chunks, uncheckedChunks, clock }: DrivePorts): void {
  service.serve(contract['objects.get'], async ({ params, header }) => {
    const [found] = await findListed(database, [params.id as ObjectId], clock.now());
    if (!found) throw new Failure('not-found');
    if (matches(header('if-none-match'), found.id)) return { status: 304, headers: objectHeaders(found), body: null };
    return rangeReply(chunks, found, header('range'), header('if-range'));
  });

  service.serve(contract['objects.batch'], async ({ body }) => {
    const asked = new Set(splitIds(body, batchFramesMax));
    const found = await findListed(database, [...asked], clock.now());
    return bytesReply(frames(uncheckedChunks, asked, found));
  });
}

function objectHeaders({ id }: Found): Reply['headers'] {
  return { ...apiHeaders, 'Cache-Control': 'public, max-age=31536000, immutable', ETag: etag(id), 'Accept-Ranges': 'bytes' };
}

const etag = (id: ObjectId) => `"${id}"`;

function matches(header: string | undefined, id: ObjectId): boolean {
  return header !== undefined && header.split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === etag(id));
}

function rangeReply(chunks: ChunkStore, found: Found, range: string | undefined, ifRange: string | undefined): Reply {
  const { id, length } = found;
  const wanted = readRangeHeader(range, length, ifRange === undefined || ifRange === etag(id));
  if (wanted.kind === 'refused') throw new Failure('range-refused', { bytes: length });
  const { start, endExclusive } = wanted.kind === 'part' ? wanted : { start: 0, endExclusive: length };
  const part = wanted.kind === 'part' ? { 'Content-Range': `bytes ${start}-${endExclusive - 1}/${length}` } : {};
  return {
    status: wanted.kind === 'part' ? 206 : 200,
    headers: { ...objectHeaders(found), ...part, 'Content-Type': 'application/octet-stream', 'Content-Length': endExclusive - start },
    body: (write) => chunks.sendRange(id, found, { start, endExclusive }, write),
  };
}

/** Frames in the disk's order, absent ones first; one stretch of the disk is in memory at a time. */
function frames(chunks: ChunkStore, asked: ReadonlySet<ObjectId>, found: readonly Found[]): Source {
  return async (write) => {
    const present = new Set(found.map(({ id }) => id));
    const absent = [...asked].filter((id) => !present.has(id));
    if (absent.length > 0) await write(concatBytes(...absent.map((id) => frameHeader(idBytes(id), 0))));
    for (const stretch of planReads(found)) await write(await stretchFrames(chunks, stretch));
  };
}

/** An object whose bytes are no longer its own goes as absent: the others of the batch are whole. */
async function stretchFrames(chunks: ChunkStore, stretch: Stretch): Promise<Uint8Array> {
  const disk = await readStretch(chunks, stretch);
  const parts: Uint8Array[] = [];
  for (const { id, offset, length } of stretch.objects) {
    const bytes = disk?.subarray(offset - stretch.start, offset - stretch.start + length);
    const whole = bytes && createHash('sha256').update(bytes).digest('hex') === id;
    parts.push(frameHeader(idBytes(id), whole ? length : 0));
    if (whole) parts.push(bytes);
  }
  return concatBytes(...parts);
}

async function readStretch(chunks: ChunkStore, { pack, start, endExclusive, objects }: Stretch): Promise<Uint8Array | undefined> {
  const at: Location = { pack, offset: start, length: endExclusive - start };
  const disk = new Uint8Array(Buffer.allocUnsafeSlow(at.length).buffer);
  let fill = 0;
  try {
    await chunks.sendRange((objects[0] as Found).id, at, { start: 0, endExclusive: at.length }, async (piece) => {
      disk.set(piece, fill);
      fill += piece.length;
    });
    return disk;
  } catch (failure) {
    if (failure instanceof Failure && failure.code === 'chunk-corrupt') return undefined;
    throw failure;
  }
}
