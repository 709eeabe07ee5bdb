// The file paid. What is sealed comes from the reference, not from the vault: the halves, the offer, the locked root, releases, receipts.
import { hkdfSync } from 'node:crypto';
import { ml_kem768_x25519 as xWing } from '@noble/post-quantum/hybrid.js';
import { type DcborValue, encodeDcbor, importSigningKey, type SignatureLabel, sign } from '@reprise/protocol/formats';
import { type Engine, linkAuthor, openOwner } from '@reprise/vault';
import { sealHpke } from './epochs.ts';
import { ascii, bytes, fixed, hash, hex, padMessage, sealB, type VectorCase, type VectorFile } from './reference.ts';

type Bytes = Uint8Array<ArrayBuffer>;
type Json = Record<string, unknown>;

const join = (...parts: readonly Uint8Array[]): Bytes => new Uint8Array(Buffer.concat(parts));
const tagged = (label: string, ...parts: readonly Uint8Array[]): Bytes => hash(ascii(label), Uint8Array.of(0), ...parts) as Bytes;
const kdf = (key: Uint8Array, label: string, context: Uint8Array): Bytes =>
  new Uint8Array(hkdfSync('sha256', key, new Uint8Array(), join(ascii(label), Uint8Array.of(0), context), 32));

const certified = 1_790_000_000_000;
const [id, secret, half, root, rootKey] = [
  fixed('paid offer', 16) as Bytes,
  fixed('paid link secret') as Bytes,
  fixed('paid half') as Bytes,
  fixed('paid root') as Bytes,
  fixed('paid root key') as Bytes,
];
const agentSeed = fixed('paid agent') as Bytes;
const commitment = tagged('rp1/hash/paid-secret', id, half);
const ids = [fixed('paid object 1'), fixed('paid object 2'), fixed('paid object 3')] as Bytes[];
const list = tagged('rp1/hash/list', ...ids.toSorted((a, b) => Buffer.compare(a, b)));

export async function makePaid(engine: Engine): Promise<VectorFile> {
  const offers = await makeOffers(engine);
  const [first] = offers;
  const offerHash = bytes(first?.['hash'] as string) as Bytes;
  return {
    about: 'Links that are sold: record, offer, locked root, list, commitment, buyer key, release, receipt. `what` says which.',
    spec: 'paid-links.md',
    cases: [
      ...records(first?.['sealed'] as string),
      ...offers,
      ...lockeds(offerHash),
      ...lists(),
      ...commitments(),
      ...keys(),
      ...releases(offerHash),
      ...(await receipts(offerHash)),
    ],
  };
}

const refused = (base: VectorCase, name: string, step: string, code: string, change: Json): VectorCase => ({
  ...base,
  name,
  verdict: 'refused',
  step,
  code,
  ...change,
});
const flip = (text: string, at: number): string => hex(bytes(text).map((byte, i) => (i === at ? byte ^ 1 : byte)));

// ---------------------------------------------------------------------------------------------------------------- record

function records(sealed: string): VectorCase[] {
  const parts = { offerId: id, offer: bytes(sealed) as Bytes, locked: fixed('paid locked', 340) as Bytes };
  const encoded = (value: DcborValue) => ({ bytes: hex(encodeDcbor(value)) });
  const good: VectorCase = {
    name: 'a record of a sold link',
    verdict: 'accepted',
    what: 'record',
    record: { version: 1, offerId: hex(parts.offerId), offer: hex(parts.offer), locked: hex(parts.locked) },
    ...encoded([1, parts.offerId, parts.offer, parts.locked]),
  };
  return [
    good,
    {
      ...good,
      name: 'a record of a link whose price is a floor',
      record: { ...(good['record'] as Json), version: 2 },
      ...encoded([2, parts.offerId, parts.offer, parts.locked]),
    },
    {
      ...good,
      name: 'a record of a link with a tip jar',
      record: { version: 3, offerId: hex(parts.offerId), offer: hex(parts.offer), open: hex(parts.locked) },
      ...encoded([3, parts.offerId, parts.offer, parts.locked]),
    },
    refused(good, 'a record of a later version', 'version', 'link-version', encoded([4, parts.offerId, parts.offer, parts.locked])),
    refused(good, 'a record with an id of 15 bytes', 'form', 'bad-object', encoded([1, id.slice(1), parts.offer, parts.locked])),
    refused(good, 'a record without its root', 'form', 'bad-object', encoded([1, id, parts.offer])),
    refused(good, 'a record with a fifth part', 'form', 'bad-object', encoded([1, id, parts.offer, parts.locked, null])),
    refused(good, 'a record of texts', 'form', 'bad-object', encoded([1, id, 'offer', 'locked'])),
  ];
}

