// Lets a new device into an account from one that is enrolled: by a QR code, or by a short code and four words that two people compare.
// spec/accounts.md "Adding a device".
import { type Bytes, equalBytes, formatHex, sleep } from '@reprise/kit';
import { Failure, kemPublicBytes, pairingLifeMs, signCertificate, verifyCertificate } from '@reprise/protocol';
import {
  commitmentOf,
  drawJoiner,
  drawMeetingCode,
  encodeReveal,
  formatInvitation,
  type Guest,
  guestOf,
  type Joiner,
  mailboxOfCode,
  mailboxOfInvitation,
  type Meeting,
  meetingByCode,
  meetingByInvitation,
  meetingOf,
  meetingWords,
  openReveal,
  openTransfer,
  parseInvitation,
  sealTransfer,
  type Transfer,
} from '@reprise/vault/account';
import type { Connection } from '../connect.ts';
import { followHome, type HomeLog, pointOf } from './home-log.ts';
import { type AccountPorts, deviceOf, identityOf, type OpenedAccount } from './opened.ts';
import { demandFree, enrol } from './sign-in.ts';
import { bytesOf } from './sign-up.ts';

/** Which letter is which. A meeting by invitation has the first two, one by code the last four. */
const steps = { invitedKey: 0, invitedTransfer: 1, commitment: 2, answer: 3, reveal: 4, transfer: 5 } as const;

const pollMs = 700;

/** What the new device shows, and how it ends. */
export type Joining = {
  /** For a QR code. */
  readonly invitation: string;
  /** To be typed on the enrolled device instead. */
  readonly code: string;
  /** Resolves when the enrolled device has answered the code: these four words must be the same on both. */
  readonly words: Promise<readonly string[]>;
  /** The person says so; without it, nothing that comes by the code is taken. */
  readonly confirm: (same: boolean) => void;
  /** @throws Failure pairing-refused, cancelled, network … */
  readonly opened: Promise<OpenedAccount>;
};

/** Shows this device to an enrolled one. Ends after ten minutes, with the letters. @param signal stops waiting */
export async function joinByDevice(ports: AccountPorts, signal: AbortSignal): Promise<Joining> {
  await demandFree(ports);
  const { connection, store } = ports;
  const begun = waitingFrom(ports, signal);
  const { publicKey } = await store.signingKey();
  const [invited, typed] = [drawJoiner(publicKey, connection.random), drawJoiner(publicKey, connection.random)];
  const invitation = await formatInvitation(invited);
  const code = drawMeetingCode(connection.random);
  const words = Promise.withResolvers<readonly string[]>();
  const confirmed = Promise.withResolvers<boolean>();
  // Whichever way comes first ends the other; nobody has to ask for the words.
  words.promise.catch(() => undefined);
  const stop = new AbortController();
  const waiting = { ...begun, signal: AbortSignal.any([signal, stop.signal]) };
  const ways = [waitInvited(waiting, invited), waitTyped(waiting, typed, code, { tell: words.resolve, confirmed: confirmed.promise })];
  // What is refused on one way ends both: somebody is at the mailbox who should not be.
  const guarded = ways.map((way) =>
    way.catch((error: unknown) => {
      if (error instanceof Failure && error.code === 'pairing-refused') stop.abort(error);
      throw error;
    }),
  );
  const opened = Promise.any(guarded)
    .catch((error: AggregateError) => {
      throw error.errors.find((one) => one instanceof Failure && one.code !== 'cancelled') ?? error.errors[0];
    })
    .then((transfer) => enrolByTransfer(ports, publicKey, transfer, signal))
    .finally(() => {
      stop.abort(new Failure('cancelled'));
      words.reject(new Failure('cancelled'));
    });
  opened.catch(() => undefined);
  return { invitation, code, words: words.promise, confirm: confirmed.resolve, opened };
}

async function waitInvited(waiting: Waiting, joiner: Joiner): Promise<Transfer> {
  const meeting = await meetingByInvitation(joiner);
  const box = mailbox(waiting, await mailboxOfInvitation(meeting.transcript));
  await box.put(steps.invitedKey, joiner.kemPublic);
  return openTransfer(joiner, meeting, await box.wait(steps.invitedTransfer));
}

