// Accounts over HTTP: opening one, proving what opens it, what its devices may change, and the letters of two devices that meet.
import { timingSafeEqual } from 'node:crypto';
import type { Database, NewRow } from '@reprise/database';
import { formatBase64url, formatHex } from '@reprise/kit';
import { contract, type DeviceId, Failure, type UserId } from '@reprise/protocol';
import {
  accountEndMs,
  type Device,
  loginLifeMs,
  type Member,
  pairingLifeMs,
  roles,
  slotsMax,
  ticketBytes,
  ticketLifeMs,
} from '@reprise/protocol/formats';
import { decodeField, hashOf } from '../fields.ts';
import type { Service } from '../http.ts';
import type { DrivePorts } from '../ports.ts';
import { RateLimiter } from '../rates.ts';
import { bytesReply } from '../reply.ts';
import { defaultPlan } from '../spaces/plans.ts';
import type { LogAppender } from '../spaces/append.ts';
import { type OpenedLog, readGenesis } from '../spaces/open-log.ts';
import type { Opaque } from './opaque.ts';
import { checkAccountCapability, checkHome, checkName, checkNotApp, checkRekey, checkSlots } from './rules.ts';
import {
  beginEnd,
  beginLogin,
  changePassword,
  createAccount,
  deleteSlot,
  demandPasskey,
  devicesOf,
  findAccount,
  findByName,
  findLetter,
  findPasswordSlot,
  findSlotByFinder,
  keepAccount,
  putLetter,
  putSlots,
  renameAccount,
  type SlotRow,
  renewSlot,
  replaceWays,
  slotsOf,
  takeLogin,
} from './store.ts';
import { demandsPasskey, issueTicket, type TicketGround } from './tickets.ts';

export type AccountTools = { readonly opaque: Opaque; readonly appender: LogAppender };

export function serveAccounts(service: Service, ports: DrivePorts, { opaque, appender }: AccountTools): void {
  const { settings, clock } = ports;
  const doors = new RateLimiter(settings.rates.accounts, clock);
  const guesses = new RateLimiter(settings.rates.logins, clock);
  serveOpening(service, ports, opaque, doors, guesses);
  serveProofs(service, ports, opaque, doors, guesses);
  serveOwner(service, ports);
  serveEnd(service, ports, opaque, doors);
  serveSlots(service, ports);
  serveSecuring(service, ports, appender);
  servePairings(service, ports);
}

/** One guess at a password costs one evaluation, whichever request asks for it: so both count together, for an account from a network. */
function guessKey(userId: string, address: string): string {
  return `${userId} ${address}`;
}

function serveOpening(service: Service, ports: DrivePorts, opaque: Opaque, doors: RateLimiter, guesses: RateLimiter): void {
  const { database, clock } = ports;

  service.serve(contract['accounts.prepare'], async ({ body, address }) => {
    doors.take(address);
    guesses.take(guessKey(body.userId, address));
    return { response: formatBase64url(opaque.register(body.userId as UserId, body.request)) };
  });

  service.serve(contract['accounts.create'], async ({ body, address }) => {
    doors.take(address);
    if (body.name !== null) checkName(body.name);
    if (body.name === body.locator) throw new Failure('bad-request', { field: 'name', reason: 'is the locator' });
    const home = await readHome(decodeField('genesis', body.genesis));
    const { userId, space: homeSpace, state } = home;
    const [member] = state.members.values();
    const [[deviceId, device]] = [...state.devices] as [[DeviceId, Device]];
    const now = clock.now();
    checkSlots([body.password, ...body.slots]);
    await createAccount(database, {
      account: {
        user_id: userId,
        home_space: homeSpace,
        identity_key: (member as Member).identityKey,
        opaque_record: decodeField('record', body.record),
        plan: defaultPlan,
        created_at: now,
      },
      names: [
        { name: body.locator, user_id: userId, kind: 'locator' },
        ...(body.name === null ? [] : [{ name: body.name, user_id: userId, kind: 'chosen' as const }]),
      ],
      slots: [newSlot(userId, { type: 'password', ...body.password }, now), ...body.slots.map((slot) => newSlot(userId, slot, now))],
      device: { device_id: deviceId, user_id: userId, public_key: device.publicKey, caps: device.caps, created_at: now, seen_at: now },
      home,
    });
    ports.watch.event('account-opened', {});
    return { userId, homeSpace };
  });
}

async function readHome(bytes: Uint8Array): Promise<OpenedLog> {
  try {
    const opened = await readGenesis(bytes);
    checkHome(opened.state);
    return opened;
  } catch (cause) {
    if (!(cause instanceof Failure) || cause.code !== 'genesis-refused') throw cause;
    throw new Failure('account-refused', { reason: `genesis: ${String(cause.facts['reason'] ?? '')}` }, { cause });
  }
}

type GivenSlot = {
  readonly type: SlotRow['type'];
  readonly slot: string;
  readonly version: number;
  readonly sealed: string;
  readonly finder?: string;
  readonly tokenHash?: string;
};