// ----------------------------------------------------------------------------------------------------------------- offer

type Body = Map<number, DcborValue>;

async function makeOffers(engine: Engine): Promise<VectorCase[]> {
  const owner = await openOwner(engine, fixed('paid owner') as Bytes);
  const author = await linkAuthor(owner, certified);
  const stranger = await linkAuthor(await openOwner(engine, fixed('paid stranger') as Bytes), certified);
  const agent = await importSigningKey(agentSeed);
  const payee = fixed('paid payee') as Bytes;
  const plain = (): Body =>
    new Map<number, DcborValue>([
      [1, id],
      [2, author.identityKey],
      [3, author.certificate],
      [4, 'Recording'],
      [5, 21],
      [6, 'SAT'],
      [7, payee],
      [8, root],
      [9, 5_242_880],
      [10, list],
      [11, commitment],
      [14, agent.publicKey],
    ]);
  const encode = (body: Body) => encodeDcbor(new Map([...body].toSorted(([a], [b]) => a - b)));
  /** @param after what is changed once it has been signed */
  const seal = async (body: Body, by = author, label: SignatureLabel = 'rp1/sig/offer', after?: readonly [number, DcborValue]) => {
    const signature = await sign(label, by.device, encode(body));
    const encoded = encode(after ? new Map([...body, after]) : body);
    const message = encodeDcbor([encoded, signature]);
    const key = kdf(secret, 'rp1/kdf/offer-key', new Uint8Array());
    const padded = padMessage(message, message.length < 1_024 ? 1_024 : 2_048);
    return { sealed: hex(sealB({ label: 'rp1/seal/offer', key, context: id, salt: fixed('paid salt') }, padded)), hash: hex(hash(encoded)) };
  };
  const json = (change: Json, hashText: string): Json => ({
    id: hex(id),
    title: 'Recording',
    price: { amount: 21, currency: 'SAT' },
    isFloor: false,
    isJar: false,
    payee: hex(payee),
    root: hex(root),
    paddedBytes: 5_242_880,
    list: hex(list),
    commitment: hex(commitment),
    notAfter: null,
    agentKey: hex(agent.publicKey),
    ...change,
    hash: hashText,
  });
  const accept = async (name: string, edit: (body: Body) => unknown, change: Json): Promise<VectorCase> => {
    const body = plain();
    edit(body);
    const made = await seal(body);
    return {
      name,
      verdict: 'accepted',
      what: 'offer',
      owner: hex(owner.secret),
      certified,
      random: [hex(fixed('paid salt'))],
      secret: hex(secret),
      fingerprint: hex(owner.fingerprint),
      offerId: hex(id),
      ...made,
      offer: json(change, made.hash),
    };
  };
  const good = await accept('an offer in satoshis', () => undefined, {});
  const { owner: _, certified: __, random: ___, offer: ____, hash: _____, ...visit } = good;
  const refuse = (name: string, step: string, code: string, change: Json) => refused({ ...visit, offer: null }, name, step, code, change);
  const sealed = good['sealed'] as string;
  const edited = async (edit: (body: Body) => unknown, ...rest: [by?: typeof author, label?: SignatureLabel, after?: readonly [number, DcborValue]]) => {
    const body = plain();
    edit(body);
    return { sealed: (await seal(body, ...rest)).sealed };
  };
  const same = () => undefined;
  return [
    good,
    await accept('an offer in cents with an end', (body) => body.set(5, 250).set(6, 'EUR').set(13, 1_900_000_000_000), {
      price: { amount: 250, currency: 'EUR' },
      notAfter: 1_900_000_000_000,
    }),
    await accept('an offer of nothing much, without a title', (body) => body.set(4, '').set(5, 1).set(6, 'USD').set(9, 0), {
      title: '',
      price: { amount: 1, currency: 'USD' },
      paddedBytes: 0,
    }),
    await accept('an offer whose price is a floor', (body) => body.set(15, 1), { isFloor: true }),
    await accept('a tip jar', (body) => body.set(5, 1).set(15, 1).set(16, 1), {
      price: { amount: 1, currency: 'SAT' },
      isFloor: true,
      isJar: true,
    }),
    refuse('an offer under another secret', 'seal', 'reject', { secret: hex(fixed('other secret')) }),
    refuse('an offer under another id', 'seal', 'reject', { offerId: hex(fixed('other', 16)) }),
    refuse('an offer with one bit changed', 'seal', 'reject', { sealed: flip(sealed, 100) }),
    refuse('an offer cut short', 'seal', 'reject', { sealed: sealed.slice(0, -2) }),
    refuse('an offer of another fingerprint', 'fingerprint', 'link-forged', { fingerprint: hex(fixed('other', 16)) }),
    refuse('a stranger offers as himself', 'fingerprint', 'link-forged', {
      ...(await edited((body) => body.set(2, stranger.identityKey).set(3, stranger.certificate), stranger)),
    }),
    refuse('a stranger’s certificate in an offer', 'certificate', 'link-forged', {
      ...(await edited((body) => body.set(3, stranger.certificate), stranger)),
    }),
    refuse('a stranger signs an offer', 'signature', 'link-forged', await edited(same, stranger)),
    refuse('an offer signed under another label', 'signature', 'link-forged', await edited(same, author, 'rp1/sig/link')),
    refuse('an offer whose price was changed after it was signed', 'signature', 'link-forged', await edited(same, author, 'rp1/sig/offer', [5, 22])),
    refuse('an offer signed for another id', 'place', 'link-forged', await edited((body) => body.set(1, fixed('other', 16)))),
    refuse('an offer of a later version', 'version', 'link-version', await edited((body) => body.set(12, []))),
    refuse('an offer with an unknown key', 'form', 'bad-object', await edited((body) => body.set(17, 0))),
    refuse('an offer that says that it is no tip jar', 'form', 'bad-object', await edited((body) => body.set(16, 0))),
    refuse('a tip jar of more than a satoshi', 'form', 'bad-object', await edited((body) => body.set(15, 1).set(16, 1))),
    refuse('a tip jar in cents', 'form', 'bad-object', await edited((body) => body.set(5, 1).set(6, 'EUR').set(15, 1).set(16, 1))),
    refuse('a tip jar whose price is no floor', 'form', 'bad-object', await edited((body) => body.set(5, 1).set(16, 1))),
    refuse('an offer that says that its price is no floor', 'form', 'bad-object', await edited((body) => body.set(15, 0))),
    refuse('an offer for nothing', 'form', 'bad-object', await edited((body) => body.set(5, 0))),
    refuse('an offer without a price', 'form', 'bad-object', await edited((body) => void body.delete(5))),
    refuse('an offer in pounds', 'form', 'bad-object', await edited((body) => body.set(6, 'GBP'))),
    refuse('an offer without its currency', 'form', 'bad-object', await edited((body) => void body.delete(6))),
    refuse('an offer that pays nobody', 'form', 'bad-object', await edited((body) => void body.delete(7))),
    refuse('an offer of a size that is not padded', 'form', 'bad-object', await edited((body) => body.set(9, 5_242_881))),
    refuse('an offer without a commitment', 'form', 'bad-object', await edited((body) => void body.delete(11))),
    refuse('an offer without its agent', 'form', 'bad-object', await edited((body) => void body.delete(14))),
    refuse('an offer with a title of 1,025 bytes', 'limit', 'limit-exceeded', await edited((body) => body.set(4, 'a'.repeat(1_025)))),
  ];
}

