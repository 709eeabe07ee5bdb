// Enrols this device in an account that is there: by its password, its recovery kit or a passkey. Each brings a ticket and a slot; the slot
// opens to the account's keys, and with them the device certifies itself in the home log. spec/accounts.md "Signing in".
import { type Bytes, equalBytes, formatBase64url, formatHex } from '@reprise/kit';
import {
  allCapabilities,
  type AnswerOf,
  type Contract,
  Failure,
  idBytes,
  type LogState,
  reject,
  signCertificate,
  type SignedCertificate,
} from '@reprise/protocol';
import {
  parseIdentifier,
  parseKit,
  passkeyDoor,
  passkeyKek,
  type PasskeyOutput,
  passphraseOf,
  passwordKek,
  recoveryDoor,
  recoveryKek,
  openSlot,
  sealSlot,
  type SlotContent,
  type SlotType,
} from '@reprise/vault/account';
import { appendHome, type HomeLog, spaceOf } from './home-log.ts';
import { type AccountPorts, deviceOf, identityOf, isKnown, keepRecord, markEnrolled, type OpenedAccount, openedAccount } from './opened.ts';
import { bytesOf } from './sign-up.ts';

export type SignInWish = {
  /** A sign-in name, a locator, or a whole account code. */
  readonly identifier: string;
  readonly password: string;
  /** If the identifier is not the whole code and the password is not a phrase. */
  readonly codeSecret?: Bytes | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onStep?: ((step: 'key' | 'account') => void) | undefined;
};

type Ticket = AnswerOf<Contract['logins.finish']>;

/**
 * @throws Failure login-refused for a wrong password and for an account that does not exist, alike and after the same work;
 *   bad-code, when the code is needed or mistyped; already-exists if this device has an account; rate-limited, network …
 */
export async function signIn(ports: AccountPorts, wish: SignInWish): Promise<OpenedAccount> {
  await demandFree(ports);
  const { name, secret } = parseIdentifier(wish.identifier);
  const codeSecret = secret.length > 0 ? secret : (wish.codeSecret ?? secret);
  const proved = await provePassword(ports, { name, password: wish.password, codeSecret, signal: wish.signal, onStep: wish.onStep });
  const kek = await passwordKek(ports.engine, proved.exportKey, idBytes(proved.ticket.userId));
  const content = await openTicket(ports, 'password', kek, proved.ticket);
  return enrol(ports, ticketed(proved.ticket), content, { door: doorOf('password', kek, proved.ticket), signal: wish.signal });
}

/** @throws Failure bad-kit before anything is asked; login-refused if the kit opens nothing here */
export async function recover(ports: AccountPorts, words: string, signal?: AbortSignal): Promise<OpenedAccount> {
  await demandFree(ports);
  const { ticket, content, door } = await openKit(ports, parseKit(words), signal);
  return enrol(ports, ticketed(ticket), content, { door, signal });
}

/** @param output what the passkey gave for `passkeyInput` @throws Failure login-refused if it is no way into an account here */
export async function signInWithPasskey(ports: AccountPorts, output: PasskeyOutput, signal?: AbortSignal): Promise<OpenedAccount> {
  await demandFree(ports);
  const door = await passkeyDoor(ports.engine, output);
  const ticket = await openDoor(ports, door, signal);
  const kek = await passkeyKek(ports.engine, output);
  const content = await openTicket(ports, 'passkey', kek, ticket);
  return enrol(ports, ticketed(ticket), content, { door: doorOf('passkey', kek, ticket), signal });
}

/** Runs the real restore on a kit, and changes nothing. @param entropy `parseKit` of its words */
export async function openKit(
  ports: AccountPorts,
  entropy: Bytes,
  signal?: AbortSignal,
): Promise<{ readonly ticket: Ticket; readonly content: SlotContent; readonly door: OpenedSlot }> {
  const ticket = await openDoor(ports, await recoveryDoor(ports.engine, entropy), signal);
  const kek = await recoveryKek(ports.engine, entropy, idBytes(ticket.userId));
  return { ticket, content: await openTicket(ports, 'recovery', kek, ticket), door: doorOf('recovery', kek, ticket) };
}

export type PasswordProof = {
  readonly name: string;
  readonly password: string;
  readonly codeSecret: Bytes;
  readonly signal?: AbortSignal | undefined;
  readonly onStep?: SignInWish['onStep'];
};

/** Rounds of a proof whose last answer was lost on the way. */
const proofsMax = 3;