function newSlot(userId: UserId, given: GivenSlot, now: number): NewRow<'account_slots'> {
  return {
    user_id: userId,
    slot: given.slot,
    type: given.type,
    version: given.version,
    sealed: decodeField('sealed', given.sealed),
    finder: given.finder === undefined ? null : formatHex(decodeField('finder', given.finder)),
    token_hash: given.tokenHash === undefined ? null : decodeField('tokenHash', given.tokenHash),
    created_at: now,
  };
}

const noHash = new Uint8Array(32);

function serveProofs(service: Service, ports: DrivePorts, opaque: Opaque, doors: RateLimiter, guesses: RateLimiter): void {
  const { database, clock, settings, random } = ports;

  service.serve(contract['logins.begin'], async ({ body, address, header }) => {
    doors.take(address);
    checkName(body.name);
    if (!settings.origins(header('host') ?? '').includes(body.origin))
      throw new Failure('bad-request', { field: 'origin', reason: 'not an address of this server' });
    const account = await findByName(database, body.name);
    const userId = account?.user_id ?? opaque.inventUser(body.name);
    guesses.take(guessKey(userId, address));
    const { response, state } = opaque.begin(userId, account?.opaque_record ?? null, body.request, body.origin);
    const login = random(16);
    const expiresAt = clock.now() + loginLifeMs;
    await beginLogin(database, { login: formatHex(login), user_id: userId, state, expires_at: expiresAt });
    return { login: formatBase64url(login), userId, response: formatBase64url(response), expiresAt };
  });

  service.serve(contract['logins.finish'], async ({ params, body, address }) => {
    doors.take(address);
    const slot = await provePassword(ports, opaque, { login: params.login, proof: body.proof });
    const passkey = body.passkey ? (await provePasskey(database, slot.user_id, body.passkey)).slot : null;
    return giveTicket(ports, slot, { password: slot.slot, passkey });
  });

  service.serve(contract['doors.open'], async ({ body, address }) => {
    doors.take(address);
    const slot = await proveDoor(database, body);
    return giveTicket(ports, slot, { slot: slot.slot });
  });
}

type PasswordProof = { readonly login: string; readonly proof: string };
type DoorProof = { readonly finder: string; readonly token: string };

/** @throws Failure login-refused */
async function provePassword({ database, clock }: DrivePorts, opaque: Opaque, { login, proof }: PasswordProof): Promise<SlotRow> {
  const begun = await takeLogin(database, formatHex(decodeField('login', login)), clock.now());
  if (!begun || !opaque.finish(begun.user_id, begun.state, proof)) throw new Failure('login-refused');
  const slot = await findPasswordSlot(database, begun.user_id);
  if (!slot) throw new Failure('login-refused');
  return slot;
}

/** @throws Failure login-refused */
async function proveDoor(database: Database, { finder, token }: DoorProof): Promise<SlotRow> {
  const tokenHash = hashOf(decodeField('token', token));
  const slot = await findSlotByFinder(database, formatHex(decodeField('finder', finder)));
  const known = timingSafeEqual(tokenHash, slot?.token_hash ?? noHash);
  if (!slot || !known) throw new Failure('login-refused');
  return slot;
}

/** @throws Failure login-refused, for a passkey of another account too */
async function provePasskey(database: Database, userId: UserId, proof: DoorProof): Promise<SlotRow> {
  const slot = await proveDoor(database, proof);
  if (slot.user_id !== userId || slot.type !== 'passkey') throw new Failure('login-refused');
  return slot;
}

async function giveTicket(ports: DrivePorts, slot: SlotRow, ground: TicketGround) {
  const account = await findAccount(ports.database, slot.user_id);
  if (!account) throw new Failure('login-refused');
  return {
    ...(await drawTicket(ports, slot.user_id, ground)),
    userId: account.user_id,
    homeSpace: account.home_space,
    locator: account.locator,
    name: account.name,
    endsAt: account.ends_at,
    slot: { slot: slot.slot, version: slot.version, sealed: formatBase64url(slot.sealed) },
  };
}

async function drawTicket({ database, clock, random }: DrivePorts, userId: UserId, ground: TicketGround) {
  const ticket = random(ticketBytes);
  const now = clock.now();
  const expiresAt = now + ticketLifeMs;
  await issueTicket(database, { hash: formatHex(hashOf(ticket)), user_id: userId, expires_at: expiresAt }, ground, now);
  return { ticket: formatBase64url(ticket), expiresAt };
}

function serveOwner(service: Service, ports: DrivePorts): void {
  const { database } = ports;

  service.serve(contract['account.get'], async ({ account }) => {
    const row = await findAccount(database, account.userId);
    if (!row) throw new Failure('signature-refused');
    return {
      userId: row.user_id,
      homeSpace: row.home_space,
      locator: row.locator,
      name: row.name,
      plan: row.plan,
      createdAt: row.created_at,
      endsAt: row.ends_at,
    };
  });

  service.serve(contract['account.rename'], async ({ account, body }) => {
    checkAccountCapability(account.caps);
    if (body.name !== null) checkName(body.name);
    await renameAccount(database, account.userId, body.name);
  });

  service.serve(contract['account.devices'], async ({ account }) => ({
    devices: (await devicesOf(database, account.userId)).map((row) => ({
      device: row.device_id,
      caps: row.caps,
      createdAt: row.created_at,
      seenAt: row.seen_at,
      revokedAt: row.revoked_at,
    })),
  }));

  service.serve(contract['account.ticket'], async ({ account }) => {
    checkAccountCapability(account.caps);
    return drawTicket(ports, account.userId, { device: account.device });
  });

  service.serve(contract['account.keep'], async ({ account }) => {
    checkAccountCapability(account.caps);
    await keepAccount(database, account.userId);
  });
}

