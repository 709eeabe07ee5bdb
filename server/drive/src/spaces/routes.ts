// Opening a space, the owner's view of it, its end, and what a running upload asks.
import { packClassOf } from '@reprise/chunks';
import { formatBase64url, formatHex } from '@reprise/kit';
import {
  type DeviceId,
  Failure,
  type ObjectId,
  type SpaceId,
  batchFramesMax,
  contract,
  formatId,
  joinIds,
  splitIds,
} from '@reprise/protocol';
import { parseGenesis } from '@reprise/protocol/formats';
import { decodeField } from '../fields.ts';
import { FrameCheck, ObjectCheck } from '../frames.ts';
import type { Service } from '../http.ts';
import { formatPlace, parsePlace } from '../places.ts';
import type { DrivePorts } from '../ports.ts';
import { RateLimiter } from '../rates.ts';
import { bytesReply } from '../reply.ts';
import { anonymousOpen } from '../secrets.ts';
import { DiskGauge, type StoredFrames, UploadGate, keepFrames, storePack } from './receive.ts';
import { checkQuota } from './rules.ts';
import { MostlyKnown, absentIds, addObjects, createSpace, endSpace, linksOf, type OwnedLinkRow, renewSpaceLeases } from './store.ts';

export function serveSpaces(service: Service, ports: DrivePorts, secret: Uint8Array): void {
  serveOwner(service, ports);
  servePlaces(service, ports, secret);
}

function serveOwner(service: Service, ports: DrivePorts): void {
  const { database, settings, clock } = ports;
  const opened = new RateLimiter(settings.rates.spaces, clock);

  service.serve(contract['spaces.create'], async ({ body, address }) => {
    opened.take(address);
    const envelope = decodeField('genesis', body.genesis);
    const genesis = await parseGenesis(envelope);
    if (!(await anonymousOpen(database, settings.anonymousOpen))) throw new Failure('anonymous-closed');
    const row = await createSpace(database, {
      space: formatId<SpaceId>(genesis.space),
      kind: genesis.kind,
      user_id: formatHex(genesis.userId),
      device_id: formatId<DeviceId>(genesis.deviceId),
      device_public: genesis.devicePublic,
      genesis: envelope,
      created_at: clock.now(),
      bytes_max: settings.anonymousBytesMax,
    });
    return { space: row.space, bytesMax: row.bytes_max };
  });

  service.serve(contract['spaces.get'], async ({ space }) => {
    if (space.ended_at !== null) throw new Failure('not-found');
    const links = await linksOf(database, space.space, clock.now());
    return {
      space: space.space,
      createdAt: space.created_at,
      bytes: { stored: space.stored_bytes, max: space.bytes_max },
      links: links.map(ownedLink),
    };
  });

  service.serve(contract['spaces.delete'], async ({ space }) => {
    await endSpace(database, space.space, clock.now());
    ports.watch.event('space-ended', { space: space.space });
  });

  service.serve(contract['spaces.have'], async ({ space, body }) => {
    if (space.ended_at !== null) throw new Failure('not-found');
    return bytesReply(joinIds(await absentIds(database, space.space, splitIds(body, batchFramesMax), clock.now(), settings.leaseMs)));
  });
}

function servePlaces(service: Service, ports: DrivePorts, secret: Uint8Array): void {
  const { database, settings, clock } = ports;
  const disk = new DiskGauge(ports);
  const gate = new UploadGate(settings.uploadsMax);

  service.serve(contract['spaces.puts'], async ({ space, body }) => {
    if (space.ended_at !== null) throw new Failure('not-found');
    const asked = [...body.batches, ...body.objects].reduce((sum, { bytes }) => sum + bytes, 0);
    checkQuota(space.stored_bytes, asked, space.bytes_max);
    await disk.check(asked);
    const now = clock.now();
    await renewSpaceLeases(database, space.space, now, settings.leaseMs);
    const shared = { space: space.space, expiresAt: now + settings.placeMs };
    const put = (url: string) => ({ url, headers: { 'Content-Type': 'application/octet-stream' }, expiresAt: shared.expiresAt });
    return {
      puts: [
        ...body.batches.map(({ bytes, class: packClass }) =>
          put(`/api/v1/packs/${formatPlace(secret, { kind: 'batch', ...shared, bytesMax: bytes, packClass })}`),
        ),
        ...body.objects.map(({ id, bytes }) =>
          put(`/api/v1/objects/${id}/${formatPlace(secret, { kind: 'object', ...shared, bytesMax: bytes, id: id as ObjectId })}`),
        ),
      ],
    };
  });

  service.receive(contract['packs.put'], async ({ params, pieces, declaredBytes }) => {
    const place = parsePlace(secret, params.place, clock.now());
    if (place.kind !== 'batch') throw new Failure('place-expired');
    await disk.check(declaredBytes ?? place.bytesMax);
    return gate.admit(() => storeObjects(ports, place.space, place.packClass, new FrameCheck(), pieces(place.bytesMax)));
  });

  service.receive(contract['objects.put'], async ({ params, pieces, declaredBytes }) => {
    const place = parsePlace(secret, params.place, clock.now());
    if (place.kind !== 'object' || place.id !== params.id) throw new Failure('place-expired');
    await disk.check(declaredBytes ?? place.bytesMax);
    return gate.admit(() => storeObjects(ports, place.space, 'bulk', new ObjectCheck(place.id), pieces(place.bytesMax)));
  });
}

/**
 * Durable bytes first, then the rows. A pack that no row names is deleted at once only when that is certain; when the outcome of the
 * transaction is not known, it is left to the collector.
 */
async function storeObjects(
  ports: DrivePorts,
  space: SpaceId,
  packClass: 'hot' | 'bulk',
  check: FrameCheck | ObjectCheck,
  pieces: AsyncIterable<Uint8Array>,
): Promise<{ stored: number; bytes: number }> {
  return nameObjects(ports, space, await storePack(ports.chunks, packClass, check, pieces));
}

async function nameObjects(
  ports: DrivePorts,
  space: SpaceId,
  { pack, bytes, frames }: StoredFrames,
): Promise<{ stored: number; bytes: number }> {
  const { database, chunks, clock, settings } = ports;
  try {
    const added = await addObjects(database, space, { pack, packClass: packClassOf(pack), bytes, frames }, clock.now(), settings.leaseMs);
    if (added.objects === 0) await chunks.deletePack(pack);
    return { stored: added.objects, bytes: added.bytes };
  } catch (failure) {
    if (failure instanceof MostlyKnown) {
      const kept = await keepFrames(chunks, pack, failure.fresh);
      await chunks.deletePack(pack);
      return nameObjects(ports, space, kept);
    }
    if (failure instanceof Failure && (failure.code === 'over-quota' || failure.code === 'place-expired')) await chunks.deletePack(pack);
    throw failure;
  }
}

function ownedLink(row: OwnedLinkRow) {
  return {
    link: row.link,
    version: row.version,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    downloadsMax: row.downloads_max,
    downloads: { finished: row.finished, running: row.running },
    opened: row.opened,
    hasPassword: row.gate_hash !== null,
    listedObjects: row.listed_objects,
    note: formatBase64url(row.note),
    removed:
      row.removed_at === null
        ? null
        : { reference: row.removed_reference ?? '', ground: row.removed_ground ?? '', removedAt: row.removed_at },
  };
}
