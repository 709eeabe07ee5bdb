// The files epoch, hpke, delta and sweep. HPKE's key schedule is written once more here, from RFC 9180 on node:crypto alone.
import { createCipheriv, createHash, hkdfSync, createHmac } from 'node:crypto';
import { ml_kem768_x25519 as xWing } from '@noble/post-quantum/hybrid.js';
import { type DcborValue, encodeDcbor, importSigningKey, sign, userIdOf } from '@reprise/protocol/formats';
import { draftAnswers } from './hpke-draft.ts';
import { ascii, bytes, fixed, hash, hex, padMessage, sealB, u32, type VectorCase, type VectorFile } from './reference.ts';

type Bytes = Uint8Array<ArrayBuffer>;
type Json = Record<string, unknown>;

const join = (...parts: readonly Uint8Array[]): Bytes => new Uint8Array(Buffer.concat(parts));
const u16 = (value: number): Bytes => u32(value).slice(2) as Bytes;
const u64 = (value: number): Bytes => join(u32(Math.floor(value / 2 ** 32)), u32(value % 2 ** 32));
const tagged = (label: string, ...parts: readonly Uint8Array[]): Bytes => hash(ascii(label), Uint8Array.of(0), ...parts) as Bytes;

/** RFC 9180 §5.1, base mode, HKDF-SHA-256. */
export function keySchedule(sharedSecret: Uint8Array, info: Uint8Array, aead: number): { readonly key: Bytes; readonly baseNonce: Bytes } {
  const suite = join(ascii('HPKE'), u16(0x647a), u16(1), u16(aead));
  const extract = (salt: Uint8Array, label: string, ikm: Uint8Array): Uint8Array =>
    createHmac('sha256', salt.length > 0 ? salt : Buffer.alloc(32)).update(join(ascii('HPKE-v1'), suite, ascii(label), ikm)).digest();
  const expand = (prk: Uint8Array, label: string, context: Uint8Array, length: number): Bytes => {
    const labelled = join(u16(length), ascii('HPKE-v1'), suite, ascii(label), context, Uint8Array.of(1));
    return new Uint8Array(createHmac('sha256', prk).update(labelled).digest().subarray(0, length));
  };
  const none = new Uint8Array();
  const context = join(Uint8Array.of(0), extract(none, 'psk_id_hash', none), extract(none, 'info_hash', info));
  const secret = extract(sharedSecret, 'secret', none);
  return { key: expand(secret, 'key', context, 32), baseNonce: expand(secret, 'base_nonce', context, 12) };
}

/** @param randomness 64 bytes */
export function sealHpke(kemPublic: Uint8Array, info: Uint8Array, aad: Uint8Array, message: Uint8Array, randomness: Uint8Array) {
  const { cipherText, sharedSecret } = xWing.encapsulate(kemPublic, randomness);
  const { key, baseNonce } = keySchedule(sharedSecret, info, 2);
  const cipher = createCipheriv('aes-256-gcm', key, baseNonce);
  cipher.setAAD(aad);
  return { enc: new Uint8Array(cipherText), ciphertext: join(cipher.update(message), cipher.final(), cipher.getAuthTag()) };
}

