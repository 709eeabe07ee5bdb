// The file account: codes, words, passwords, slots, two devices that meet, and what a device keeps.
import { hkdfSync } from 'node:crypto';
import { type DcborValue, decodeDcbor, encodeDcbor, importSigningKey, sha256, userIdOf } from '@reprise/protocol/formats';
import type { Engine } from '@reprise/vault';
import * as vault from '@reprise/vault/account';
import { ascii, bytes, fixed, hex, padMessage, sealB, type VectorCase, type VectorFile } from './reference.ts';

type Bytes = Uint8Array<ArrayBuffer>;

const bytesOf = (name: string, length = 32): Bytes => fixed(name, length) as Bytes;

export async function makeAccount(engine: Engine): Promise<VectorFile> {
  return {
    about: 'Account codes, words, what OPAQUE proves, slots, two devices that meet, the record that a device keeps, and keyrings, with fixed secrets.',
    spec: 'accounts.md',
    cases: [
      ...codes(),
      ...(await kits(engine)),
      ...passwords(),
      ...(await slots(engine)),
      await passkey(engine),
      ...(await invitations()),
      ...(await meetings()),
      ...deviceRecords(),
      ...keyrings(),
    ],
  };
}

function refusedText(kind: string, name: string, code: string, step: string, text: string, facts: object): VectorCase {
  return { name, verdict: 'refused', kind, code, step, text, facts };
}

function codes(): VectorCase[] {
  const accept = (name: string, locator: string, secret: Bytes, text: (printed: string) => string): VectorCase => {
    const printed = vault.formatAccountCode({ locator, secret });
    return { name, verdict: 'accepted', kind: 'code', text: text(printed), locator, secret: hex(secret), printed };
  };
  const secret = bytesOf('code secret', 16);
  const printed = vault.formatAccountCode({ locator: '7k2m9qxt', secret });
  const swap = (at: number): string => {
    const letters = printed.replaceAll('-', '');
    return letters.slice(0, at) + letters[at + 1] + letters[at] + letters.slice(at + 2);
  };
  const letterAt = (at: number): string => {
    const letters = printed.replaceAll('-', '');
    return letters.slice(0, at) + (letters[at] === 'Z' ? 'Y' : 'Z') + letters.slice(at + 1);
  };
  const refuse = (name: string, step: string, text: string, facts: object) => refusedText('code', name, 'bad-code', step, text, facts);
  return [
    accept('a code as printed', '7k2m9qxt', secret, (text) => text),
    accept('a code as typed', '0110aaaa', bytesOf('code secret 2', 16), (text) => ` ${text.toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o').replaceAll('1', 'l')}`),
    accept('a locator alone', '7k2m9qxt', new Uint8Array(0), (text) => text),
    accept('a secret of zeros', '00000000', new Uint8Array(16), (text) => text),
    accept('a secret of ones', 'zzzzzzzz', new Uint8Array(16).fill(255), (text) => text),
    refuse('a wrong letter in the first group of the secret', 'check', letterAt(9), { part: 'secret', group: 3, reason: 'check' }),
    refuse('a wrong letter in the last group', 'check', letterAt(33), { part: 'secret', group: 9, reason: 'check' }),
    refuse('a wrong check letter', 'check', letterAt(35), { part: 'secret', group: 9, reason: 'check' }),
    refuse('two letters swapped', 'check', swap(20), { part: 'secret', reason: 'check' }),
    refuse('a letter that is none', 'letter', printed.replace(/^./, 'U'), { part: 'locator', group: 1, reason: 'letter' }),
    refuse('a short locator', 'length', '7K2M-9QX', { part: 'locator', reason: 'length', count: 7 }),
    refuse('a letter missing', 'length', printed.slice(0, -1), { part: 'secret', reason: 'length', count: 27 }),
    refuse('a letter too many', 'length', `${printed}0`, { part: 'secret', reason: 'length', count: 29 }),
  ];
}