/** @throws Failure login-refused, whichever of name and password is wrong */
export async function provePassword(
  { connection, opaque }: AccountPorts,
  { name, password, codeSecret, signal, onStep }: PasswordProof,
): Promise<{ readonly ticket: Ticket; readonly exportKey: Bytes }> {
  for (let round = 1; ; round++) {
    const begun = await opaque.startLogin(passphraseOf(password, codeSecret));
    const body = { name, origin: connection.origin, request: formatBase64url(begun.request) };
    const answer = await connection.call('logins.begin', { params: {}, body, signal });
    onStep?.('key');
    const place = { userId: idBytes(answer.userId), origin: connection.origin };
    const done = await opaque.finishLogin(begun.kept, bytesOf(answer.response), place).catch(wrongPassword);
    onStep?.('account');
    const proof = { proof: formatBase64url(done.proof) };
    try {
      const ticket = await connection.call('logins.finish', { params: { login: answer.login }, body: proof, signal });
      if (ticket.userId !== answer.userId) throw reject();
      return { ticket, exportKey: done.exportKey };
    } catch (error) {
      // The password is right, or the answer would not have opened: a login is judged once, and the first judgement was lost.
      if (!(error instanceof Failure && error.code === 'login-refused') || round >= proofsMax) throw error;
    }
  }
}

function wrongPassword(error: unknown): never {
  throw error instanceof Failure && error.code === 'reject' ? new Failure('login-refused') : error;
}

function openDoor(
  { connection }: AccountPorts,
  { finder, token }: { readonly finder: Bytes; readonly token: Bytes },
  signal: AbortSignal | undefined,
): Promise<Ticket> {
  const body = { finder: formatBase64url(finder), token: formatBase64url(token) };
  return connection.call('doors.open', { params: {}, body, signal });
}

/** @throws Failure reject for a slot of another account or place: the server is then not to be trusted, and learns nothing more */
async function openTicket({ engine }: AccountPorts, type: SlotType, kek: Bytes, ticket: Ticket): Promise<SlotContent> {
  const { slot, version, sealed } = ticket.slot;
  const place = { userId: idBytes(ticket.userId), slotId: idBytes(slot), version };
  const content = await openSlot(engine, type, kek, place, bytesOf(sealed));
  if (!equalBytes(content.homeSpace, idBytes(ticket.homeSpace))) throw reject();
  return content;
}

export async function demandFree({ store }: AccountPorts): Promise<void> {
  if (await store.load()) throw new Failure('already-exists', { reason: 'this device has an account' });
}

function ticketed({ ticket, locator, name }: Ticket): Ticketed {
  return { ticket: bytesOf(ticket), locator, name };
}

/** The slot that let this device in, and the key that opens it. */
type OpenedSlot = { readonly type: SlotType; readonly kek: Bytes; readonly slotId: Bytes; readonly version: number };

function doorOf(type: SlotType, kek: Bytes, { slot: { slot, version } }: Ticket): OpenedSlot {
  return { type, kek, slotId: idBytes(slot), version };
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
    if (given.door) await renewSlot(ports, enrolled, given.door, { ...content, checkpoint: start }, given.signal);
    return enrolled;
  } catch (error) {
    // A ticket serves once: it is refused when the answer to its one entry was lost.
    const isSpent = error instanceof Failure && error.code === 'ticket-refused';
    if (isSpent && (await isKnown(ports, opened, given.signal))) return { ...opened, record: await markEnrolled(ports, record) };
    if (error instanceof Failure && isFinal(error)) await store.erase();
    throw error;
  }
}

/**
 * Seals the slot anew with the entry that this device has just accepted: whoever comes by it next takes no log that ends before. A slot that
 * could not be renewed, because another device did it at the same time say, opens as before.
 */
async function renewSlot(
  { connection, engine }: AccountPorts,
  account: OpenedAccount,
  door: OpenedSlot,
  content: SlotContent,
  signal: AbortSignal | undefined,
): Promise<void> {
  const version = door.version + 1;
  const sealed = await sealSlot(
    engine,
    door.type,
    door.kek,
    { userId: content.userId, slotId: door.slotId, version },
    content,
    connection.random,
  );
  try {
    await connection.call('account.renewSlot', {
      params: { slot: formatHex(door.slotId) },
      device: deviceOf(account),
      body: { version, sealed: formatBase64url(sealed) },
      signal,
    });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
  }
}

function isInForce(device: { readonly revokedAtSeq: number | null } | undefined): boolean {
  return device !== undefined && device.revokedAtSeq === null;
}

/** What a later attempt with the same device would meet again, or what says that the server is not honest. */
function isFinal({ code }: Failure): boolean {
  return !['network', 'stalled', 'cancelled', 'unavailable', 'rate-limited', 'server-error', 'request-timeout'].includes(code);
}
