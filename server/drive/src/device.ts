// Proves who sends a request: a device of the space it is about, a device of an account, or the holder of a ticket: spec/requests.md.
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type Database, type Row, insertRows } from '@reprise/database';
import { type Bytes, equalBytes, formatHex, parseBase64url } from '@reprise/kit';
import { type DeviceId, type Endpoint, Failure, type SpaceId, type UserId, clockSkewMsMax, formatId, idBytes } from '@reprise/protocol';
import {
  allCapabilities,
  anonymousSpaceKind,
  checkRequest,
  parseAuthorization,
  type RequestProof,
  roles,
  ticketBytes,
  ticketScheme,
} from '@reprise/protocol/formats';
import { LastHeard } from './accounts/last-heard.ts';
import type { DrivePorts } from './ports.ts';
import { VerifyKeys } from './verify-keys.ts';

/** Who has signed, with what the log of the space lets them do. */
export type SpaceSigner =
  | { readonly kind: 'device'; readonly device: DeviceId; readonly userId: UserId; readonly role: number; readonly caps: number }
  | { readonly kind: 'ticket'; readonly userId: UserId; readonly ticketHash: string };

/** The space that a request is about, and who asks. */
export type SignedSpace = Row<'spaces'> & { readonly signer: SpaceSigner };

/** The account of a device, for requests that are about no space. */
export type SignedAccount = {
  readonly userId: UserId;
  readonly home: SpaceId;
  readonly device: DeviceId;
  readonly caps: number;
};

/** @throws Failure role-refused unless a device asks that has this role and these capabilities in the space */
export function demandRight(space: SignedSpace, role: number, capability: number): void {
  const { signer } = space;
  if (signer.kind !== 'device' || signer.role < role || (signer.caps & capability) !== capability) throw new Failure('role-refused');
}

export class DeviceGate {
  readonly #ports: DrivePorts;
  readonly #keys = new VerifyKeys();
  readonly #heard: LastHeard;

  constructor(ports: DrivePorts) {
    this.#ports = ports;
    this.#heard = new LastHeard(ports.database);
  }