export function makeHpke(): VectorFile {
  const seed = fixed('hpke seed');
  const use = { label: 'rp1/hpke/epoch', context: hex(fixed('hpke context', 40)), associated: hex(fixed('hpke associated')) };
  const seal = (message: Uint8Array, randomness: Uint8Array): Json => {
    const info = join(ascii(use.label), Uint8Array.of(0), bytes(use.context));
    const { enc, ciphertext } = sealHpke(xWing.getPublicKey(seed), info, bytes(use.associated), message, randomness);
    return { enc: hex(enc), ciphertext: hex(ciphertext) };
  };
  const accept = (name: string, message: Uint8Array): VectorCase => ({
    name,
    verdict: 'accepted',
    seed: hex(seed),
    kemPublic: hex(xWing.getPublicKey(seed)),
    ...use,
    message: hex(message),
    random: [hex(fixed(`randomness of ${name}`, 64))],
    ...seal(message, fixed(`randomness of ${name}`, 64)),
  });
  const good = accept('a key', fixed('hpke message'));
  const { kemPublic: _, random: __, message: ___, ...opening } = good;
  const [enc, ciphertext] = [String(good['enc']), String(good['ciphertext'])];
  const flip = (text: string, at: number): string => hex(bytes(text).map((byte, i) => (i === at ? byte ^ 1 : byte)));
  const refuse = (name: string, change: Json): VectorCase => ({ ...opening, name, verdict: 'refused', code: 'reject', step: 'open', ...change });
  const known = draftAnswers.map(
    (answer, i): VectorCase => ({
      name: `known answer ${i} of draft-ietf-hpke-pq`,
      verdict: 'accepted',
      seed: answer.skRm,
      kemPublic: answer.pkRm,
      random: [answer.ikmE],
      enc: answer.enc,
      sharedSecret: answer.sharedSecret,
    }),
  );
  return {
    about: 'HPKE with X-Wing, HKDF-SHA-256, AES-256-GCM, and known answers of others for the KEM. random: 64 bytes for the encapsulation.',
    spec: 'epochs.md#wraps',
    cases: [
      ...known,
      good,
      accept('nothing', new Uint8Array()),
      accept('1,000 bytes', fixed('long', 1_000)),
      refuse('another seed', { seed: hex(fixed('other seed')) }),
      refuse('another context', { context: hex(fixed('other context')) }),
      refuse('no context', { context: '' }),
      refuse('other associated data', { associated: hex(fixed('other associated')) }),
      refuse('the part of ML-KEM changed', { enc: flip(enc, 0) }),
      refuse('the part of X25519 changed', { enc: flip(enc, 1_100) }),
      refuse('an encapsulation one byte shorter', { enc: enc.slice(2) }),
      refuse('an encapsulation one byte longer', { enc: `${enc}00` }),
      refuse('an X25519 part of small order', { enc: enc.slice(0, 2 * 1_088) + '00'.repeat(32) }),
      refuse('the ciphertext changed', { ciphertext: flip(ciphertext, 0) }),
      refuse('the tag changed', { ciphertext: flip(ciphertext, 47) }),
      refuse('a ciphertext without its last byte', { ciphertext: ciphertext.slice(0, -2) }),
      refuse('no ciphertext', { ciphertext: '' }),
    ],
  };
}

const space = fixed('epoch space') as Bytes;
const prev = fixed('epoch prev') as Bytes;

export async function makeEpoch(): Promise<VectorFile> {
  return {
    about: 'Commitments, wraps, history, roots, home keys and KEM records.',
    spec: 'epochs.md',
    cases: [...commitments(), ...(await wraps()), ...histories(), ...roots(), ...homes(), ...(await records())],
  };
}

function commitments(): VectorCase[] {
  const [nonce, key] = [fixed('epoch nonce'), fixed('epoch key')];
  const accept = (name: string, epoch: number): VectorCase => ({
    name,
    verdict: 'accepted',
    what: 'commitment',
    space: hex(space),
    nonce: hex(nonce),
    epoch,
    key: hex(key),
    commitment: hex(tagged('rp1/hash/epoch', epoch === 1 ? nonce : space, u32(epoch), key)),
  });
  const first = accept('the key of epoch 1', 1);
  const later = accept('the key of epoch 70,000', 70_000);
  const refuse = (name: string, base: VectorCase, change: Json): VectorCase => ({ ...base, name, verdict: 'refused', code: 'reject', step: 'commitment', ...change });
  return [
    first,
    later,
    refuse('another key', first, { key: hex(fixed('other key')) }),
    refuse('another epoch', later, { epoch: 69_999 }),
    refuse('another space', later, { space: hex(fixed('other space')) }),
    refuse('another nonce', first, { nonce: hex(space) }),
  ];
}