/** A device alone may be a stolen one: it proves a way into its account once more. */
function serveEnd(service: Service, ports: DrivePorts, opaque: Opaque, doors: RateLimiter): void {
  const { database, clock, watch } = ports;

  service.serve(contract['account.delete'], async ({ account, body: { proof }, address }) => {
    checkAccountCapability(account.caps);
    doors.take(address);
    const slot = proof.by === 'password' ? await provePassword(ports, opaque, proof) : await proveDoor(database, proof);
    if (slot.user_id !== account.userId) throw new Failure('login-refused');
    const passkey = proof.by === 'password' && proof.passkey ? (await provePasskey(database, slot.user_id, proof.passkey)).slot : null;
    const way = proof.by === 'password' ? { password: slot.slot, passkey } : { slot: slot.slot };
    const now = clock.now();
    const endsAt = await beginEnd(database, account.userId, { way, endsAt: now + accountEndMs, now });
    watch.event('account-ending', {});
    return { endsAt };
  });
}

function serveSlots(service: Service, ports: DrivePorts): void {
  const { database, clock } = ports;

  service.serve(contract['account.slots'], async ({ account }) => {
    checkNotApp(account.caps);
    return {
      slots: (await slotsOf(database, account.userId)).map((row) => ({
        type: row.type,
        slot: row.slot,
        version: row.version,
        sealed: formatBase64url(row.sealed),
        createdAt: row.created_at,
        usedAt: row.used_at,
      })),
      demandsPasskey: await demandsPasskey(database.db, account.userId),
    };
  });

  service.serve(contract['account.putSlot'], async ({ account, body }) => {
    checkAccountCapability(account.caps);
    await putSlots(database, [newSlot(account.userId, body, clock.now())], slotsMax);
  });

  service.serve(contract['account.renewSlot'], async ({ account, params, body }) => {
    checkAccountCapability(account.caps);
    await renewSlot(database, account.userId, params.slot, { version: body.version, sealed: decodeField('sealed', body.sealed) });
  });

  service.serve(contract['account.deleteSlot'], async ({ account, params }) => {
    checkAccountCapability(account.caps);
    await deleteSlot(database, account.userId, params.slot, clock.now());
  });

  service.serve(contract['account.demandPasskey'], async ({ account, body }) => {
    checkAccountCapability(account.caps);
    if (body.passkey) await provePasskey(database, account.userId, body.passkey);
    await demandPasskey(database, account.userId, body.passkey !== null, clock.now());
  });

  service.serve(contract['account.password'], async ({ account, body }) => {
    checkAccountCapability(account.caps);
    checkSlots([body.password, ...body.slots]);
    const now = clock.now();
    const password = {
      record: decodeField('record', body.record),
      slot: newSlot(account.userId, { type: 'password', ...body.password }, now),
      others: body.slots.map((slot) => newSlot(account.userId, slot, now)),
    };
    await changePassword(database, account.userId, password, slotsMax);
  });
}

/** A new master key: whatever opened the account before ends in the transaction in which the new epoch begins. */
function serveSecuring(service: Service, { clock }: DrivePorts, appender: LogAppender): void {
  service.serve(contract['account.secure'], async ({ account, body }) => {
    checkAccountCapability(account.caps);
    checkSlots([body.password, ...body.slots]);
    const entry = decodeField('entry', body.entry);
    checkRekey(entry);
    const now = clock.now();
    const ways = {
      record: decodeField('record', body.record),
      slots: [
        newSlot(account.userId, { type: 'password', ...body.password }, now),
        ...body.slots.map((slot) => newSlot(account.userId, slot, now)),
      ],
    };
    const { userId, home, device, caps } = account;
    const signer = { kind: 'device', device, userId, role: roles.owner, caps } as const;
    return appender.append({ space: home, signer }, entry, (queries) => replaceWays(queries, userId, ways));
  });
}

function servePairings(service: Service, ports: DrivePorts): void {
  const { database, clock, settings } = ports;
  const letters = new RateLimiter(settings.rates.pairings, clock);

  service.serve(contract['pairings.put'], async ({ params, body, address }) => {
    letters.take(address);
    const message = new Uint8Array(body);
    const row = { pairing: params.pairing, step: Number(params.step), message, expires_at: clock.now() + pairingLifeMs };
    return { expiresAt: await putLetter(database, row) };
  });

  service.serve(contract['pairings.get'], async ({ params, address }) => {
    letters.take(address);
    const message = await findLetter(database, params.pairing, Number(params.step), clock.now());
    if (!message) throw new Failure('not-found');
    return bytesReply(message);
  });
}
