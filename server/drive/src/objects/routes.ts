// Reading sealed objects: by id alone, while a live link lists them (spec/link.md), and at a place that a member of their space was told.
import { createHash } from 'node:crypto';
import type { ChunkStore, Location } from '@reprise/chunks';
import { concatBytes } from '@reprise/kit';
import { Failure, type ObjectId, batchFramesMax, contract, idBytes, splitIds } from '@reprise/protocol';
import { frameHeader } from '@reprise/protocol/formats';
import { bearerOf } from '../bearer.ts';
import type { Service } from '../http.ts';
import { formatPlace, parsePlace } from '../places.ts';
import type { DrivePorts } from '../ports.ts';
import { readRangeHeader } from '../range.ts';
import { type Reply, type Source, apiHeaders, bytesReply } from '../reply.ts';
import { type Stretch, planReads } from './rules.ts';
import { type Found, findListed, findOwned } from './store.ts';

/** How long a place to get a space's objects is good, as long as whoever was told of it stands in the space. */
const readMs = 3_600_000;

export function serveObjects(service: Service, ports: DrivePorts, secret: Uint8Array): void {
  serveListed(service, ports);
  serveOwned(service, ports, secret);
}

function serveListed(service: Service, { database, chunks, uncheckedChunks, clock }: DrivePorts): void {
  service.serve(contract['objects.get'], async ({ params, header }) => {
    const [found] = await findListed(database, [params.id as ObjectId], clock.now());
    return objectReply(chunks, found, header, 'public');
  });

  service.serve(contract['objects.batch'], async ({ body }) => {
    const asked = new Set(splitIds(body, batchFramesMax));
    return bytesReply(frames(uncheckedChunks, asked, await findListed(database, [...asked], clock.now())));
  });
}

function serveOwned(service: Service, { database, chunks, uncheckedChunks, clock }: DrivePorts, secret: Uint8Array): void {
  const placeOf = (token: string) => {
    const place = parsePlace(secret, token, clock.now());
    if (place.kind !== 'space') throw new Failure('place-expired');
    return place;
  };

  service.serve(contract['spaces.gets'], async ({ space, body }) => {
    if (space.ended_at !== null) throw new Failure('not-found');
    const expiresAt = clock.now() + readMs;
    const batchUrl = `/api/v1/places/${formatPlace(secret, { kind: 'space', space: space.space, bearer: bearerOf(space.signer), bytesMax: 0, expiresAt })}/objects`;
    return { urls: (body.ids ?? []).map((id) => `${batchUrl}/${id}`), template: `${batchUrl}/{id}`, batchUrl, expiresAt };
  });

  service.serve(contract['places.get'], async ({ params, header }) => {
    const [found] = await findOwned(database, placeOf(params.place), [params.id as ObjectId]);
    return objectReply(chunks, found, header, 'private');
  });

  service.serve(contract['places.batch'], async ({ params, body }) => {
    const place = placeOf(params.place);
    const asked = new Set(splitIds(body, batchFramesMax));
    return bytesReply(frames(uncheckedChunks, asked, await findOwned(database, place, [...asked])));
  });
}

/** Who may keep the answer: anybody's cache, or the reader's own. */
type CacheScope = 'public' | 'private';

function objectReply(chunks: ChunkStore, found: Found | undefined, header: (name: string) => string | undefined, scope: CacheScope): Reply {
  if (!found) throw new Failure('not-found');
  if (matches(header('if-none-match'), found.id)) return { status: 304, headers: objectHeaders(found, scope), body: null };
  return rangeReply(chunks, found, scope, header('range'), header('if-range'));
}

function objectHeaders({ id }: Found, scope: CacheScope): Reply['headers'] {
  return { ...apiHeaders, 'Cache-Control': `${scope}, max-age=31536000, immutable`, ETag: etag(id), 'Accept-Ranges': 'bytes' };
}

const etag = (id: ObjectId) => `"${id}"`;

function matches(header: string | undefined, id: ObjectId): boolean {
  return header !== undefined && header.split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === etag(id));
}

function rangeReply(chunks: ChunkStore, found: Found, scope: CacheScope, range: string | undefined, ifRange: string | undefined): Reply {
  const { id, length } = found;
  const wanted = readRangeHeader(range, length, ifRange === undefined || ifRange === etag(id));
  if (wanted.kind === 'refused') throw new Failure('range-refused', { bytes: length });
  const { start, endExclusive } = wanted.kind === 'part' ? wanted : { start: 0, endExclusive: length };
  const part = wanted.kind === 'part' ? { 'Content-Range': `bytes ${start}-${endExclusive - 1}/${length}` } : {};
  return {
    status: wanted.kind === 'part' ? 206 : 200,
    headers: {
      ...objectHeaders(found, scope),
      ...part,
      'Content-Type': 'application/octet-stream',
      'Content-Length': endExclusive - start,
    },
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