async function wraps(): Promise<VectorCase[]> {
  const key = fixed('wrapped key');
  const people = [];
  for (const name of ['ann', 'ben', 'cleo']) {
    const seed = fixed(`kem seed of ${name}`);
    const userId = await userIdOf((await importSigningKey(fixed(`identity of ${name}`))).publicKey);
    people.push({ userId, seed, kemPublic: new Uint8Array(xWing.getPublicKey(seed)) });
  }
  people.sort((a, b) => Buffer.compare(a.userId, b.userId));
  const commitment = tagged('rp1/hash/epoch', space, u32(5), key);
  const random = people.map((_, i) => fixed(`wrap randomness ${i}`, 64));
  const list = people.map(({ userId, kemPublic }, i) => {
    const info = join(ascii('rp1/hpke/epoch'), Uint8Array.of(0), encodeDcbor([space, 5, userId, hash(kemPublic), prev]));
    const { enc, ciphertext } = sealHpke(kemPublic, info, commitment, key, random[i] as Uint8Array);
    return [userId, enc, ciphertext] as const;
  });
  const place = { space: hex(space), epoch: 5, prev: hex(prev), commitment: hex(commitment) };
  const wrapped = encodeDcbor(list);
  const accepted: VectorCase = {
    name: 'three members',
    verdict: 'accepted',
    what: 'wraps',
    ...place,
    key: hex(key),
    recipients: people.map(({ userId, seed, kemPublic }) => ({ userId: hex(userId), seed: hex(seed), kemPublic: hex(kemPublic) })),
    random: random.map(hex),
    wraps: hex(wrapped),
  };
  const self = people[1] as (typeof people)[number];
  const one = encodeDcbor([list[1] as DcborValue]);
  const refuse = (name: string, change: Json, step = 'open', code = 'reject'): VectorCase => ({
    name,
    verdict: 'refused',
    code,
    step,
    what: 'wraps',
    ...place,
    userId: hex(self.userId),
    seed: hex(self.seed),
    wraps: hex(one),
    ...change,
  });
  const [userId, enc, ct] = list[1] as (typeof list)[number];
  return [
    accepted,
    refuse('a wrap in another space', { space: hex(fixed('other space')) }),
    refuse('a wrap for another epoch', { epoch: 6 }),
    refuse('a wrap after another entry', { prev: hex(space) }),
    refuse('a wrap under another commitment', { commitment: hex(fixed('c')) }),
    refuse('the seed of another', { seed: hex(people[0]?.seed as Uint8Array) }),
    refuse('a wrap for another member', { userId: hex(people[0]?.userId as Uint8Array), wraps: hex(encodeDcbor([[people[0]?.userId as Bytes, enc, ct]])) }),
    refuse('no wrap for the member', { wraps: hex(encodeDcbor([list[0] as DcborValue])) }),
    refuse('a key that was not committed to', { wraps: hex(encodeDcbor([[userId, ...foreign(self, place)]])) }),
    refuse('wraps out of order', { wraps: hex(encodeDcbor([list[1], list[0]] as DcborValue)) }, 'form', 'bad-object'),
    refuse('two wraps for one', { wraps: hex(encodeDcbor([list[1], list[1]] as DcborValue)) }, 'form', 'bad-object'),
    refuse('an encapsulation of 1,119 bytes', { wraps: hex(encodeDcbor([[userId, enc.slice(1), ct]])) }, 'form', 'bad-object'),
    refuse('a ciphertext of 49 bytes', { wraps: hex(encodeDcbor([[userId, enc, join(ct, Uint8Array.of(0))]])) }, 'form', 'bad-object'),
  ];
}

/** What anybody can seal to a public key: another epoch key, in all else right. */
function foreign(self: { readonly userId: Bytes; readonly kemPublic: Bytes }, place: { readonly commitment: string }): readonly [Bytes, Bytes] {
  const info = join(ascii('rp1/hpke/epoch'), Uint8Array.of(0), encodeDcbor([space, 5, self.userId, hash(self.kemPublic), prev]));
  const { enc, ciphertext } = sealHpke(self.kemPublic, info, bytes(place.commitment), fixed('foreign key'), fixed('foreign randomness', 64));
  return [enc, ciphertext];
}