async function kits(engine: Engine): Promise<VectorCase[]> {
  const userId = bytesOf('kit user');
  const accept = async (name: string, entropy: Bytes, text: (words: string) => string): Promise<VectorCase> => {
    const words = vault.formatKit(entropy).join(' ');
    const door = await vault.recoveryDoor(engine, entropy);
    return {
      name,
      verdict: 'accepted',
      kind: 'kit',
      text: text(words),
      words,
      entropy: hex(entropy),
      userId: hex(userId),
      door: { finder: hex(door.finder), token: hex(door.token) },
      kek: hex(await vault.recoveryKek(engine, entropy, userId)),
    };
  };
  const words = vault.formatKit(bytesOf('kit entropy'));
  const changed = (at: number, word: string): string => words.map((kept, i) => (i === at ? word : kept)).join(' ');
  const refuse = (name: string, step: string, text: string, facts: object) => refusedText('kit', name, 'bad-kit', step, text, facts);
  return [
    await accept('a kit', bytesOf('kit entropy'), (text) => text),
    await accept('a kit as written down', bytesOf('kit entropy 2'), (text) => text.split(' ').map((word, i) => `${i + 1}. ${word.toUpperCase()}`).join('\n')),
    await accept('a kit of zeros', new Uint8Array(32), (text) => text),
    refuse('a word that is not in the list', 'word', changed(11, 'reprise'), { reason: 'word', index: 11 }),
    refuse('a word too few', 'count', words.slice(1).join(' '), { reason: 'count', count: 23 }),
    refuse('a word too many', 'count', `${words.join(' ')} zoo`, { reason: 'count', count: 25 }),
    refuse('a wrong checksum', 'checksum', changed(0, words[0] === 'abandon' ? 'ability' : 'abandon'), { reason: 'checksum' }),
  ];
}

function passwords(): VectorCase[] {
  const secret = bytesOf('code secret', 16);
  const random = bytesOf('phrase', 14);
  const phrase = vault.drawPhrase(() => random);
  const accept = (name: string, password: string, secretHex: string, more: object = {}): VectorCase => ({
    name,
    verdict: 'accepted',
    kind: 'password',
    password,
    secret: secretHex,
    proved: vault.opaqueInput(vault.passphraseOf(password, bytes(secretHex) as Bytes)),
    ...more,
  });
  return [
    accept('a phrase as drawn', phrase, '', { random: [hex(random)] }),
    accept('a phrase as typed, with a code that it does not need', ` ${phrase.toUpperCase().replaceAll(' ', '-')} `, hex(secret)),
    accept('a password of one’s own', 'correct horse', hex(secret)),
    accept('a password that NFKC changes', 'cafe\u0301 ﬁne', hex(secret)),
    {
      name: 'a password of one’s own without the code',
      verdict: 'refused',
      kind: 'password',
      code: 'bad-code',
      step: 'missing',
      password: 'correct horse',
      secret: '',
      facts: { part: 'secret', reason: 'missing' },
    },
  ];
}

async function drawContent(name: string): Promise<vault.SlotContent> {
  const identitySeed = bytesOf(`${name} identity`);
  return {
    keys: { amk: bytesOf(`${name} AMK`), identitySeed, kem: { number: 1, seed: bytesOf(`${name} KEM`) }, codeSecret: bytesOf(`${name} code`, 16) },
    userId: await userIdOf((await importSigningKey(identitySeed)).publicKey),
    homeSpace: bytesOf(`${name} home`),
    checkpoint: { seq: 4_711, head: bytesOf(`${name} head`) },
  };
}

function jsonOf(content: vault.SlotContent): object {
  const { keys, userId, homeSpace, checkpoint } = content;
  return {
    keys: {
      amk: hex(keys.amk),
      identitySeed: hex(keys.identitySeed),
      kem: { number: keys.kem.number, seed: hex(keys.kem.seed) },
      codeSecret: hex(keys.codeSecret),
    },
    userId: hex(userId),
    homeSpace: hex(homeSpace),
    checkpoint: { seq: checkpoint.seq, head: hex(checkpoint.head) },
  };
}

/** Sealed by the reference, from the content's dCBOR. */
function sealedBy(type: string, key: Bytes, place: { readonly userId: Bytes; readonly slotId: Bytes; readonly version: number }, message: Bytes, salt: Bytes): Uint8Array {
  const padded = new Uint8Array(256);
  padded.set(message);
  padded[message.length] = 0x80;
  const version = new Uint8Array(4);
  new DataView(version.buffer).setUint32(0, place.version);
  const context = new Uint8Array([...place.userId, ...place.slotId, ...version]);
  return sealB({ label: `rp1/seal/slot/${type}`, key, context, salt }, padded);
}

