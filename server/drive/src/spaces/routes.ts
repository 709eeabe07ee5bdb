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
import { anonymousSpaceKind, capabilities, parseGenesis, roles, spaceKinds } from '@reprise/protocol/formats';
import { bearerOf } from '../bearer.ts';
import { demandRight } from '../device.ts';
import { decodeField } from '../fields.ts';
import { FrameCheck, ObjectCheck } from '../frames.ts';
import type { Service } from '../http.ts';
import { formatPlace, parsePlace, type Place } from '../places.ts';
import type { DrivePorts } from '../ports.ts';
import { RateLimiter } from '../rates.ts';
import { bytesReply } from '../reply.ts';
import { anonymousOpen } from '../secrets.ts';
import { accountAllowance, allowanceOf } from './allowance.ts';
import { kindOfGenesis, openLog, readGenesis } from './open-log.ts';
import { DiskGauge, type StoredFrames, UploadGate, keepFrames, storePack } from './receive.ts';
import { checkQuota } from './rules.ts';
import {
  MostlyKnown,
  absentIds,
  addObjects,
  checkSpaces,
  createSpace,
  endSpace,
  linksOf,
  type OwnedLinkRow,
  renewSpaceLeases,
} from './store.ts';

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
    if (kindOfGenesis(envelope) !== anonymousSpaceKind) return openForAccount(ports, envelope);
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
    const { bytesMax } = await allowanceOf(database.db, space, clock.now(), settings.accountBytesMax);
    return {
      space: space.space,
      createdAt: space.created_at,
      bytes: { stored: space.stored_bytes, max: bytesMax },
      links: links.map(ownedLink),
    };
  });

  service.serve(contract['spaces.delete'], async ({ space }) => {
    demandRight(space, roles.owner, capabilities.account);
    // A home ends with its account.
    if (space.kind === spaceKinds.home) throw new Failure('role-refused');
    await endSpace(database, space.space, clock.now());
    ports.watch.event('space-ended', { space: space.space });
  });

  service.serve(contract['spaces.have'], async ({ space, body }) => {
    if (space.ended_at !== null) throw new Failure('not-found');
    demandRight(space, roles.writer, capabilities.commit);
    return bytesReply(joinIds(await absentIds(database, space.space, splitIds(body, batchFramesMax), clock.now(), settings.leaseMs)));
  });
}

/** A space beside the home of an account that is there. @throws Failure genesis-refused */
async function openForAccount(
  { database, settings, clock }: DrivePorts,
  envelope: Uint8Array,
): Promise<{ space: SpaceId; bytesMax: number }> {
  const opened = await readGenesis(envelope);
  if (opened.state.kind !== spaceKinds.drive) throw new Failure('genesis-refused', { reason: 'a home is opened with its account' });
  return database.transaction(async (queries) => {
    const account = await queries.selectFrom('accounts').select('user_id').where('user_id', '=', opened.userId).executeTakeFirst();
    if (!account) throw new Failure('genesis-refused', { reason: 'nobody has an account with this identity' });
    await checkSpaces(queries, opened.userId, opened.space);
    const { space } = await openLog(queries, opened, clock.now());
    return { space, bytesMax: (await accountAllowance(queries, opened.userId, clock.now(), settings.accountBytesMax)).bytesMax };
  });
}

function servePlaces(service: Service, ports: DrivePorts, secret: Uint8Array): void {
  const { database, settings, clock } = ports;
  const disk = new DiskGauge(ports);
  const gate = new UploadGate(settings.uploadsMax);

  service.serve(contract['spaces.puts'], async ({ space, body }) => {
    if (space.ended_at !== null) throw new Failure('not-found');
    demandRight(space, roles.writer, capabilities.commit);
    const asked = [...body.batches, ...body.objects].reduce((sum, { bytes }) => sum + bytes, 0);
    const { storedBytes, bytesMax } = await allowanceOf(database.db, space, clock.now(), settings.accountBytesMax);
    checkQuota(storedBytes, asked, bytesMax);
    await disk.check(asked);
    const now = clock.now();
    await renewSpaceLeases(database, space.space, now, settings.leaseMs);
    const shared = { space: space.space, bearer: bearerOf(space.signer), expiresAt: now + settings.placeMs };
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
    return gate.admit(() => storeObjects(ports, place, place.packClass, new FrameCheck(), pieces(place.bytesMax)));
  });

  service.receive(contract['objects.put'], async ({ params, pieces, declaredBytes }) => {
    const place = parsePlace(secret, params.place, clock.now());
    if (place.kind !== 'object' || place.id !== params.id) throw new Failure('place-expired');
    await disk.check(declaredBytes ?? place.bytesMax);
    return gate.admit(() => storeObjects(ports, place, 'bulk', new ObjectCheck(place.id), pieces(place.bytesMax)));
  });
}

/**
 * Durable bytes first, then the rows. A pack that no row names is deleted at once only when that is certain; when the outcome of the
 * transaction is not known, it is left to the collector.
 */
async function storeObjects(
  ports: DrivePorts,
  place: Place,
  packClass: 'hot' | 'bulk',
  check: FrameCheck | ObjectCheck,
  pieces: AsyncIterable<Uint8Array>,
): Promise<{ stored: number; bytes: number }> {
  return nameObjects(ports, place, await storePack(ports.chunks, packClass, check, pieces));
}

async function nameObjects(
  ports: DrivePorts,
  place: Place,
  { pack, bytes, frames }: StoredFrames,
): Promise<{ stored: number; bytes: number }> {
  const { database, chunks, clock, settings } = ports;
  try {
    const added = await addObjects(database, place, { pack, packClass: packClassOf(pack), bytes, frames }, clock.now(), settings);
    if (added.objects === 0) await chunks.deletePack(pack);
    return { stored: added.objects, bytes: added.bytes };
  } catch (failure) {
    if (failure instanceof MostlyKnown) {
      const kept = await keepFrames(chunks, pack, failure.fresh);
      await chunks.deletePack(pack);
      return nameObjects(ports, place, kept);
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
