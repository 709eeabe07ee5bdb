// Enrols this device in an account that is there: by its password, its recovery kit or a passkey. Each brings a ticket and a slot; the slot
// opens to the account's keys, and with them the device certifies itself in the home log. spec/accounts.md "Signing in".
import { type Bytes, equalBytes } from '@reprise/kit';
import { allCapabilities, Failure, idBytes, type LogState, signCertificate, type SignedCertificate } from '@reprise/protocol';
import {
  decodeDeviceRecord,
  encodeDeviceRecord,
  parseIdentifier,
  parseKit,
  passkeyDoor,
  passkeyKek,
  type PasskeyOutput,
  passwordKek,
  type SlotContent,
} from '@reprise/vault/account';
import { renewSlot, withDoor } from './checkpoint.ts';
import { doorOf, openDoor, type OpenedSlot, openKit, openTicket } from './doors.ts';
import { appendHome, type HomeLog, spaceOf } from './home-log.ts';
import { type AccountPorts, identityOf, isKnown, keepRecord, markEnrolled, type OpenedAccount, openedAccount, withId } from './opened.ts';
import { bytesOf, provePassword, type Ticket } from './password.ts';

/** How an account is opened on a new device. */
export type SignInWish = {
  /** A sign-in name, a locator, or a whole account code. */
  readonly identifier: string;
  readonly password: string;
  /** If the identifier is not the whole code and the password is not a phrase. */
  readonly codeSecret?: Bytes | undefined;
  /** What a passkey of the account gave for `passkeyInput`, where the account demands one besides. */
  readonly passkey?: PasskeyOutput | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called when the slow part begins, and when the server is asked. */
  readonly onStep?: ((step: 'key' | 'account') => void) | undefined;
};

/**
 * @throws Failure login-refused for a wrong password and for an account that does not exist, alike and after the same work;
 *   passkey-needed once the password was proved to an account that demands a passkey as well; login-refused also for a passkey of no use;
 *   bad-code, when the code is needed or mistyped; already-exists if this device has an account and was not revoked; rate-limited, network …
 */
export async function signIn(ports: AccountPorts, wish: SignInWish): Promise<OpenedAccount> {
  await demandRoom(ports, wish.signal);
  const { name, secret } = parseIdentifier(wish.identifier);
  const codeSecret = secret.length > 0 ? secret : (wish.codeSecret ?? secret);
  const { password, passkey, signal, onStep } = wish;
  const proved = await provePassword(ports, { name, password, codeSecret, passkey, signal, onStep });
  const kek = await passwordKek(ports.engine, proved.exportKey, idBytes(proved.ticket.userId));
  const content = await openTicket(ports, 'password', kek, proved.ticket);
  return enrol(ports, ticketed(proved.ticket), content, { door: doorOf('password', kek, proved.ticket), signal });
}

/** @throws Failure bad-kit before anything is asked; login-refused if the kit opens nothing here */
export async function recover(ports: AccountPorts, words: string, signal?: AbortSignal): Promise<OpenedAccount> {
  await demandRoom(ports, signal);
  const { ticket, content, door } = await openKit(ports, parseKit(words), signal);
  return enrol(ports, ticketed(ticket), content, { door, signal });
}

/**
 * @param output what the passkey gave for `passkeyInput`
 * @returns the account, and the id of the slot that the passkey opens
 * @throws Failure login-refused if it is no way into an account here
 */
export async function signInWithPasskey(
  ports: AccountPorts,
  output: PasskeyOutput,
  signal?: AbortSignal,
): Promise<OpenedAccount & { readonly slot: string }> {
  await demandRoom(ports, signal);
  const door = await passkeyDoor(ports.engine, output);
  const ticket = await openDoor(ports, door, signal);
  const kek = await passkeyKek(ports.engine, output);
  const content = await openTicket(ports, 'passkey', kek, ticket);
  const account = await enrol(ports, ticketed(ticket), content, { door: doorOf('passkey', kek, ticket), signal });
  return { ...account, slot: ticket.slot.slot };
}

export async function demandFree({ store }: AccountPorts): Promise<void> {
  if (await store.load()) throw new Failure('already-exists', { reason: 'this device has an account' });
}