async function slots(engine: Engine): Promise<VectorCase[]> {
  const content = await drawContent('slot');
  const other = await drawContent('other');
  const place = { userId: content.userId, slotId: bytesOf('slot id', 16), version: 2 };
  const exportKey = bytesOf('export key', 64);
  const salt = bytesOf('slot salt');
  const kekOf = async (type: string) => (type === 'password' ? vault.passwordKek(engine, exportKey, content.userId) : bytesOf(`kek ${type}`));
  const fields = { kind: 'slot', userId: hex(place.userId), slotId: hex(place.slotId), version: place.version };
  const message = vault.encodeSlotContent(content);
  const kek = await kekOf('recovery');
  const sealed = sealedBy('recovery', kek, place, message, salt);
  const base = { ...fields, type: 'recovery', kek: hex(kek), sealed: hex(sealed), random: [hex(salt)], content: jsonOf(content) };
  const refuse = (name: string, step: string, change: object): VectorCase => ({ name, verdict: 'refused', code: 'reject', step, ...base, ...change });
  const flip = (at: number): string => hex(sealed.map((byte, i) => (i === at ? byte ^ 1 : byte)));
  const accepted: VectorCase[] = [];
  for (const type of ['password', 'passkey', 'recovery', 'device']) {
    const key = await kekOf(type);
    accepted.push({
      name: `a ${type} slot`,
      verdict: 'accepted',
      ...fields,
      type,
      ...(type === 'password' ? { exportKey: hex(exportKey) } : {}),
      kek: hex(key),
      sealed: hex(sealedBy(type, key, place, message, salt)),
      random: [hex(salt)],
      content: jsonOf(content),
    });
  }
  const foreign = vault.encodeSlotContent({ ...content, keys: { ...content.keys, identitySeed: other.keys.identitySeed } });
  return [
    ...accepted,
    refuse('a slot read as another type', 'commitment', { type: 'passkey' }),
    refuse('a slot under another key', 'commitment', { kek: hex(bytesOf('another kek')) }),
    refuse('a slot of another version', 'commitment', { version: 1 }),
    refuse('a slot with another id', 'commitment', { slotId: hex(bytesOf('another slot', 16)) }),
    refuse('a slot of another account', 'commitment', { userId: hex(other.userId) }),
    refuse('a slot with a changed magic', 'magic', { sealed: flip(3) }),
    refuse('a slot with a changed salt', 'commitment', { sealed: flip(4) }),
    refuse('a slot with a changed commitment', 'commitment', { sealed: flip(36) }),
    refuse('a slot with a changed byte', 'segment', { sealed: flip(200) }),
    refuse('a slot cut short', 'segment', { sealed: hex(sealed.slice(0, 339)) }),
    refuse('keys of another identity under this account’s seal', 'user id', { sealed: hex(sealedBy('recovery', kek, place, foreign, salt)) }),
    refuse('keys of another account under this account’s seal', 'user id', {
      sealed: hex(sealedBy('recovery', kek, place, vault.encodeSlotContent(other), salt)),
    }),
    refuse('a message that is no content', 'form', { sealed: hex(sealedBy('recovery', kek, place, ascii('slot') as Bytes, salt)) }),
  ];
}

async function passkey(engine: Engine): Promise<VectorCase> {
  const output = { prf: bytesOf('prf'), credentialId: bytesOf('credential', 20) };
  const door = await vault.passkeyDoor(engine, output);
  return {
    name: 'a passkey',
    verdict: 'accepted',
    kind: 'passkey',
    prf: hex(output.prf),
    credentialId: hex(output.credentialId),
    input: hex(await sha256(ascii('rp1/prf'))),
    door: { finder: hex(door.finder), token: hex(door.token) },
    kek: hex(await vault.passkeyKek(engine, output)),
    lock: hex(await vault.passkeyLock(engine, output)),
  };
}

function joinerJson(joiner: vault.Joiner) {
  return {
    devicePublic: hex(joiner.devicePublic),
    kemSeed: hex(joiner.kemSeed),
    kemPublic: hex(joiner.kemPublic),
    nonce: hex(joiner.nonce),
    label: joiner.label,
  };
}

function drawJoiner(name: string): vault.Joiner {
  return vault.drawJoiner(bytesOf(`${name} device`), `Firefox, ${name}`, (length) => bytesOf(`${name} ${length === 32 ? 'draw' : 'other'}`, length));
}

