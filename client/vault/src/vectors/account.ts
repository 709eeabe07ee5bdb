// Judges codes, words, slots, what OPAQUE proves, what a device keeps, and the meeting of two devices: vector file account.
import { Failure } from '@reprise/protocol/formats';
import { formatAccountCode, parseAccountCode } from '../account/account-code.ts';
import { decodeDeviceRecord, encodeDeviceRecord } from '../account/device-record.ts';
import { encodeKeyring, type MasterKeys, openKeyring, sealKeyring } from '../account/keyring.ts';
import { opaqueInput } from '../account/opaque.ts';
import {
  commitmentOf,
  demandInvited,
  encodeReveal,
  formatInvitation,
  mailboxOfCode,
  mailboxOfInvitation,
  meetingOf,
  meetingWords,
  openAnswer,
  openReveal,
  openTransfer,
  parseInvitation,
  sealTransfer,
} from '../account/pairing.ts';
import { passphraseOf } from '../account/passphrase.ts';
import {
  openSlot,
  passkeyDoor,
  passkeyInput,
  passkeyKek,
  passkeyLock,
  passwordKek,
  recoveryDoor,
  recoveryKek,
  sealSlot,
  type SlotType,
} from '../account/slots.ts';
import { drawPhrase, formatKit, parseKit } from '../account/words.ts';
import type { Engine } from '../engine.ts';
import { type Case, expectField, fixedRandom, hexField, listField, Mismatch, numberField, textField } from './case.ts';

export async function judgeAccount(engine: Engine, one: Case): Promise<void> {
  switch (textField(one, 'kind')) {
    case 'code':
      return judgeCode(one);
    case 'kit':
      return judgeKit(engine, one);
    case 'password':
      return judgePassword(one);
    case 'slot':
      return judgeSlot(engine, one);
    case 'passkey':
      return judgePasskey(engine, one);
    case 'invitation':
      return judgeInvitation(one);
    case 'meeting':
      return judgeMeeting(one);
    case 'record':
      return judgeDeviceRecord(one);
    case 'keyring':
      return judgeKeyring(engine, one);
    default:
      throw new Mismatch(`${one.name}: no such kind`);
  }
}

/** A refusal of text says which part is wrong. */
function refusing<Result>(one: Case, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (error instanceof Failure && one['facts'] !== undefined) expectField(one, 'facts', error.facts);
    throw error;
  }
}

function judgeCode(one: Case): void {
  const code = refusing(one, () => parseAccountCode(textField(one, 'text')));
  expectField(one, 'locator', code.locator);
  expectField(one, 'secret', code.secret);
  expectField(one, 'printed', formatAccountCode(code));
}

async function judgeKit(engine: Engine, one: Case): Promise<void> {
  const entropy = refusing(one, () => parseKit(textField(one, 'text')));
  expectField(one, 'entropy', entropy);
  expectField(one, 'words', formatKit(entropy).join(' '));
  expectField(one, 'door', await recoveryDoor(engine, entropy));
  expectField(one, 'kek', await recoveryKek(engine, entropy, hexField(one, 'userId')));
}

function judgePassword(one: Case): void {
  if (one['random'] !== undefined) expectField(one, 'password', drawPhrase(fixedRandom(one, 'random')));
  const passphrase = refusing(one, () => passphraseOf(textField(one, 'password'), hexField(one, 'secret')));
  expectField(one, 'proved', opaqueInput(passphrase));
}

async function judgeSlot(engine: Engine, one: Case): Promise<void> {
  const type = textField(one, 'type') as SlotType;
  const place = { userId: hexField(one, 'userId'), slotId: hexField(one, 'slotId'), version: numberField(one, 'version') };
  const kek = hexField(one, 'kek');
  if (one['exportKey'] !== undefined) expectField(one, 'kek', await passwordKek(engine, hexField(one, 'exportKey'), place.userId));
  const content = await openSlot(engine, type, kek, place, hexField(one, 'sealed'));
  expectField(one, 'content', content);
  expectField(one, 'sealed', await sealSlot(engine, type, kek, place, content, fixedRandom(one, 'random')));
}

async function judgePasskey(engine: Engine, one: Case): Promise<void> {
  const output = { prf: hexField(one, 'prf'), credentialId: hexField(one, 'credentialId') };
  expectField(one, 'input', await passkeyInput(engine));
  expectField(one, 'door', await passkeyDoor(engine, output));
  expectField(one, 'kek', await passkeyKek(engine, output));
  expectField(one, 'lock', await passkeyLock(engine, output));
}

function joinerOf(one: Case) {
  return {
    devicePublic: hexField(one, 'devicePublic'),
    kemSeed: hexField(one, 'kemSeed'),
    kemPublic: hexField(one, 'kemPublic'),
    nonce: hexField(one, 'nonce'),
    label: textField(one, 'label'),
  };
}

async function judgeInvitation(one: Case): Promise<void> {
  const invitation = refusing(one, () => parseInvitation(textField(one, 'text')));
  expectField(one, 'mailbox', await mailboxOfInvitation(invitation.bytes));
  const joiner = joinerOf(one);
  await demandInvited(invitation, joiner);
  expectField(one, 'text', await formatInvitation(joiner));
}

async function judgeMeeting(one: Case): Promise<void> {
  const joiner = joinerOf(one);
  expectField(one, 'mailbox', await mailboxOfCode(textField(one, 'typed')));
  const guest = await openReveal(hexField(one, 'reveal'), hexField(one, 'commitment'));
  expectField(one, 'commitment', await commitmentOf(joiner));
  expectField(one, 'reveal', encodeReveal(joiner));
  const host = openAnswer(hexField(one, 'answer'));
  const meeting = meetingOf(guest, host);
  expectField(one, 'words', await meetingWords(meeting));
  const transfer = await openTransfer(joiner, meetingOf(joiner, host), hexField(one, 'transfer'));
  expectField(one, 'opened', transfer);
  expectField(one, 'transfer', await sealTransfer(guest, meeting, transfer, fixedRandom(one, 'random')));
}

function judgeDeviceRecord(one: Case): void {
  const record = decodeDeviceRecord(hexField(one, 'record'));
  expectField(one, 'isSecuring', record.next !== null);
  expectField(one, 'door', record.door?.type ?? null);
  expectField(one, 'record', encodeDeviceRecord(record));
}

async function judgeKeyring(engine: Engine, one: Case): Promise<void> {
  const place = { engine, space: hexField(one, 'space') };
  const masters = listField<string>(one, 'masters').map((master) => ({ amk: hexField({ ...one, master }, 'master') }));
  const [first] = masters as unknown as MasterKeys;
  const ring = await openKeyring(place, first, hexField(one, 'file'));
  expectField(one, 'ring', encodeKeyring(ring));
  for (const master of masters) expectField(one, 'ring', encodeKeyring(await openKeyring(place, master, hexField(one, 'file'))));
  expectField(one, 'file', await sealKeyring(place, masters as unknown as MasterKeys, ring, fixedRandom(one, 'random')));
}
