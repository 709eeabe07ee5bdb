// Lets a new device into an account from one that is enrolled: by a QR code or a short code, and four words that are compared on both.
// spec/accounts.md "Adding a device".
import { type Bytes, equalBytes, formatHex, sleep } from '@reprise/kit';
import { type DeviceId, deviceIdOf, Failure, formatId, pairingLifeMs, signCertificate, verifyCertificate } from '@reprise/protocol';
import {
  commitmentOf,
  demandInvited,
  drawJoiner,
  drawMeetingCode,
  encodeAnswer,
  encodeReveal,
  formatInvitation,
  type Guest,
  type Invitation,
  type Joiner,
  mailboxOfCode,
  mailboxOfInvitation,
  type Meeting,
  meetingOf,
  meetingWords,
  openAnswer,
  openReveal,
  openTransfer,
  parseInvitation,
  refusal,
  sealTransfer,
  type Transfer,
} from '@reprise/vault/account';
import type { Connection } from '../connect.ts';
import { followHome, type HomeLog, pointOf } from './home-log.ts';
import { type AccountPorts, deviceOf, identityOf, type OpenedAccount } from './opened.ts';
import { demandFree, enrol } from './sign-in.ts';
import { bytesOf } from './password.ts';

/** Which letter is which. */
const steps = { commitment: 0, answer: 1, reveal: 2, transfer: 3 } as const;

const pollMs = 700;
/** Letters and digits of a typed code; a scanned text is far longer. */
const typedMax = 12;

/** What the new device shows, and how it ends. */
export type Joining = {
  /** For a QR code. */
  readonly invitation: string;
  /** To be typed on the enrolled device instead. */
  readonly code: string;
  /** When both are worth nothing any more, by this device's clock. */
  readonly endsAtMs: number;
  /** Resolves when the enrolled device has answered: these four words must be the same on both. */
  readonly words: Promise<readonly string[]>;
  /** The person says so; without it, nothing that comes is taken. */
  readonly confirm: (same: boolean) => void;
  /** @throws Failure pairing-refused, cancelled, network … */
  readonly opened: Promise<OpenedAccount>;
};

/** How a new device asks an enrolled one to let it in. */
export type JoinWish = {
  /** What this device calls itself on the other one, at most 120 bytes. */
  readonly label: string;
  /** Stops waiting. */
  readonly signal: AbortSignal;
};

/** Shows this device to an enrolled one. Ends after ten minutes, with the letters. */
export async function joinByDevice(ports: AccountPorts, { label, signal }: JoinWish): Promise<Joining> {
  await demandFree(ports);
  const { connection, store } = ports;
  const { publicKey } = await store.signingKey();
  const [invited, typed] = [drawJoiner(publicKey, label, connection.random), drawJoiner(publicKey, label, connection.random)];
  const invitation = await formatInvitation(invited);
  const code = drawMeetingCode(connection.random);
  const stop = new AbortController();
  const begun = waitingFrom(ports, AbortSignal.any([signal, stop.signal]));
  // Both ways stand open before either is shown: whoever asks and finds nothing was told something else.
  const ways = [
    await openWay(begun, invited, await mailboxOfInvitation(parseInvitation(invitation).bytes)),
    await openWay(begun, typed, await mailboxOfCode(code)),
  ];
  const words = Promise.withResolvers<readonly string[]>();
  const confirmed = Promise.withResolvers<boolean>();
  // Nobody has to ask for the words.
  words.promise.catch(() => undefined);
  const meet = async (): Promise<OpenedAccount> => {
    const way = await firstAnswered(ways);
    words.resolve(await meetingWords(way.meeting));
    if (!(await orStopped(confirmed.promise, begun.signal))) throw new Failure('pairing-refused', { reason: 'other words' });
    const transfer = await openTransfer(way.joiner, way.meeting, await way.box.wait(steps.transfer));
    return enrolByTransfer(ports, publicKey, transfer, signal);
  };
  const opened = meet().finally(() => {
    stop.abort(new Failure('cancelled'));
    words.reject(new Failure('cancelled'));
  });
  opened.catch(() => undefined);
  return { invitation, code, endsAtMs: begun.endsAt, words: words.promise, confirm: confirmed.resolve, opened };
}

type Way = { readonly joiner: Joiner; readonly box: Mailbox };
type AnsweredWay = Way & { readonly meeting: Meeting };

async function openWay(waiting: Waiting, joiner: Joiner, id: Bytes): Promise<Way> {
  const box = mailbox(waiting, id);
  await box.put(steps.commitment, await commitmentOf(joiner));
  return { joiner, box };
}

/** Whichever way is answered first is the one; the other ends with it. */
async function firstAnswered(ways: readonly Way[]): Promise<AnsweredWay> {
  const answers = ways.map(async (way) => ({ way, answer: await way.box.wait(steps.answer) }));
  for (const answer of answers) answer.catch(() => undefined);
  const { way, answer } = await Promise.race(answers);
  const meeting = meetingOf(way.joiner, openAnswer(answer));
  await way.box.put(steps.reveal, encodeReveal(way.joiner));
  return { ...way, meeting };
}