function histories(): VectorCase[] {
  const [newKey, oldKey, salt] = [fixed('new key'), fixed('old key'), fixed('history salt')];
  const seal = (message: Uint8Array): string =>
    hex(sealB({ label: 'rp1/seal/hist', key: newKey, context: join(space, u32(3)), salt }, padMessage(message, 64)));
  const accepted: VectorCase = {
    name: 'the key before',
    verdict: 'accepted',
    what: 'history',
    space: hex(space),
    epoch: 3,
    newKey: hex(newKey),
    oldKey: hex(oldKey),
    before: hex(space),
    commitment: hex(tagged('rp1/hash/epoch', space, u32(2), oldKey)),
    random: [hex(salt)],
    sealed: seal(oldKey),
  };
  const refuse = (name: string, change: Json): VectorCase => ({ ...accepted, name, verdict: 'refused', code: 'reject', step: 'history', ...change });
  // A home whose master key was changed: the new epoch's key follows from the new one, and leads to the key of epoch 1, which the genesis nonce commits to.
  const [formerAmk, amk, nonce] = [fixed('former master key'), fixed('new master key'), fixed('home nonce')];
  const [formerKey, homeKey] = [homeKeyOf(formerAmk, 1), homeKeyOf(amk, 2)];
  const home: VectorCase = {
    ...accepted,
    name: 'the key of a home before its master key changed',
    epoch: 2,
    newKey: hex(homeKey),
    oldKey: hex(formerKey),
    before: hex(nonce),
    commitment: hex(tagged('rp1/hash/epoch', nonce, u32(1), formerKey)),
    sealed: hex(sealB({ label: 'rp1/seal/hist', key: homeKey, context: join(space, u32(2)), salt }, padMessage(formerKey, 64))),
  };
  return [
    accepted,
    home,
    { ...home, name: 'the former master key’s own key of the new epoch', verdict: 'refused', code: 'reject', step: 'history', newKey: hex(homeKeyOf(formerAmk, 2)) },
    { ...home, name: 'a home’s first key held against the space’s id', verdict: 'refused', code: 'reject', step: 'history', before: hex(space) },
    refuse('history under another key', { newKey: hex(oldKey) }),
    refuse('history of another epoch', { epoch: 4 }),
    refuse('history of another space', { space: hex(prev) }),
    refuse('history that the log did not commit to', { commitment: hex(prev) }),
    refuse('history of 31 bytes', { sealed: seal(oldKey.slice(1)) }),
    refuse('history cut short', { sealed: accepted['sealed']?.toString().slice(2) }),
  ];
}

function roots(): VectorCase[] {
  const [key, salt, boundaryKey] = [fixed('root key'), fixed('root salt'), fixed('boundary key')];
  const ref = [fixed('root id') as Bytes, fixed('root node key') as Bytes, 1_234] as const;
  const context = join(space, u64(2 ** 33 + 5), prev, u32(7));
  const seal = (message: DcborValue, length = 256): string => hex(sealB({ label: 'rp1/seal/root', key, context, salt }, padMessage(encodeDcbor(message), length)));
  const accepted: VectorCase = {
    name: 'a root',
    verdict: 'accepted',
    what: 'root',
    key: hex(key),
    space: hex(space),
    seq: 2 ** 33 + 5,
    prev: hex(prev),
    epoch: 7,
    root: { ref: { id: hex(ref[0]), key: hex(ref[1]), length: ref[2] }, boundaryKey: hex(boundaryKey) },
    random: [hex(salt)],
    sealed: seal([1, ref, boundaryKey]),
  };
  const refuse = (name: string, code: string, step: string, change: Json): VectorCase => ({ ...accepted, name, verdict: 'refused', code, step, ...change });
  return [
    accepted,
    refuse('a root at another number', 'reject', 'root', { seq: 5 }),
    refuse('a root after another entry', 'reject', 'root', { prev: hex(space) }),
    refuse('a root of another epoch', 'reject', 'root', { epoch: 8 }),
    refuse('a root of another space', 'reject', 'root', { space: hex(prev) }),
    refuse('a root under another key', 'reject', 'root', { key: hex(salt) }),
    refuse('a root of another length', 'bad-object', 'form', { sealed: seal([1, ref, boundaryKey], 257) }),
    refuse('a root of version 2', 'bad-object', 'form', { sealed: seal([2, ref, boundaryKey]) }),
    refuse('a root with a boundary key of 31 bytes', 'bad-object', 'form', { sealed: seal([1, ref, boundaryKey.slice(1)]) }),
    refuse('a root with a ref of two parts', 'bad-object', 'form', { sealed: seal([1, [ref[0], ref[1]], boundaryKey]) }),
  ];
}

const homeKeyOf = (amk: Uint8Array, epoch: number): Bytes =>
  new Uint8Array(hkdfSync('sha256', amk, new Uint8Array(), join(ascii('rp1/kdf/home-epoch'), Uint8Array.of(0), u32(epoch)), 32));

