// Two devices meet over a mailbox that nobody trusts: what the new one shows, how each knows that it talks to the other, and what is handed over.
// spec/accounts.md "Adding a device".
import { type Bytes, concatBytes, encodeUtf8, equalBytes, formatBase64url, parseBase64url, type RandomBytes } from '@reprise/kit';
import {
  type DcborValue,
  decodeDcbor,
  encodeDcbor,
  Failure,
  hashLabels,
  readBytes,
  readText,
  readTuple,
  readUint,
  sha256,
  type SignedCertificate,
  taggedHash,
} from '@reprise/protocol/formats';
import { type HpkeUse, kemPublicOf, kemSeedBytes, openWith, sealTo } from '../hpke.ts';
import { hpkeLabels } from '../labels.ts';
import { drawLocator, normalizeName } from './account-code.ts';
import { decodeSlotContent, encodeSlotContent, type SlotContent } from './slots.ts';
import { compareWords } from './words.ts';

const encBytes = 1_120;

/** Bytes of what a device calls itself. */
const labelBytesMax = 120;

/** The new device's side of one meeting; the seed is used for this one only. */
export type Joiner = Guest & { readonly kemSeed: Bytes };

/** What the old device learns of the new one. */
export type Guest = {
  readonly devicePublic: Bytes;
  readonly kemPublic: Bytes;
  readonly nonce: Bytes;
  /** What it calls itself: words to show, which prove nothing. */
  readonly label: string;
};

export function drawJoiner(devicePublic: Bytes, label: string, random: RandomBytes): Joiner {
  const kemSeed = random(kemSeedBytes);
  return { devicePublic, kemSeed, kemPublic: kemPublicOf(kemSeed), nonce: random(32), label };
}

/** Who the message is for and which meeting it belongs to; it opens in no other. */
export type Meeting = { readonly transcript: Bytes /** The account that is handed over. */; readonly userId: Bytes };

/** What a QR code shows: `[1, device public, H(X-Wing public), nonce]`, in base64url. */
export async function formatInvitation(guest: Guest): Promise<string> {
  return formatBase64url(await encodeInvitation(guest));
}

async function encodeInvitation({ devicePublic, kemPublic, nonce }: Guest): Promise<Bytes> {
  return encodeDcbor([1, devicePublic, await sha256(kemPublic), nonce]);
}

export type Invitation = { readonly bytes: Bytes; readonly devicePublic: Bytes; readonly kemHash: Bytes; readonly nonce: Bytes };

/** @throws Failure pairing-refused unless the text is an invitation */
export function parseInvitation(text: string): Invitation {
  return readForm('no invitation', () => {
    const bytes = parseBase64url(text.trim());
    if (!bytes) throw new Failure('bad-object', { reason: 'not base64url' });
    const [version, devicePublic, kemHash, nonce] = readTuple(decodeDcbor(bytes), 4);
    readUint(version, 1, 1);
    return { bytes, devicePublic: readBytes(devicePublic, 32), kemHash: readBytes(kemHash, 32), nonce: readBytes(nonce, 32) };
  });
}

/** @throws Failure pairing-refused unless the device that speaks is the one that was scanned */
export async function demandInvited(invitation: Invitation, guest: Guest): Promise<void> {
  if (!equalBytes(await encodeInvitation(guest), invitation.bytes)) throw new Failure('pairing-refused', { reason: 'another key' });
}

/** Eight letters to type where no camera is: it leads to the mailbox, and proves nothing. */
export function drawMeetingCode(random: RandomBytes): string {
  const letters = drawLocator(random);
  return `${letters.slice(0, 4)}-${letters.slice(4)}`.toUpperCase();
}

/** The mailbox of an invitation or of a code as it was typed: 16 bytes. */
export function mailboxOfInvitation(invitation: Bytes): Promise<Bytes> {
  return mailboxOf(invitation);
}

/** @throws Failure pairing-refused unless eight letters were typed */
export function mailboxOfCode(code: string): Promise<Bytes> {
  const letters = normalizeName(code).replace(/[\s-]/g, '').replaceAll('o', '0').replace(/[il]/g, '1');
  if (!/^[0-9a-hjkmnp-tv-z]{8}$/.test(letters)) throw new Failure('pairing-refused', { reason: 'no code' });
  return mailboxOf(encodeUtf8(letters));
}

async function mailboxOf(seen: Uint8Array): Promise<Bytes> {
  return (await taggedHash(hashLabels.pairing, seen)).slice(0, 16);
}

/** What the new device says first: it cannot choose its key after it saw the other one's nonce. */
export async function commitmentOf(guest: Guest): Promise<Bytes> {
  return taggedHash(hashLabels.pairingCommit, encodeReveal(guest));
}

export function encodeReveal({ devicePublic, kemPublic, nonce, label }: Guest): Bytes {
  return encodeDcbor([1, devicePublic, kemPublic, nonce, label]);
}