/** A device that was revoked may come back: what it has sealed for itself stays. Until it is let in, it keeps what it had. */
async function demandRoom(ports: AccountPorts, signal: AbortSignal | undefined): Promise<void> {
  if ((await ports.store.load()) && !(await isRevoked(ports, signal))) await demandFree(ports);
}

async function isRevoked({ connection, store }: AccountPorts, signal: AbortSignal | undefined): Promise<boolean> {
  try {
    await connection.call('account.get', { params: {}, device: await withId(await store.signingKey()), signal });
    return false;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return error.code === 'device-revoked';
  }
}

/** A revoked device is never certified again, so it comes back as another. Of another account it keeps nothing. */
async function leaveFormer({ store }: AccountPorts, userId: Bytes): Promise<void> {
  const former = await store.load();
  if (!former) return;
  if (equalBytes(decodeDeviceRecord(former).userId, userId)) await store.renewSigningKey();
  else await store.erase();
}

function ticketed({ ticket, locator, name }: Ticket): Ticketed {
  return { ticket: bytesOf(ticket), locator, name };
}

export type Ticketed = { readonly ticket: Bytes; readonly locator: string; readonly name: string | null };

/**
 * Certifies this device in the home log. Killed at any point, it goes on at the next start: `unlock` finds the record.
 * @param given a certificate that another device has signed for this one; else the account's identity signs one for everything
 */
export async function enrol(
  ports: AccountPorts,
  { ticket, locator, name }: Ticketed,
  content: SlotContent,
  given: { readonly certificate?: SignedCertificate; readonly door?: OpenedSlot; readonly signal?: AbortSignal | undefined },
): Promise<OpenedAccount> {
  const { connection, store } = ports;
  const { keys, userId, homeSpace } = content;
  const identity = await identityOf(keys);
  await leaveFormer(ports, userId);
  const key = await store.signingKey();
  const made = { devicePublic: key.publicKey, createdMs: connection.clock.now(), caps: allCapabilities };
  const certificate = given.certificate ?? (await signCertificate(identity, made));
  const { origin } = connection;
  const fields = { origin, name: name ?? locator, locator, userId, identityKey: identity.publicKey, homeSpace, certificate };
  const record = await keepRecord(ports, fields, content);
  const opened = await openedAccount(ports, record, keys, content.checkpoint);
  try {
    const { deviceId } = opened.session;
    const home: HomeLog = { connection, heads: ports.heads, space: spaceOf(homeSpace), start: content.checkpoint, asker: { ticket } };
    const isDone = ({ devices }: LogState) => isInForce(devices.get(deviceId));
    const start = await appendHome(home, key, { type: 'device', certificate }, isDone, given.signal);
    const enrolled = { ...opened, record: await markEnrolled(ports, record), session: { ...opened.session, start } };
    return given.door ? await tryRenewal(ports, enrolled, given.door, { ...content, checkpoint: start }, given.signal) : enrolled;
  } catch (error) {
    // A ticket serves once: it is refused when the answer to its one entry was lost.
    const isSpent = error instanceof Failure && error.code === 'ticket-refused';
    if (isSpent && (await isKnown(ports, opened, given.signal))) return { ...opened, record: await markEnrolled(ports, record) };
    if (error instanceof Failure && isFinal(error)) await store.erase();
    throw error;
  }
}

/** A slot that could not be renewed, because another device did it at the same time say, opens as before. */
async function tryRenewal(
  ports: AccountPorts,
  account: OpenedAccount,
  { version, ...door }: OpenedSlot,
  content: SlotContent,
  signal: AbortSignal | undefined,
): Promise<OpenedAccount> {
  const { seq } = content.checkpoint;
  try {
    await renewSlot(ports, account, door, version, content, signal);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
  }
  const record = await withDoor(ports, account.record, door, seq);
  await ports.store.save(encodeDeviceRecord(record));
  return { ...account, record };
}

function isInForce(device: { readonly revokedAtSeq: number | null } | undefined): boolean {
  return device !== undefined && device.revokedAtSeq === null;
}

/** What a later attempt with the same device would meet again, or what says that the server is not honest. */
function isFinal({ code }: Failure): boolean {
  return !['network', 'stalled', 'cancelled', 'unavailable', 'rate-limited', 'server-error', 'request-timeout'].includes(code);
}
