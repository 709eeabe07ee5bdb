// Two devices meet over a mailbox that nobody trusts: what the new one shows, how the old one knows that it talks to it, and what is handed over.
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

/** The new device's side of one meeting; the seed is used for this one only. */
export type Joiner = {
  readonly devicePublic: Bytes;
  readonly kemSeed: Bytes;
  readonly kemPublic: Bytes;
  readonly nonce: Bytes;
};

/** What the old device knows of the new one. */
export type Guest = { readonly devicePublic: Bytes; readonly kemPublic: Bytes; readonly nonce: Bytes };

export function drawJoiner(devicePublic: Bytes, random: RandomBytes): Joiner {
  const kemSeed = random(kemSeedBytes);
  return { devicePublic, kemSeed, kemPublic: kemPublicOf(kemSeed), nonce: random(32) };
}

/** Who the message is for and which meeting it belongs to; it opens in no other. */
export type Meeting = { readonly transcript: Bytes };

/** What a QR code shows: `[1, device public, H(X-Wing public), nonce]`, in base64url. */
export async function formatInvitation({ devicePublic, kemPublic, nonce }: Guest): Promise<string> {
  return formatBase64url(await encodeInvitation({ devicePublic, kemPublic, nonce }));
}

async function encodeInvitation({ devicePublic, kemPublic, nonce }: Guest): Promise<Bytes> {
  return encodeDcbor([1, devicePublic, await sha256(kemPublic), nonce]);
}

export type Invitation = { readonly bytes: Bytes; readonly devicePublic: Bytes; readonly kemHash: Bytes; readonly nonce: Bytes };

/** @throws Failure pairing-refused unless the text is an invitation */
export function parseInvitation(text: string): Invitation {
  try {
    const bytes = parseBase64url(text.trim());
    if (!bytes) throw new Failure('bad-object', { reason: 'not base64url' });
    const [version, devicePublic, kemHash, nonce] = readTuple(decodeDcbor(bytes), 4);
    readUint(version, 1, 1);
    return { bytes, devicePublic: readBytes(devicePublic, 32), kemHash: readBytes(kemHash, 32), nonce: readBytes(nonce, 32) };
  } catch (cause) {
    throw new Failure('pairing-refused', { reason: 'no invitation' }, { cause });
  }
}

/** The meeting that an invitation begins. */
export function meetingOf(invitation: Bytes): Meeting {
  return { transcript: invitation };
}

export async function meetingByInvitation(guest: Guest): Promise<Meeting> {
  return meetingOf(await encodeInvitation(guest));
}

/** @throws Failure pairing-refused if the key is not the one that was scanned */
export async function guestOf(invitation: Invitation, kemPublic: Bytes): Promise<Guest> {
  if (!equalBytes(await sha256(kemPublic), invitation.kemHash)) throw new Failure('pairing-refused', { reason: 'another key' });
  return { devicePublic: invitation.devicePublic, kemPublic, nonce: invitation.nonce };
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

export function encodeReveal({ devicePublic, kemPublic, nonce }: Guest): Bytes {
  return encodeDcbor([1, devicePublic, kemPublic, nonce]);
}

/** @throws Failure pairing-refused unless it is what was committed to */
export async function openReveal(reveal: Uint8Array, commitment: Bytes): Promise<Guest> {
  try {
    const [version, devicePublic, kemPublic, nonce] = readTuple(decodeDcbor(reveal), 4);
    readUint(version, 1, 1);
    const guest = { devicePublic: readBytes(devicePublic, 32), kemPublic: readBytes(kemPublic, 1_216), nonce: readBytes(nonce, 32) };
    if (equalBytes(await commitmentOf(guest), commitment)) return guest;
  } catch (cause) {
    throw new Failure('pairing-refused', { reason: 'no key' }, { cause });
  }
  throw new Failure('pairing-refused', { reason: 'another key' });
}

/** The meeting of a code, once both have spoken. @param answer the old device's nonce, 32 bytes */
export function meetingByCode(guest: Guest, answer: Bytes): Meeting {
  return { transcript: encodeDcbor([1, encodeReveal(guest), answer]) };
}

/** Four words that both devices show: they differ, but for one chance in 2⁴⁴, if somebody stands between them. */
export async function meetingWords({ transcript }: Meeting): Promise<readonly string[]> {
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

/** @throws Failure pairing-refused */
export async function openTransfer(joiner: Joiner, meeting: Meeting, sealed: Uint8Array): Promise<Transfer> {
  try {
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
  } catch (cause) {
    throw new Failure('pairing-refused', { reason: 'not for this device' }, { cause });
  }
}

async function useOf({ transcript }: Meeting): Promise<HpkeUse> {
  return { label: hpkeLabels.device, context: await sha256(transcript), associated: new Uint8Array(0) };
}