function homes(): VectorCase[] {
  const amk = fixed('account master key');
  return [1, 2, 65_536].map((epoch) => ({
    name: `home key of epoch ${epoch}`,
    verdict: 'accepted',
    what: 'home',
    masterKey: hex(amk),
    epoch,
    key: hex(homeKeyOf(amk, epoch)),
  }));
}

async function records(): Promise<VectorCase[]> {
  const identity = await importSigningKey(fixed('record identity'));
  const other = await importSigningKey(fixed('other identity'));
  const seed = fixed('record seed');
  const userId = await userIdOf(identity.publicKey);
  const kemPublic = new Uint8Array(xWing.getPublicKey(seed));
  const make = async (x: DcborValue, key = identity, label: 'rp1/sig/kem' | 'rp1/sig/device' = 'rp1/sig/kem'): Promise<Bytes> => {
    const encoded = encodeDcbor(x);
    return encodeDcbor([encoded, await sign(label, key, encoded)]);
  };
  const good = await make([1, userId, kemPublic, 2]);
  const base: VectorCase = {
    name: 'a KEM record',
    verdict: 'accepted',
    what: 'record',
    identitySeed: hex(fixed('record identity')),
    identityKey: hex(identity.publicKey),
    seed: hex(seed),
    number: 2,
    record: hex(good),
    recordHash: hex(tagged('rp1/hash/kem', good)),
  };
  const refuse = (name: string, record: Uint8Array): VectorCase => ({
    name,
    verdict: 'refused',
    code: 'bad-object',
    step: 'record',
    what: 'record',
    identityKey: hex(identity.publicKey),
    record: hex(record),
  });
  return [
    base,
    refuse('a record that another has signed', await make([1, userId, kemPublic, 2], other)),
    refuse('a record signed under another label', await make([1, userId, kemPublic, 2], identity, 'rp1/sig/device')),
    refuse('a record of another user', await make([1, await userIdOf(other.publicKey), kemPublic, 2])),
    refuse('a record of version 2', await make([2, userId, kemPublic, 2])),
    refuse('a record with a key of 1,215 bytes', await make([1, userId, kemPublic.slice(1), 2])),
    refuse('a record with the number 2^32', await make([1, userId, kemPublic, 2 ** 32])),
    refuse('a record without a number', await make([1, userId, kemPublic])),
    refuse('a record with a byte after it', join(good, Uint8Array.of(0))),
    refuse('a record of 1,345 bytes', join(good, new Uint8Array(1_345 - good.length))),
  ];
}