// ---------------------------------------------------------------------------------------------------------- locked, list

function lockeds(offerHash: Bytes): VectorCase[] {
  const seal = (ref: DcborValue, label = 'rp1/seal/paid-root', length = 256): string => {
    const key = kdf(join(secret, half), 'rp1/kdf/paid', join(id, offerHash));
    return hex(sealB({ label, key, context: id, salt: fixed('paid lock salt') }, padMessage(encodeDcbor(ref), length)));
  };
  const good: VectorCase = {
    name: 'a locked root',
    verdict: 'accepted',
    what: 'locked',
    secret: hex(secret),
    half: hex(half),
    offerId: hex(id),
    hash: hex(offerHash),
    root: hex(root),
    locked: seal([root, rootKey, 900]),
    ref: { id: hex(root), key: hex(rootKey), length: 900 },
    random: [hex(fixed('paid lock salt'))],
  };
  const locked = good['locked'] as string;
  return [
    good,
    refused(good, 'a root without the half that is paid for', 'seal', 'reject', { half: hex(fixed('other half')) }),
    refused(good, 'a root without the half in the link', 'seal', 'reject', { secret: hex(fixed('other secret')) }),
    refused(good, 'a root locked for another offer', 'seal', 'reject', { hash: hex(fixed('other hash')) }),
    refused(good, 'a root locked under another id', 'seal', 'reject', { offerId: hex(fixed('other', 16)) }),
    refused(good, 'a locked root with one bit changed', 'seal', 'reject', { locked: flip(locked, 120) }),
    refused(good, 'a root locked under another label', 'seal', 'reject', { locked: seal([root, rootKey, 900], 'rp1/seal/offer') }),
    refused(good, 'another root than the offered one', 'root', 'link-forged', { locked: seal([fixed('other root'), rootKey, 900]) }),
    refused(good, 'a locked text', 'form', 'bad-object', { locked: seal('root') }),
  ];
}