/** @throws Failure pairing-refused unless it is what was committed to */
export async function openReveal(reveal: Uint8Array, commitment: Bytes): Promise<Guest> {
  const guest = readForm('no key', () => {
    const [version, devicePublic, kemPublic, nonce, label] = readTuple(decodeDcbor(reveal), 5);
    readUint(version, 1, 1);
    const text = readText(label);
    if (encodeUtf8(text).length > labelBytesMax) throw new Failure('bad-object', { reason: 'label' });
    return { devicePublic: readBytes(devicePublic, 32), kemPublic: readBytes(kemPublic, 1_216), nonce: readBytes(nonce, 32), label: text };
  });
  if (!equalBytes(await commitmentOf(guest), commitment)) throw new Failure('pairing-refused', { reason: 'another key' });
  return guest;
}

/** What the old device answers to the commitment, before it knows the key: which account it will hand over, and a nonce. */
export type Host = { readonly nonce: Bytes; readonly userId: Bytes };

export function encodeAnswer({ nonce, userId }: Host): Bytes {
  return encodeDcbor([1, nonce, userId]);
}

/** @throws Failure pairing-refused */
export function openAnswer(answer: Uint8Array): Host {
  return readForm('no answer', () => {
    const [version, nonce, userId] = readTuple(decodeDcbor(answer), 3);
    readUint(version, 1, 1);
    return { nonce: readBytes(nonce, 32), userId: readBytes(userId, 32) };
  });
}

function readForm<Result>(reason: string, read: () => Result): Result {
  try {
    return read();
  } catch (cause) {
    throw new Failure('pairing-refused', { reason }, { cause });
  }
}

/** The meeting, once both have spoken. */
export function meetingOf(guest: Guest, host: Host): Meeting {
  return { transcript: encodeDcbor([1, encodeReveal(guest), encodeAnswer(host)]), userId: host.userId };
}

/** Four words that both devices show: they differ, but for one chance in 2⁴⁴, if somebody stands between them or another account is offered. */
export async function meetingWords({ transcript }: Pick<Meeting, 'transcript'>): Promise<readonly string[]> {
  return compareWords(await taggedHash(hashLabels.pairingWords, transcript));
}

/** What the old device hands over. */
export type Transfer = {
  readonly content: SlotContent;
  readonly locator: string;
  readonly name: string | null;
  /** Of the new device, signed by the account's identity. */
  readonly certificate: SignedCertificate;
  /** Lets the new device append its certificate to the log. */
  readonly ticket: Bytes;
};

export async function sealTransfer(guest: Guest, meeting: Meeting, transfer: Transfer, random: RandomBytes): Promise<Bytes> {
  const { content, locator, name, certificate, ticket } = transfer;
  const message = encodeDcbor([1, encodeSlotContent(content), locator, name, certificate as DcborValue, ticket]);
  const { enc, ciphertext } = await sealTo(guest.kemPublic, await useOf(meeting), message, random);
  return concatBytes(enc, ciphertext);
}

/** The one letter in place of a transfer that says: not let in. */
export const refusal: Bytes = new Uint8Array([0]);

/** @throws Failure pairing-refused, if it is not for this device and meeting, or of another account than was compared */
export async function openTransfer(joiner: Joiner, meeting: Meeting, sealed: Uint8Array): Promise<Transfer> {
  if (equalBytes(sealed, refusal)) throw new Failure('pairing-refused', { reason: 'not let in' });
  const transfer = await readTransfer(joiner, meeting, sealed).catch((cause: unknown) => {
    throw new Failure('pairing-refused', { reason: 'not for this device' }, { cause });
  });
  if (!equalBytes(transfer.content.userId, meeting.userId)) throw new Failure('pairing-refused', { reason: 'another account' });
  return transfer;
}

async function readTransfer(joiner: Joiner, meeting: Meeting, sealed: Uint8Array): Promise<Transfer> {
  const parts = { enc: sealed.slice(0, encBytes) as Bytes, ciphertext: sealed.slice(encBytes) as Bytes };
  const message = await openWith(joiner.kemSeed, await useOf(meeting), parts);
  const [version, content, locator, name, certificate, ticket] = readTuple(decodeDcbor(message), 6);
  readUint(version, 1, 1);
  const [x, signature] = readTuple(certificate, 2);
  return {
    content: await decodeSlotContent(readBytes(content)),
    locator: readText(locator),
    name: name === null ? null : readText(name),
    certificate: [readBytes(x), readBytes(signature, 64)],
    ticket: readBytes(ticket, 32),
  };
}

async function useOf({ transcript }: Meeting): Promise<HpkeUse> {
  return { label: hpkeLabels.device, context: await sha256(transcript), associated: new Uint8Array(0) };
}