/** @throws the signal's reason */
async function orStopped<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  signal.throwIfAborted();
  const stopped = Promise.withResolvers<never>();
  const stop = () => stopped.reject(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await Promise.race([work, stopped.promise]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

async function enrolByTransfer(ports: AccountPorts, devicePublic: Bytes, transfer: Transfer, signal: AbortSignal): Promise<OpenedAccount> {
  const { content, certificate, locator, name, ticket } = transfer;
  const identity = await identityOf(content.keys);
  const certified = await verifyCertificate(certificate, identity.publicKey).catch((cause: unknown) => {
    throw new Failure('pairing-refused', { reason: 'no certificate' }, { cause });
  });
  if (!equalBytes(certified.devicePublic, devicePublic)) throw new Failure('pairing-refused', { reason: 'no certificate' });
  return enrol(ports, { locator, name, ticket }, content, { certificate, signal });
}

/** The old device's side: what it learnt of the new one, and the words to compare. */
export type Introduction = {
  readonly words: readonly string[];
  /** What the new device calls itself. */
  readonly label: string;
  /** Certifies the new device and hands over the account's keys, sealed for it alone. @param caps what it may do, bits of `capabilities` */
  readonly admit: (caps: number) => Promise<AdmittedDevice>;
  /** Tells the new device that it is not let in. */
  readonly refuse: () => Promise<void>;
};

/** As the device list names it once it has come in. */
export type AdmittedDevice = { readonly device: DeviceId };

/**
 * @param text what was scanned or typed
 * @throws Failure pairing-refused: no code, no such code (or one whose time is over), another was quicker, another key
 */
export async function introduce(ports: AccountPorts, account: OpenedAccount, text: string, signal: AbortSignal): Promise<Introduction> {
  const { connection } = ports;
  const invitation = text.replace(/[\s-]/g, '').length <= typedMax ? null : parseInvitation(text);
  const box = mailbox(waitingFrom(ports, signal), await (invitation ? mailboxOfInvitation(invitation.bytes) : mailboxOfCode(text)));
  const commitment = await box.get(steps.commitment);
  if (!commitment) throw new Failure('pairing-refused', { reason: 'no such code' });
  const host = { nonce: connection.random(32), userId: account.record.userId };
  await box.put(steps.answer, encodeAnswer(host));
  const guest = await meetGuest(box, commitment, invitation);
  const meeting = meetingOf(guest, host);
  const admit = async (caps: number) => {
    const transfer = await makeTransfer(ports, account, guest, caps, signal);
    await box.put(steps.transfer, await sealTransfer(guest, meeting, transfer, connection.random));
    return { device: formatId<DeviceId>(await deviceIdOf(guest.devicePublic)) };
  };
  return { words: await meetingWords(meeting), label: guest.label, admit, refuse: () => box.put(steps.transfer, refusal) };
}

async function meetGuest(box: Mailbox, commitment: Bytes, invitation: Invitation | null): Promise<Guest> {
  const guest = await openReveal(await box.wait(steps.reveal), commitment);
  if (invitation) await demandInvited(invitation, guest);
  return guest;
}

async function makeTransfer(
  ports: AccountPorts,
  account: OpenedAccount,
  guest: Guest,
  caps: number,
  signal: AbortSignal,
): Promise<Transfer> {
  const { connection, heads } = ports;
  const { session, keys, record } = account;
  const device = deviceOf(account);
  const home: HomeLog = { connection, heads, space: session.homeSpace, start: session.start, asker: { device } };
  const { state } = await followHome(home, signal);
  const { locator, name } = await connection.call('account.get', { params: {}, device, signal });
  const { ticket } = await connection.call('account.ticket', { params: {}, device, signal });
  const made = { devicePublic: guest.devicePublic, createdMs: connection.clock.now(), caps };
  return {
    content: { keys, userId: record.userId, homeSpace: record.homeSpace, checkpoint: pointOf(state) },
    locator,
    name,
    certificate: await signCertificate(await identityOf(keys), made),
    ticket: bytesOf(ticket),
  };
}

type Waiting = { readonly connection: Connection; readonly signal: AbortSignal; readonly endsAt: number };

function waitingFrom({ connection }: AccountPorts, signal: AbortSignal): Waiting {
  return { connection, signal, endsAt: connection.clock.now() + pairingLifeMs };
}

type Mailbox = {
  /** @throws Failure pairing-refused if another letter lies there: somebody was quicker */
  readonly put: (step: number, letter: Bytes) => Promise<void>;
  /** null if it is not there. */
  readonly get: (step: number) => Promise<Bytes | null>;
  /** Asks again until it is there, the signal stops it, or the server has forgotten the meeting. */
  readonly wait: (step: number) => Promise<Bytes>;
};

function mailbox({ connection, signal, endsAt }: Waiting, id: Bytes): Mailbox {
  const pairing = formatHex(id);
  const put = async (step: number, letter: Bytes) => {
    try {
      await connection.call('pairings.put', { params: { pairing, step: String(step) }, body: letter, signal });
    } catch (error) {
      if (!(error instanceof Failure && error.code === 'already-exists')) throw error;
      throw new Failure('pairing-refused', { reason: 'somebody was quicker' }, { cause: error });
    }
  };
  const get = async (step: number) => {
    try {
      return (await connection.call('pairings.get', { params: { pairing, step: String(step) }, signal })) as Bytes;
    } catch (error) {
      if (error instanceof Failure && error.code === 'not-found') return null;
      throw error;
    }
  };
  const wait = async (step: number) => {
    for (;;) {
      const letter = await get(step);
      if (letter) return letter;
      if (connection.clock.now() > endsAt) throw new Failure('pairing-refused', { reason: 'nobody came' });
      await sleep(pollMs, signal);
    }
  };
  return { put, get, wait };
}