type Comparing = { readonly tell: (words: readonly string[]) => void; readonly confirmed: Promise<boolean> };

async function waitTyped(waiting: Waiting, joiner: Joiner, code: string, { tell, confirmed }: Comparing): Promise<Transfer> {
  const box = mailbox(waiting, await mailboxOfCode(code));
  await box.put(steps.commitment, await commitmentOf(joiner));
  const answer = await box.wait(steps.answer);
  await box.put(steps.reveal, encodeReveal(joiner));
  const meeting = meetingByCode(joiner, answer);
  tell(await meetingWords(meeting));
  if (!(await confirmed)) throw new Failure('pairing-refused', { reason: 'other words' });
  return openTransfer(joiner, meeting, await box.wait(steps.transfer));
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

/** The old device's side: what it learnt of the new one, and the words to compare if a code was typed. */
export type Introduction = {
  /** null after a scan: what was scanned cannot be anybody else's. */
  readonly words: readonly string[] | null;
  /** Certifies the new device and hands over the account's keys, sealed for it alone. @param caps what it may do, bits of `capabilities` */
  readonly admit: (caps: number) => Promise<void>;
};

/**
 * @param text what was scanned or typed
 * @throws Failure pairing-refused if it is neither, or the new device is not there
 */
export async function introduce(ports: AccountPorts, account: OpenedAccount, text: string, signal: AbortSignal): Promise<Introduction> {
  const { connection } = ports;
  if (text.replace(/[\s-]/g, '').length <= 12) return introduceTyped(ports, account, text, signal);
  const invitation = parseInvitation(text);
  const box = mailbox(waitingFrom(ports, signal), await mailboxOfInvitation(invitation.bytes));
  const kemPublic = await box.wait(steps.invitedKey);
  if (kemPublic.length !== kemPublicBytes) throw new Failure('pairing-refused', { reason: 'another key' });
  const guest = await guestOf(invitation, kemPublic);
  const admit = async (caps: number) => {
    const transfer = await makeTransfer(ports, account, guest, caps, signal);
    await box.put(steps.invitedTransfer, await sealTransfer(guest, meetingOf(invitation.bytes), transfer, connection.random));
  };
  return { words: null, admit };
}

async function introduceTyped(ports: AccountPorts, account: OpenedAccount, code: string, signal: AbortSignal): Promise<Introduction> {
  const { connection } = ports;
  const box = mailbox(waitingFrom(ports, signal), await mailboxOfCode(code));
  const commitment = await box.wait(steps.commitment);
  const answer = connection.random(32);
  await box.put(steps.answer, answer);
  const guest = await openReveal(await box.wait(steps.reveal), commitment);
  const meeting: Meeting = meetingByCode(guest, answer);
  const admit = async (caps: number) => {
    const transfer = await makeTransfer(ports, account, guest, caps, signal);
    await box.put(steps.transfer, await sealTransfer(guest, meeting, transfer, connection.random));
  };
  return { words: await meetingWords(meeting), admit };
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

type Mailbox = { readonly put: (step: number, letter: Bytes) => Promise<void>; readonly wait: (step: number) => Promise<Bytes> };

/** A letter that is not there yet is asked for again until the signal, or until the server has forgotten the meeting. */
function mailbox({ connection, signal, endsAt }: Waiting, id: Bytes): Mailbox {
  const pairing = formatHex(id);
  return {
    put: async (step, letter) => {
      await connection.call('pairings.put', { params: { pairing, step: String(step) }, body: letter, signal });
    },
    wait: async (step) => {
      for (;;) {
        try {
          return (await connection.call('pairings.get', { params: { pairing, step: String(step) }, signal })) as Bytes;
        } catch (error) {
          if (!(error instanceof Failure && error.code === 'not-found')) throw error;
        }
        if (connection.clock.now() > endsAt) throw new Failure('pairing-refused', { reason: 'nobody came' });
        await sleep(pollMs, signal);
      }
    },
  };
}