function lists(): VectorCase[] {
  const texts = ids.map(hex);
  return [
    { name: 'a list of three objects', verdict: 'accepted', what: 'list', ids: texts, hash: hex(list) },
    { name: 'the same list from its end', verdict: 'accepted', what: 'list', ids: texts.toReversed(), hash: hex(list) },
    { name: 'a list of nothing', verdict: 'accepted', what: 'list', ids: [], hash: hex(tagged('rp1/hash/list')) },
  ];
}

// ------------------------------------------------------------------------------------------------- commitment, key, release

function commitments(): VectorCase[] {
  const base = { what: 'commitment', offerId: hex(id), half: hex(half), commitment: hex(commitment) };
  const good: VectorCase = { name: 'a commitment', verdict: 'accepted', ...base };
  return [
    good,
    refused(good, 'a commitment to another half', 'commitment', 'link-forged', { half: hex(fixed('other half')) }),
    refused(good, 'a commitment of another offer', 'commitment', 'link-forged', { offerId: hex(fixed('other', 16)) }),
    refused(good, 'a commitment to a half of 31 bytes', 'commitment', 'link-forged', { half: hex(half.slice(1)) }),
    refused(good, 'a commitment with one bit changed', 'commitment', 'link-forged', { commitment: flip(hex(commitment), 31) }),
  ];
}

const buyerSeed = fixed('paid buyer') as Bytes;
const buyerKey = xWing.getPublicKey(buyerSeed) as Bytes;

function keys(): VectorCase[] {
  const good: VectorCase = { name: 'a key of a buyer', verdict: 'accepted', what: 'key', buyerKey: hex(buyerKey) };
  const smallOrder = join(buyerKey.subarray(0, 1_184), new Uint8Array(32));
  // Coefficients of ML-KEM are below 3,329 (FIPS 203 §7.2).
  const beyond = join(new Uint8Array(3).fill(255), buyerKey.subarray(3));
  return [
    good,
    refused(good, 'a key one byte short', 'key', 'bad-object', { buyerKey: hex(buyerKey.slice(1)) }),
    refused(good, 'a key one byte long', 'key', 'bad-object', { buyerKey: `${hex(buyerKey)}00` }),
    refused(good, 'a key of X25519 alone', 'key', 'bad-object', { buyerKey: hex(fixed('x25519')) }),
    refused(good, 'a key with a part of X25519 of small order', 'key', 'bad-object', { buyerKey: hex(smallOrder) }),
    refused(good, 'a key with a coefficient beyond its field', 'key', 'bad-object', { buyerKey: hex(beyond) }),
  ];
}