  /**
   * The space of the path, once one of its devices has proved to be the sender. A space of others and no space at all are answered alike.
   * @throws Failure signature-refused, clock-skew, replayed, device-revoked, ticket-refused, not-found
   */
  async admit(definition: Endpoint, incoming: IncomingMessage, space: string, body: Uint8Array): Promise<SignedSpace> {
    const ticket = definition.tickets ? ticketIn(incoming) : undefined;
    if (ticket) return this.#admitTicket(ticket, space as SpaceId);
    const { proof, now } = this.#readProof(incoming);
    const found = await findSpace(this.#ports.database, space as SpaceId, formatId<DeviceId>(proof.deviceId));
    if (!found) throw new Failure('not-found');
    await this.#prove(definition, incoming, body, { proof, now, publicKey: found.publicKey });
    if (found.revokedSeq !== null) throw new Failure('device-revoked', { seq: found.revokedSeq });
    if (found.signer.role < roles.reader) throw new Failure('not-found');
    return { ...found.row, signer: found.signer };
  }

  /** @throws Failure signature-refused, also for a device of no account; clock-skew, replayed, device-revoked */
  async admitAccount(definition: Endpoint, incoming: IncomingMessage, body: Uint8Array): Promise<SignedAccount> {
    const { proof, now } = this.#readProof(incoming);
    const row = await findAccount(this.#ports.database, formatId<DeviceId>(proof.deviceId));
    if (!row) throw new Failure('signature-refused');
    await this.#prove(definition, incoming, body, { proof, now, publicKey: row.public_key });
    if (row.revoked_at !== null) throw new Failure('device-revoked', { seq: row.revoked_seq });
    return { userId: row.user_id, home: row.home_space, device: row.device_id, caps: row.caps };
  }

  /**
   * Whether the header names somebody who may have sent this, looked at before a large body is held in memory. It proves nothing: the signature
   * covers the body.
   * @throws Failure signature-refused, clock-skew, ticket-refused, not-found, in the order of `admit`
   */
  async expect(definition: Endpoint, incoming: IncomingMessage, space: string | undefined): Promise<void> {
    const ticket = definition.tickets ? ticketIn(incoming) : undefined;
    if (ticket) return void (await this.#admitTicket(ticket, space as SpaceId));
    const device = formatId<DeviceId>(this.#readProof(incoming).proof.deviceId);
    const { database } = this.#ports;
    if (space === undefined && !(await findAccount(database, device))) throw new Failure('signature-refused');
    if (space !== undefined && !(await findSpace(database, space as SpaceId, device))) throw new Failure('not-found');
  }

  #readProof(incoming: IncomingMessage): { readonly proof: RequestProof; readonly now: number } {
    const proof = parseAuthorization(incoming.headers.authorization ?? '');
    const now = this.#ports.clock.now();
    if (!isTimely(proof.timeMs, now)) throw new Failure('clock-skew', { serverTime: now });
    return { proof, now };
  }

  async #prove(
    definition: Endpoint,
    incoming: IncomingMessage,
    body: Uint8Array,
    { proof, now, publicKey }: { readonly proof: RequestProof; readonly now: number; readonly publicKey: Bytes },
  ): Promise<void> {
    const { method = '', url = '', headers } = incoming;
    const bodyHash = new Uint8Array(createHash('sha256').update(body).digest());
    const origins = this.#ports.settings.origins(headers.host ?? '');
    const requests = origins.map((origin) => ({ origin, method, path: url, bodyHash }));
    if (!(await checkRequest(proof, requests, await this.#keys.of(publicKey)))) throw new Failure('signature-refused');
    // An idempotent request may come twice; for the others the contract names the refusal.
    if (definition.failures.includes('replayed')) await this.#useOnce(proof, now);
    await this.#heard.note(formatId<DeviceId>(proof.deviceId), now);
  }

  async #useOnce(proof: RequestProof, now: number): Promise<void> {
    const row = { device: formatId<DeviceId>(proof.deviceId), nonce: formatHex(proof.nonce), seen_at: now };
    if ((await insertRows(this.#ports.database.db, 'requests', [row], 'ignore')) === 0) throw new Failure('replayed');
  }

  async #admitTicket(ticket: Uint8Array, space: SpaceId): Promise<SignedSpace> {
    const ticketHash = createHash('sha256').update(ticket).digest('hex');
    const { database, clock } = this.#ports;
    const row = await database.db
      .selectFrom('tickets')
      .innerJoin('accounts', 'accounts.user_id', 'tickets.user_id')
      .innerJoin('spaces', 'spaces.space', 'accounts.home_space')
      .selectAll('spaces')
      .select('tickets.user_id as holder')
      .where('tickets.hash', '=', ticketHash)
      .where('tickets.expires_at', '>', clock.now())
      .where('tickets.used_at', 'is', null)
      .executeTakeFirst();
    if (!row) throw new Failure('ticket-refused');
    if (row.space !== space) throw new Failure('not-found');
    const { holder, ...found } = row;
    return { ...found, signer: { kind: 'ticket', userId: holder, ticketHash } };
  }
}

/** Whether a signature of this time is taken now. A nonce must be remembered for twice the window. */
export function isTimely(timeMs: number, now: number): boolean {
  return Math.abs(now - timeMs) <= clockSkewMsMax;
}

function ticketIn({ headers }: IncomingMessage): Uint8Array | undefined {
  const [scheme, text, ...rest] = (headers.authorization ?? '').split(' ');
  if (scheme !== ticketScheme) return undefined;
  const ticket = parseBase64url(text ?? '');
  if (ticket?.length !== ticketBytes || rest.length > 0) throw new Failure('signature-refused');
  return ticket;
}

type FoundSpace = {
  readonly row: Row<'spaces'>;
  readonly publicKey: Bytes;
  readonly revokedSeq: number | null;
  readonly signer: Extract<SpaceSigner, { kind: 'device' }>;
};

async function findSpace({ db }: Database, space: SpaceId, device: DeviceId): Promise<FoundSpace | undefined> {
  const found = await db
    .selectFrom('spaces')
    .leftJoin('space_devices', (join) => join.onRef('space_devices.space', '=', 'spaces.space').on('space_devices.device', '=', device))
    .leftJoin('space_members', (join) =>
      join.onRef('space_members.space', '=', 'spaces.space').onRef('space_members.user_id', '=', 'space_devices.user_id'),
    )
    .selectAll('spaces')
    .select(['space_devices.user_id as signer', 'space_devices.public_key', 'space_devices.caps', 'space_devices.revoked_seq', 'role'])
    .where('spaces.space', '=', space)
    .executeTakeFirst();
  if (!found) return undefined;
  const { signer, public_key: publicKey, caps, revoked_seq: revokedSeq, role, ...row } = found;
  if (row.kind === anonymousSpaceKind) return foundAnonymous(row, device);
  if (signer === null || publicKey === null || caps === null) return undefined;
  return { row, publicKey, revokedSeq, signer: { kind: 'device', device, userId: signer, role: role ?? roles.removed, caps } };
}

/** An anonymous space has the one device of its genesis, which may do everything. */
function foundAnonymous(row: Row<'spaces'>, device: DeviceId): FoundSpace | undefined {
  if (!equalBytes(idBytes(row.device_id), idBytes(device))) return undefined;
  const userId = row.user_id as UserId;
  return {
    row,
    publicKey: row.device_public,
    revokedSeq: null,
    signer: { kind: 'device', device, userId, role: roles.owner, caps: allCapabilities },
  };
}

async function findAccount({ db }: Database, device: DeviceId) {
  return db
    .selectFrom('account_devices')
    .innerJoin('accounts', 'accounts.user_id', 'account_devices.user_id')
    .select([
      'account_devices.device_id',
      'account_devices.user_id',
      'account_devices.public_key',
      'account_devices.caps',
      'account_devices.revoked_at',
      'account_devices.revoked_seq',
      'accounts.home_space',
    ])
    .where('account_devices.device_id', '=', device)
    .executeTakeFirst();
}