async function invitations(): Promise<VectorCase[]> {
  const joiner = drawJoiner('joiner');
  const text = await vault.formatInvitation(joiner);
  const mailbox = hex(await vault.mailboxOfInvitation(vault.parseInvitation(text).bytes));
  const base = { kind: 'invitation', text, ...joinerJson(joiner), mailbox };
  const refuse = (name: string, step: string, change: object): VectorCase => ({ name, verdict: 'refused', code: 'pairing-refused', step, ...base, ...change });
  return [
    { name: 'an invitation', verdict: 'accepted', ...base },
    refuse('a text that is no invitation', 'invitation', { text: 'gQE', facts: { reason: 'no invitation' } }),
    refuse('a device that shows another nonce', 'invitation', { nonce: hex(bytesOf('another nonce')) }),
    refuse('a device with another X-Wing key', 'invitation', { kemPublic: hex(drawJoiner('other').kemPublic.with(0, 1)) }),
  ];
}

async function meetings(): Promise<VectorCase[]> {
  const joiner = drawJoiner('typed');
  const content = await drawContent('transfer');
  const host = { nonce: bytesOf('answer'), userId: content.userId };
  const meeting = vault.meetingOf(joiner, host);
  const transfer: vault.Transfer = {
    content,
    locator: '7k2m9qxt',
    name: null,
    certificate: [bytesOf('certificate', 84), bytesOf('certificate signature', 64)],
    ticket: bytesOf('ticket'),
  };
  const random = bytesOf('hpke', 64);
  const seal = (of: vault.Transfer): Promise<Bytes> => vault.sealTransfer(joiner, meeting, of, () => random);
  const sealed = await seal(transfer);
  const base = {
    kind: 'meeting',
    typed: ' 7k2m-9qxt',
    mailbox: hex(await vault.mailboxOfCode('7K2M9QXT')),
    ...joinerJson(joiner),
    commitment: hex(await vault.commitmentOf(joiner)),
    reveal: hex(vault.encodeReveal(joiner)),
    answer: hex(vault.encodeAnswer(host)),
    words: await vault.meetingWords(meeting),
    random: [hex(random)],
    transfer: hex(sealed),
    opened: { content: jsonOf(transfer.content), locator: transfer.locator, name: null, certificate: transfer.certificate.map(hex), ticket: hex(transfer.ticket) },
  };
  const refuse = (name: string, step: string, change: object): VectorCase => ({ name, verdict: 'refused', code: 'pairing-refused', step, ...base, ...change });
  const flip = (at: number): string => hex(sealed.map((byte, i) => (i === at ? byte ^ 1 : byte)));
  return [
    { name: 'a meeting and what is handed over', verdict: 'accepted', ...base },
    refuse('a reveal of another key', 'commitment', { reveal: hex(vault.encodeReveal(drawJoiner('between'))) }),
    refuse('a reveal of no key', 'form', { reveal: hex(bytesOf('noise', 90)) }),
    refuse('an answer of another form', 'form', { answer: hex(bytesOf('noise', 64)) }),
    refuse('a transfer with a changed encapsulation', 'HPKE', { transfer: flip(5) }),
    refuse('a transfer with a changed byte', 'HPKE', { transfer: flip(1_200) }),
    refuse('a transfer of another account than was answered', 'account', { transfer: hex(await seal({ ...transfer, content: await drawContent('another account') })) }),
    refuse('a device that is not let in', 'refusal', { transfer: hex(vault.refusal) }),
  ];
}

function deviceRecords(): VectorCase[] {
  const slot = (name: string): vault.DeviceSlot => ({ slotId: bytesOf(`${name} id`, 16), version: 1, sealed: bytesOf(`${name} sealed`, 340) });
  const record: vault.DeviceRecord = {
    origin: 'https://drive.example',
    name: 'marta',
    locator: '7k2m9qxt',
    userId: bytesOf('record user'),
    identityKey: bytesOf('record identity'),
    homeSpace: bytesOf('record home'),
    certificate: [bytesOf('record certificate', 84), bytesOf('record signature', 64)],
    enrolled: true,
    slot: slot('record slot'),
    next: null,
    door: null,
  };
  const slotOf = ({ slotId, version, sealed }: vault.DeviceSlot): DcborValue => [slotId, version, sealed];
  const fields = (changed: Partial<vault.DeviceRecord> = {}): DcborValue[] => {
    const { origin, name, locator, userId, identityKey, homeSpace, certificate, enrolled, slot: sealed } = { ...record, ...changed };
    return [origin, name, locator, userId, identityKey, homeSpace, certificate as DcborValue, enrolled, slotOf(sealed)];
  };
  const next = slotOf(slot('next slot'));
  const door: DcborValue = [1, bytesOf('door id', 16), bytesOf('sealed kek', 117), 4_711];
  const held = { kind: 'record', isSecuring: false, door: null };
  const accept = (name: string, value: DcborValue, holds: object): VectorCase => ({ name, verdict: 'accepted', ...held, record: hex(encodeDcbor(value)), ...holds });
  const refuse = (name: string, value: DcborValue): VectorCase => ({ name, verdict: 'refused', code: 'bad-object', step: 'form', ...held, record: hex(encodeDcbor(value)) });
  return [
    accept('a device’s record', [1, ...fields()], {}),
    accept('a device’s record while its account is being secured', [2, ...fields(), next, null], { isSecuring: true }),
    accept('a device’s record with the way that it came in by', [2, ...fields(), null, door], { door: 'recovery' }),
    accept('a device’s record with both', [2, ...fields(), next, door], { isSecuring: true, door: 'recovery' }),
    refuse('a record of version 3', [3, ...fields(), next, door]),
    refuse('a record of version 1 with new keys', [1, ...fields(), next, null]),
    refuse('a record of version 2 with nothing more than version 1 has', [2, ...fields(), null, null]),
    refuse('a record whose new keys are no slot', [2, ...fields(), [], null]),
    refuse('a record of a way in that there is not', [2, ...fields(), null, [3, bytesOf('door id', 16), bytesOf('sealed kek', 117), 4_711]]),
    refuse('a record with a user id of 31 bytes', [1, ...fields({ userId: bytesOf('record user', 31) })]),
  ];
}

