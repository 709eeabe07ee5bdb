// Links: what the owner publishes, and what visitors who prove the token may read.
import type { RowChange } from '@reprise/database';
import { formatBase64url } from '@reprise/kit';
import {
  type DownloadId,
  Failure,
  type LinkId,
  contract,
  formatId,
  joinIds,
  linkListIdsMax,
  type ObjectId,
  splitIds,
} from '@reprise/protocol';
import { anonymousSpaceKind, capabilities, roles } from '@reprise/protocol/formats';
import { demandRight, type SignedSpace } from '../device.ts';
import { decodeField } from '../fields.ts';
import type { Service } from '../http.ts';
import type { DrivePorts } from '../ports.ts';
import { bytesReply } from '../reply.ts';
import { anonymousOpen } from '../secrets.ts';
import type { DriveSettings } from '../settings.ts';
import { receivedBytesOf } from '../spaces/store.ts';
import { downloadsLeft, expiryOf } from './rules.ts';
import {
  beginDownload,
  countOpened,
  countRunning,
  createLink,
  endLink,
  finishDownload,
  hasPlace,
  listedIds,
  listObjects,
  updateLink,
} from './store.ts';
import { proveLink, visitLink } from './visit.ts';

export function serveLinks(service: Service, ports: DrivePorts): void {
  serveOwner(service, ports);
  serveVisitors(service, ports);
}

function serveOwner(service: Service, ports: DrivePorts): void {
  const { database, settings, clock } = ports;

  service.serve(contract['links.create'], async ({ space, body }) => {
    checkWriter(space);
    const isAnonymous = space.kind === anonymousSpaceKind;
    if (isAnonymous && !(await anonymousOpen(database, settings.anonymousOpen))) throw new Failure('anonymous-closed');
    const now = clock.now();
    if (body.expiresAt !== null && body.expiresAt <= now) throw new Failure('bad-request', { field: 'expiresAt', reason: 'in the past' });
    const row = await createLink(
      database,
      {
        link: body.link as LinkId,
        space: space.space,
        token_hash: decodeField('tokenHash', body.tokenHash),
        gate_hash: body.gateHash === null ? null : decodeField('gateHash', body.gateHash),
        record: decodeField('record', body.record),
        version: body.version,
        growing: body.growing ? 1 : 0,
        note: decodeField('note', body.note),
        created_at: now,
        expires_at: expiryIn(space, body.expiresAt, now, settings),
        downloads_max: body.downloadsMax,
      },
      isAnonymous ? settings.linksPerSpaceMax : settings.linksPerAccountMax,
    );
    return { link: row.link, expiresAt: row.expires_at };
  });

  service.serve(contract['links.update'], async ({ space, params, body }) => {
    checkWriter(space);
    if ((body.record === undefined) !== (body.version === undefined))
      throw new Failure('bad-request', { field: 'version', reason: 'record and version go together' });
    const change: RowChange<'links'> = {
      ...(body.record === undefined ? {} : { record: decodeField('record', body.record) }),
      ...(body.version === undefined ? {} : { version: body.version }),
      ...(body.growing === undefined ? {} : { growing: body.growing ? 1 : 0 }),
      ...(body.gateHash === undefined ? {} : { gate_hash: body.gateHash === null ? null : decodeField('gateHash', body.gateHash) }),
      ...(body.expiresAt === undefined ? {} : { expires_at: expiryIn(space, body.expiresAt, clock.now(), settings) }),
      ...(body.downloadsMax === undefined ? {} : { downloads_max: body.downloadsMax }),
      ...(body.note === undefined ? {} : { note: decodeField('note', body.note) }),
    };
    const row = await updateLink(database, space.space, params.link as LinkId, change, clock.now());
    return { link: row.link, version: row.version, expiresAt: row.expires_at };
  });

  service.serve(contract['links.list'], async ({ space, params, body }) => {
    checkWriter(space);
    return { listedObjects: await listObjects(database, space.space, params.link as LinkId, splitIds(body, linkListIdsMax)) };
  });

  service.serve(contract['links.delete'], async ({ space, params }) => {
    demandRight(space, roles.writer, capabilities.commit);
    await endLink(database, space.space, params.link as LinkId, clock.now());
    ports.watch.event('link-ended', { link: params.link });
  });
}

/** @throws Failure not-found, role-refused */
function checkWriter(space: SignedSpace): void {
  if (space.ended_at !== null) throw new Failure('not-found');
  demandRight(space, roles.writer, capabilities.commit);
}

/** The operator's limits on the life of links are for those that nobody answers for. */
function expiryIn(space: SignedSpace, asked: number | null, now: number, { lifeMsDefault, lifeMsMax }: DriveSettings): number | null {
  return space.kind === anonymousSpaceKind ? expiryOf(asked, now, lifeMsDefault, lifeMsMax) : asked;
}

const getsMs = 3_600_000;

function serveVisitors(service: Service, ports: DrivePorts): void {
  const { database, settings, clock, random } = ports;

  service.serve(contract['links.open'], async ({ params, body }) => {
    const link = await visitLink(ports, params.link as LinkId, body);
    const running = link.downloads_max === null ? 0 : await countRunning(database.db, link.link, clock.now());
    await unlessFull(countOpened(database, link.link));
    return {
      record: formatBase64url(link.record),
      version: link.version,
      growing: link.growing === 1,
      receivedBytes: await receivedBytesOf(database, link.space),
      expiresAt: link.expires_at,
      downloadsLeft: downloadsLeft(link.downloads_max, link.finished, running),
    };
  });

  service.serve(contract['links.gets'], async ({ params, body }) => {
    const link = await visitLink(ports, params.link as LinkId, body);
    const now = clock.now();
    if (body.download !== undefined && !(await hasPlace(database, link.link, body.download as DownloadId, now))) {
      throw new Failure('link-unavailable', { reason: 'used-up' });
    }
    return {
      urls: body.ids.map((id) => `/api/v1/objects/${id}`),
      batchUrl: '/api/v1/objects',
      expiresAt: Math.min(now + getsMs, link.expires_at ?? Number.POSITIVE_INFINITY),
    };
  });

  service.serve(contract['links.ids'], async ({ params, body }) => {
    const { link } = await visitLink(ports, params.link as LinkId, body);
    return bytesReply(joinIds(await listedIds(database, link, (body.after ?? null) as ObjectId | null, linkListIdsMax)));
  });

  service.serve(contract['links.download'], async ({ params, body }) => {
    const link = await visitLink(ports, params.link as LinkId, body);
    const now = clock.now();
    const download = formatId<DownloadId>(random(16));
    const expiresAt = now + settings.downloadMs;
    const begun = beginDownload(database, { link: link.link, download, started_at: now, expires_at: expiresAt });
    // Where a cap is to be kept, a place that cannot be written down is none.
    await (link.downloads_max === null ? unlessFull(begun) : begun);
    return { download, expiresAt };
  });

  service.serve(contract['links.finish'], async ({ params, body }) => {
    const link = await proveLink(ports, params.link as LinkId, body);
    await finishDownload(database, link.link, params.download as DownloadId, clock.now());
  });
}

/** Reading goes on when the disk is full: only the count suffers. */
async function unlessFull(counting: Promise<void>): Promise<void> {
  try {
    await counting;
  } catch (failure) {
    if (!(failure instanceof Failure && failure.code === 'disk-full')) throw failure;
  }
}