function releases(offerHash: Bytes): VectorCase[] {
  const random = fixed('paid encapsulation', 64);
  const seal = (message: Uint8Array, label = 'rp1/hpke/release', to: Uint8Array = buyerKey): string => {
    const { enc, ciphertext } = sealHpke(to, join(ascii(label), Uint8Array.of(0), offerHash), new Uint8Array(), message, random);
    return hex(join(enc, ciphertext));
  };
  const good: VectorCase = {
    name: 'a release',
    verdict: 'accepted',
    what: 'release',
    seed: hex(buyerSeed),
    buyerKey: hex(buyerKey),
    offerId: hex(id),
    hash: hex(offerHash),
    commitment: hex(commitment),
    half: hex(half),
    random: [hex(random)],
    release: seal(half),
  };
  const release = good['release'] as string;
  return [
    good,
    refused(good, 'a release for another buyer', 'open', 'reject', { seed: hex(fixed('other buyer')) }),
    refused(good, 'a release for another offer', 'open', 'reject', { hash: hex(fixed('other hash')) }),
    refused(good, 'a release under another label', 'open', 'reject', { release: seal(half, 'rp1/hpke/epoch') }),
    refused(good, 'a release with one bit changed', 'open', 'reject', { release: flip(release, 1_150) }),
    refused(good, 'a release with its encapsulation changed', 'open', 'reject', { release: flip(release, 7) }),
    refused(good, 'a release one byte short', 'form', 'bad-object', { release: release.slice(0, -2) }),
    refused(good, 'a release of another half than was offered', 'commitment', 'link-forged', { release: seal(fixed('other half')) }),
    refused(good, 'a release of 31 bytes', 'form', 'bad-object', { release: seal(half.slice(1)) }),
  ];
}

async function receipts(offerHash: Bytes): Promise<VectorCase[]> {
  const at = 1_800_000_000_000;
  const agent = await importSigningKey(agentSeed);
  const stranger = await importSigningKey(fixed('other agent'));
  const make = async (body: DcborValue, by = agent, label: SignatureLabel = 'rp1/sig/receipt'): Promise<string> => {
    const x = encodeDcbor(body);
    return hex(encodeDcbor([x, await sign(label, by, x)]));
  };
  const keyHash = hash(buyerKey) as Bytes;
  const good: VectorCase = {
    name: 'a receipt',
    verdict: 'accepted',
    what: 'receipt',
    agentSeed: hex(agentSeed),
    agentKey: hex(agent.publicKey),
    offerId: hex(id),
    hash: hex(offerHash),
    buyerKey: hex(buyerKey),
    at,
    receipt: await make([id, offerHash, keyHash, at]),
  };
  const { agentSeed: _, ...shown } = good;
  const refuse = async (name: string, step: string, code: string, receipt: Promise<string>) =>
    refused({ ...shown, name } as VectorCase, name, step, code, { receipt: await receipt });
  return [
    good,
    await refuse('a receipt of another agent', 'signature', 'link-forged', make([id, offerHash, keyHash, at], stranger)),
    await refuse('a receipt under another label', 'signature', 'link-forged', make([id, offerHash, keyHash, at], agent, 'rp1/sig/offer')),
    await refuse('a receipt for another offer', 'place', 'link-forged', make([fixed('other', 16), offerHash, keyHash, at])),
    await refuse('a receipt for another version of the offer', 'place', 'link-forged', make([id, fixed('other hash'), keyHash, at])),
    await refuse('a receipt of another buyer', 'place', 'link-forged', make([id, offerHash, fixed('other key'), at])),
    await refuse('a receipt without a time', 'form', 'bad-object', make([id, offerHash, keyHash])),
    await refuse('a receipt of a negative time', 'form', 'bad-object', make([id, offerHash, keyHash, -1])),
    refused(shown as VectorCase, 'a receipt with a byte behind it', 'form', 'bad-object', { receipt: `${good['receipt'] as string}00` }),
  ];
}