export function makeDelta(): VectorFile {
  const [key, salt, root] = [fixed('delta key'), fixed('delta salt'), new Uint8Array(16)];
  const ref = [fixed('node id') as Bytes, fixed('node key') as Bytes, 900];
  const [fid, parent] = [fixed('fid', 16) as Bytes, fixed('parent', 16) as Bytes];
  const entry: DcborValue = ['a.txt', fid, 0, 0, 1_700_000_000_000_000_000n, 0, [], null, null, new Map()];
  const folder: DcborValue = ['docs', parent, 2, 0, 1_700_000_000_000_000_000n, 0, ref, null, null, new Map()];
  const whole: DcborValue = [
    1,
    [
      [0, parent, entry],
      [1, root, 'b.txt'],
      [0, root, folder],
    ],
    [
      [parent, 0, '', ref],
      [parent, 0, 'a.txt', ref],
      [root, 2, 'c', ref],
    ],
  ];
  const context = join(space, u64(9), prev, u32(2));
  const accept = (name: string, value: DcborValue, padded: number): VectorCase => {
    const message = encodeDcbor(value);
    const sealed = sealB({ label: 'rp1/seal/delta', key, context, salt }, padMessage(message, padded));
    return {
      name,
      verdict: 'accepted',
      key: hex(key),
      space: hex(space),
      seq: 9,
      prev: hex(prev),
      epoch: 2,
      bytes: hex(message),
      random: [hex(salt)],
      sealed: hex(sealed),
    };
  };
  const good = accept('puts, a removal and nodes', whole, 1_024);
  const change = (one: DcborValue): DcborValue => [1, [one], []];
  const node = (one: DcborValue): DcborValue => [1, [], [one]];
  const form = (name: string, value: DcborValue, code = 'bad-object'): VectorCase => ({ name, verdict: 'refused', code, step: 'form', bytes: hex(encodeDcbor(value)) });
  const { bytes: _, random: __, ...sealed } = good;
  const shut = (name: string, edit: Json, code = 'reject', step = 'seal'): VectorCase => ({ ...sealed, name, verdict: 'refused', code, step, ...edit });
  return {
    about: 'Deltas: their form, and how they are sealed.',
    spec: 'epochs.md#delta',
    cases: [
      good,
      accept('nothing', [1, [], []], 1_024),
      accept('forty removals', [1, Array.from({ length: 40 }, (_, i) => [1, root, `file ${String(i).padStart(20, '0')}`]), []], 1_856),
      shut('another number', { seq: 10 }),
      shut('another previous entry', { prev: hex(space) }),
      shut('another epoch', { epoch: 3 }),
      shut('another space', { space: hex(prev) }),
      shut('another key', { key: hex(salt) }),
      shut('one bit', { sealed: hex(bytes(String(good['sealed'])).map((byte, i) => (i === 300 ? byte ^ 1 : byte))) }),
      shut('65,537 bytes', { sealed: '00'.repeat(65_537) }, 'bad-object', 'size'),
      form('version 2', [2, [], []]),
      form('two parts', [1, []]),
      form('a third kind of change', change([2, root, 'x'])),
      form('a removal in two parts', change([1, root])),
      form('a parent of 15 bytes', change([1, root.slice(1), 'x'])),
      form('a removal of bytes', change([1, root, Uint8Array.of(120)])),
      form('a name that is none', change([1, root, 'a/b']), 'bad-name'),
      form('an entry that is none', change([0, root, 'x'])),
      form('a node at level 4', node([root, 4, 'x', ref])),
      form('a node of no directory', node([root.slice(1), 0, 'x', ref])),
      form('a node with a first name that is none', node([root, 0, '..', ref]), 'bad-name'),
      form('a node without a ref', node([root, 0, 'x'])),
    ],
  };
}

export function makeSweep(): VectorFile {
  const pattern = (i: number): Bytes => new Uint8Array(createHash('sha256').update(join(u32(i), Uint8Array.of(0))).digest());
  const table = (ids: readonly Uint8Array[]): Bytes => {
    const counts = Array.from({ length: 256 }, () => 0);
    const sums = Array.from({ length: 256 }, () => 0n);
    for (const id of ids) {
      const bucket = id[0] as number;
      counts[bucket] = (counts[bucket] as number) + 1;
      sums[bucket] = ((sums[bucket] as bigint) + BigInt(`0x${hex(tagged('rp1/hash/live', id))}`)) % 2n ** 256n;
    }
    return join(...counts.flatMap((count, b) => [u32(count), bytes((sums[b] as bigint).toString(16).padStart(64, '0'))]));
  };
  const all = Array.from({ length: 1_000 }, (_, i) => pattern(i));
  const accept = (name: string, live: number, swept: readonly number[]): VectorCase => ({
    name,
    verdict: 'accepted',
    ids: live,
    swept,
    tableHash: hex(hash(table(all.slice(0, live)))),
    leftHash: hex(hash(table(all.slice(0, live).filter((_, i) => !swept.includes(i))))),
    differing: [...new Set(swept.map((i) => all[i]?.[0] as number))].sort((a, b) => a - b),
  });
  const few = [pattern(0), pattern(1)];
  return {
    about: 'Live tables of the first `ids` of pattern(i, 0), without those numbered `swept`; SHA-256 of both tables, and the buckets that differ.',
    spec: 'log.md#live-table',
    cases: [
      { name: 'two ids in full', verdict: 'accepted', list: few.map(hex), table: hex(table(few)) },
      accept('no ids', 0, []),
      accept('one id', 1, []),
      accept('1,000 ids', 1_000, []),
      accept('1,000 ids without three', 1_000, [0, 1, 999]),
      accept('everything swept', 3, [0, 1, 2]),
      { name: 'a table of 9,215 bytes', verdict: 'refused', code: 'bad-object', step: 'length', table: '00'.repeat(9_215) },
      { name: 'a table of 9,217 bytes', verdict: 'refused', code: 'bad-object', step: 'length', table: '00'.repeat(9_217) },
      { name: 'no table', verdict: 'refused', code: 'bad-object', step: 'length', table: '' },
    ],
  };
}