function keyrings(): VectorCase[] {
  const [space, master, next] = [bytesOf('ring home'), bytesOf('ring master'), bytesOf('ring next master')];
  const ring = encodeDcbor(
    new Map<number, DcborValue>([
      [1, 1],
      [2, [[1, bytesOf('ring seed 1')], [2, bytesOf('ring seed 2')]]],
      [3, [[bytesOf('ring space'), 4, bytesOf('ring epoch key')]]],
    ]),
  );
  const salts = [bytesOf('ring salt'), bytesOf('ring next salt')];
  const sealed = (under: Bytes, salt: Bytes, message: Uint8Array = ring): Bytes => {
    const key = new Uint8Array(hkdfSync('sha256', under, new Uint8Array(), Buffer.concat([ascii('rp1/kdf/keyring'), Uint8Array.of(0)]), 32));
    return sealB({ label: 'rp1/seal/keyring', key, context: space, salt }, padMessage(message, 1_024)) as Bytes;
  };
  const [ours, theirs] = [sealed(master, salts[0] as Bytes), sealed(next, salts[1] as Bytes)];
  const fields = { kind: 'keyring', space: hex(space), masters: [hex(master)], ring: hex(ring), random: [hex(salts[0] as Bytes)] };
  const accept = (name: string, file: DcborValue, holds: object = {}): VectorCase => ({ name, verdict: 'accepted', ...fields, file: hex(encodeDcbor(file)), ...holds });
  const refuse = (name: string, code: string, step: string, file: Uint8Array, holds: object = {}): VectorCase => ({ name, verdict: 'refused', code, step, ...fields, file: hex(file), ...holds });
  const one = encodeDcbor([2, [ours]]);
  const changed = ours.map((byte, at) => (at === 100 ? byte ^ 1 : byte));
  return [
    accept('a keyring', [2, [ours]]),
    accept('a keyring while its account is being secured', [2, [ours, theirs]], { masters: [hex(master), hex(next)], random: salts.map((salt) => hex(salt)) }),
    refuse('a keyring under another master key', 'reject', 'commitment', one, { masters: [hex(next)] }),
    refuse('a keyring of another home', 'reject', 'commitment', one, { space: hex(bytesOf('another home')) }),
    refuse('a keyring with a changed byte', 'reject', 'segment', encodeDcbor([2, [changed]])),
    refuse('a sealed keyring whose message is none', 'bad-object', 'form', encodeDcbor([2, [sealed(master, salts[0] as Bytes, ascii('ring'))]])),
    refuse('a keyring of version 3', 'bad-object', 'form', encodeDcbor([3, [ours]])),
    refuse('a sealed keyring of version 1', 'bad-object', 'form', encodeDcbor([1, [ours]])),
    refuse('a keyring under no key', 'bad-object', 'form', encodeDcbor([2, []])),
    refuse('a keyring under three keys', 'bad-object', 'form', encodeDcbor([2, [ours, theirs, ours]])),
    refuse('a keyring with more behind its seals', 'bad-object', 'form', encodeDcbor([2, [ours], 0])),
    refuse('a keyring that is not sealed', 'bad-object', 'form', ring),
  ];
}
