// The files link, anon and request.
import {
  type DcborValue,
  decodeDcbor,
  encodeDcbor,
  importSigningKey,
  type SignatureLabel,
  sha256,
  signRequestProof,
  sign,
} from '@reprise/protocol/formats';
import * as vault from '@reprise/vault';
import { ascii, bytes, fixed, hex, padMessage, sealB, type VectorCase, type VectorFile } from './reference.ts';

type Bytes = Uint8Array<ArrayBuffer>;
type Json = Record<string, unknown>;

const createdMs = 1_790_000_000_000;
const ref: vault.Ref = { id: fixed('target id') as Bytes, key: fixed('target key') as Bytes, length: 900 };
const refJson = { id: hex(ref.id), key: hex(ref.key), length: ref.length };

function draws(...names: readonly (readonly [string, number])[]): {
  readonly list: readonly string[];
  readonly random: (length: number) => Bytes;
} {
  const list = names.map(([name, length]) => hex(fixed(name, length)));
  const left = [...list];
  return { list, random: () => bytes(left.shift() as string) as Bytes };
}

export async function makeLink(engine: vault.Engine): Promise<VectorFile> {
  const plain = await linkCase(engine, 'a snapshot', {
    flags: 16,
    number: 0,
    record: { state: 'snapshot', ref, title: 'Holiday', createdMs, expectedBytes: null },
  });
  const locked = await linkCase(engine, 'with a password', {
    flags: 17,
    number: 1,
    password: 'cafe\u0301 \u{1f642}',
    record: { state: 'snapshot', ref, title: '', createdMs, expectedBytes: null },
  });
  const growing = await linkCase(engine, 'growing, nothing yet', {
    flags: 16,
    number: 2,
    record: { state: 'growing', ref: null, title: 'U', createdMs, expectedBytes: 5_000_000_000 },
  });
  const live = await linkCase(engine, 'live', {
    flags: 18,
    number: 3,
    record: { state: 'live', ref, title: 'L', createdMs, expectedBytes: null },
  });
  return {
    about: 'Links from URL to record, with fixed secrets; texts that are no link, `step` being the reason.',
    spec: 'link.md',
    cases: [plain, locked, growing, live, ...(await badRecords(engine, plain, locked)), ...texts(textOf(plain, 'url'))],
  };
}

function textOf(one: VectorCase, field: string): string {
  return one[field] as string;
}

type LinkPlan = { readonly flags: number; readonly number: number; readonly password?: string; readonly record: vault.LinkRecord };

async function linkCase(engine: vault.Engine, name: string, plan: LinkPlan): Promise<VectorCase> {
  const owner = await vault.openOwner(engine, fixed('owner secret') as Bytes);
  const link = { flags: plan.flags, secret: await vault.linkSecret(engine, owner, plan.number), fingerprint: owner.fingerprint };
  const address = await vault.linkAddress(engine, link);
  const stretched = plan.password === undefined ? undefined : await vault.stretchLinkPassword(plan.password, address.passwordSalt);
  const { key, gate } = await vault.linkKeys(engine, link, stretched);
  const version = plan.number + 1;
  const { list, random } = draws([`record salt ${name}`, 32]);
  const sealed = await vault.sealLinkRecord(
    engine,
    key,
    { linkId: address.id, version },
    plan.record,
    await vault.linkAuthor(owner, createdMs),
    random,
  );
  const url = vault.formatLink('https://drive.example', link);
  return {
    name,
    verdict: 'accepted',
    owner: hex(owner.secret),
    certified: createdMs,
    random: list,
    flags: plan.flags,
    secret: hex(link.secret),
    fingerprint: hex(link.fingerprint),
    url,
    parsedUrl: { origin: 'https://drive.example', flags: plan.flags, secret: hex(link.secret), fingerprint: hex(link.fingerprint) },
    linkId: hex(address.id),
    token: hex(address.token),
    tokenHash: hex(await sha256(address.token)),
    passwordSalt: hex(address.passwordSalt),
    ...(plan.password === undefined ? {} : { password: plan.password, stretched: hex(stretched as Bytes) }),
    key: hex(key),
    gate: hex(gate),
    version,
    sealed: hex(sealed),
    record: { ...plan.record, ref: plan.record.ref && refJson },
  };
}

async function badRecords(engine: vault.Engine, base: VectorCase, locked: VectorCase): Promise<VectorCase[]> {
  const { owner: _, ...fields } = base;
  const refuse = (name: string, step: string, code: string, change: Json): VectorCase => ({
    ...fields,
    record: null,
    name,
    verdict: 'refused',
    code,
    step,
    ...change,
  });
  const sealed = bytes(textOf(base, 'sealed'));
  const flip = (at: number): string => hex(sealed.map((byte, i) => (i === at ? byte ^ 1 : byte)));
  const seal = await forger(engine, base);
  const others = await forger(engine, base, 'another owner');
  const { password: __, ...open } = locked;
  return [
    refuse('another version', 'seal', 'reject', { version: 2 }),
    refuse('another link', 'seal', 'reject', { linkId: hex(fixed('other', 16)) }),
    refuse('another secret', 'seal', 'reject', { secret: hex(fixed('other secret')) }),
    refuse('other flags', 'seal', 'reject', { flags: 18 }),
    refuse('one bit', 'seal', 'reject', { sealed: flip(100) }),
    refuse('magic', 'seal', 'reject', { sealed: flip(2) }),
    { ...open, owner: undefined, record: null, name: 'a password left out', verdict: 'refused', code: 'reject', step: 'seal' },
    {
      ...locked,
      owner: undefined,
      stretched: undefined,
      record: null,
      name: 'another password',
      verdict: 'refused',
      code: 'reject',
      step: 'seal',
      password: 'cafe',
    },
    refuse('another fingerprint', 'fingerprint', 'link-forged', { fingerprint: hex(fixed('other', 16)) }),
    refuse('a stranger signs as himself', 'fingerprint', 'link-forged', { sealed: await others() }),
    refuse('a stranger signs with the owner’s certificate', 'signature', 'link-forged', {
      sealed: await others((body) => body.set(7, seal.body.get(7) as DcborValue).set(8, seal.body.get(8) as DcborValue)),
    }),
    refuse('a stranger’s certificate under the owner’s identity', 'certificate', 'link-forged', {
      sealed: await others((body) => body.set(7, seal.body.get(7) as DcborValue)),
    }),
    refuse('signed for another link', 'place', 'link-forged', { sealed: await seal((body) => body.set(1, fixed('other', 16))) }),
    refuse('signed for another version', 'place', 'link-forged', { sealed: await seal((body) => body.set(2, 7)) }),
    refuse('signed under another label', 'signature', 'link-forged', { sealed: await seal(undefined, 'rp1/sig/log') }),
    refuse('a state of a later version', 'state', 'link-version', { sealed: await seal((body) => body.set(3, 3)) }),
    refuse('a drop key', 'state', 'link-version', { sealed: await seal((body) => body.set(10, fixed('drop'))) }),
    refuse('an unknown key', 'form', 'bad-object', { sealed: await seal((body) => body.set(11, 0)) }),
    refuse('a snapshot without a target', 'form', 'bad-object', { sealed: await seal((body) => void body.delete(4)) }),
    refuse('no title', 'form', 'bad-object', { sealed: await seal((body) => void body.delete(5)) }),
    refuse('a title of 1,025 bytes', 'limit', 'limit-exceeded', { sealed: await seal((body) => body.set(5, 'a'.repeat(1_025))) }),
    refuse('no identity', 'form', 'bad-object', { sealed: await seal((body) => void body.delete(7)) }),
    refuse('the record of a link that is sold', 'form', 'payment-required', { flags: 20, sealed: `84${'00'.repeat(400)}` }),
    refuse('the record of a link that is sold, beside a tip jar', 'form', 'payment-required', {
      flags: 20,
      sealed: hex(encodeDcbor([3, fixed('jar', 16) as Bytes, fixed('jar offer', 64) as Bytes, bytes(`84${'00'.repeat(400)}`) as Bytes])),
    }),
    refuse('a tip jar without the record of its link', 'form', 'bad-object', { sealed: `8303${'40'.repeat(2)}`.replace('83', '84') }),
    refuse('an upload link', 'flags', 'link-version', { flags: 24 }),
  ];
}

type Body = Map<number, DcborValue>;

/** Seals whatever body under the key of a link, signed by an owner. */
async function forger(
  engine: vault.Engine,
  base: VectorCase,
  name = 'owner secret',
): Promise<((edit?: (body: Body) => unknown, label?: SignatureLabel) => Promise<string>) & { body: Body }> {
  const author = await vault.linkAuthor(await vault.openOwner(engine, fixed(name) as Bytes), createdMs);
  const linkId = bytes(textOf(base, 'linkId'));
  const body: Body = new Map<number, DcborValue>([
    [1, linkId],
    [2, 1],
    [3, 0],
    [4, [ref.id, ref.key, ref.length]],
    [5, 'Holiday'],
    [6, createdMs],
    [7, author.identityKey],
    [8, author.certificate],
  ]);
  const forge = async (edit?: (body: Body) => unknown, label: SignatureLabel = 'rp1/sig/link'): Promise<string> => {
    const edited = new Map(body);
    edit?.(edited);
    const encoded = encodeDcbor(edited);
    const message = encodeDcbor([encoded, await sign(label, author.device, encoded)]);
    const context = new Uint8Array([...linkId, 0, 0, 0, 0, 0, 0, 0, 1]);
    const seal = { label: 'rp1/seal/link', key: bytes(textOf(base, 'key')), context, salt: fixed('forged salt') };
    return hex(sealB(seal, padMessage(message, message.length < 1_024 ? 1_024 : 4_096)));
  };
  return Object.assign(forge, { body });
}

function texts(url: string): VectorCase[] {
  const parsed = vault.parseLink(url);
  const json = (origin: string | null): Json => ({
    origin,
    flags: parsed.flags,
    secret: hex(parsed.secret),
    fingerprint: hex(parsed.fingerprint),
  });
  const fragment = url.slice(url.indexOf('#') + 1);
  const payload = fragment.slice(2);
  const accept = (name: string, text: string, origin: string | null): VectorCase => ({
    name,
    verdict: 'accepted',
    text,
    parsed: json(origin),
  });
  const refuse = (name: string, step: string, text: string): VectorCase => ({ name, verdict: 'refused', code: 'bad-link', step, text });
  const withFlags = (flags: number): string => Buffer.from([flags, ...parsed.secret, ...parsed.fingerprint]).toString('base64url');
  return [
    accept('the URL', url, 'https://drive.example'),
    accept('white space around it', ` ${url}\n`, 'https://drive.example'),
    accept('a port', `http://127.0.0.1:8080/s#${fragment}`, 'http://127.0.0.1:8080'),
    accept('upper case in the host', `https://DRIVE.example/s#${fragment}`, 'https://drive.example'),
    accept('the fragment', `#${fragment}`, null),
    accept('the fragment without its sign', fragment, null),
    refuse('empty', 'not-a-link', ''),
    refuse('a word', 'not-a-link', 'hello'),
    refuse('another path', 'not-a-link', `https://drive.example/m#${fragment}`),
    refuse('another scheme', 'not-a-link', `ftp://drive.example/s#${fragment}`),
    refuse('no fragment', 'not-a-link', 'https://drive.example/s'),
    refuse('an empty fragment', 'not-a-link', 'https://drive.example/s#'),
    refuse('no version', 'not-a-link', `https://drive.example/s#${payload}`),
    refuse('version 0', 'version', `https://drive.example/s#0.${payload}`),
    refuse('version 2', 'version', `https://drive.example/s#2.${payload}`),
    refuse('version 01', 'version', `https://drive.example/s#01.${payload}`),
    refuse('one character lost', 'too-short', url.slice(0, -1)),
    refuse('only the version', 'too-short', 'https://drive.example/s#1.'),
    refuse('one character more', 'too-long', `${url}A`),
    refuse('a full stop at the end', 'bad-character', `${url}.`),
    refuse('padding', 'bad-character', `${url}==`),
    refuse('characters of ordinary base64', 'bad-character', `https://drive.example/s#1.+/${payload.slice(2)}`),
    refuse('a space inside', 'bad-character', `https://drive.example/s#1.${payload.slice(0, 10)} ${payload.slice(11)}`),
    refuse('unused bits set', 'bad-character', `https://drive.example/s#1.${payload.slice(0, -1)}B`),
    refuse('flag 20', 'flags', `https://drive.example/s#1.${withFlags(0x20)}`),
    refuse('flag 80', 'flags', `https://drive.example/s#1.${withFlags(0x90)}`),
  ];
}

export async function makeAnonymous(engine: vault.Engine): Promise<VectorFile> {
  const owner = await vault.openOwner(engine, fixed('owner secret') as Bytes);
  const { list, random } = draws(['genesis nonce', 32]);
  const { space, envelope } = await vault.createSpace(owner, createdMs, random);
  const genesis: VectorCase = {
    name: 'a space',
    verdict: 'accepted',
    owner: hex(owner.secret),
    timeMs: createdMs,
    random: list,
    identityKey: hex(owner.identity.publicKey),
    devicePublic: hex(owner.device.publicKey),
    deviceId: hex(owner.device.deviceId),
    userId: hex(owner.userId),
    epochKey: hex(owner.epochKey),
    space: hex(space),
    envelope: hex(envelope),
    genesis: await genesisJson(envelope),
    manageUrl: vault.formatManageUrl('https://drive.example', { secret: owner.secret, space }),
  };
  const secrets: VectorCase[] = [];
  for (const n of [0, 1, 256, 4_294_967_295])
    secrets.push({
      name: `secret of link ${n}`,
      verdict: 'accepted',
      owner: hex(owner.secret),
      n,
      linkSecret: hex(await vault.linkSecret(engine, owner, n)),
    });
  const notes = [
    await noteCase(engine, owner, 'a note', {
      n: 0,
      label: 'for Mum',
      ref,
      stretched: new Uint8Array(),
      title: 'Holiday',
      sizeBytes: 3_000_000,
      flags: 16,
    }),
    await noteCase(engine, owner, 'a note with a password', {
      n: 1,
      label: '',
      ref: null,
      stretched: fixed('stretched') as Bytes,
      title: '',
      sizeBytes: 0,
      flags: 17,
    }),
  ];
  return {
    about: 'The anonymous space: keys, genesis, secrets of links, notes, and the management URL.',
    spec: 'link.md#anonymous-space',
    cases: [
      genesis,
      ...secrets,
      ...notes,
      ...badNotes(notes[0] as VectorCase),
      ...(await badGeneses(owner, envelope)),
      ...manageTexts(textOf(genesis, 'manageUrl')),
    ],
  };
}

async function genesisJson(envelope: Bytes): Promise<unknown> {
  const { parseGenesis } = await import('@reprise/protocol/formats');
  return JSON.parse(
    JSON.stringify(await parseGenesis(envelope), (_, value: unknown) => (value instanceof Uint8Array ? hex(value) : value)),
  );
}

async function noteCase(engine: vault.Engine, owner: vault.Owner, name: string, note: vault.LinkNote): Promise<VectorCase> {
  const linkId = fixed(`${name} link`, 16) as Bytes;
  const { list, random } = draws([`${name} salt`, 32]);
  const sealed = await vault.sealLinkNote(engine, owner, linkId, note, random);
  return {
    name,
    verdict: 'accepted',
    owner: hex(owner.secret),
    linkId: hex(linkId),
    random: list,
    note: { ...note, ref: note.ref && refJson, stretched: hex(note.stretched) },
    sealed: hex(sealed),
  };
}

function badNotes(base: VectorCase): VectorCase[] {
  const refuse = (name: string, change: Json): VectorCase => ({
    ...base,
    name,
    verdict: 'refused',
    code: 'reject',
    step: 'seal',
    ...change,
  });
  const sealed = textOf(base, 'sealed');
  return [
    refuse('the note of another link', { linkId: hex(fixed('other', 16)) }),
    refuse('the note of another owner', { owner: hex(fixed('another owner')) }),
    refuse('a changed note', { sealed: `${sealed.slice(0, -1)}${sealed.endsWith('0') ? '1' : '0'}` }),
    refuse('a note cut short', { sealed: sealed.slice(0, 200) }),
  ];
}

async function badGeneses(owner: vault.Owner, good: Bytes): Promise<VectorCase[]> {
  const [entryBytes, signature] = decodeDcbor(good) as [Bytes, Bytes, DcborValue];
  const entry = decodeDcbor(entryBytes) as Map<number, DcborValue>;
  const body = entry.get(11) as Map<number, DcborValue>;
  const stranger = await importSigningKey(fixed('stranger seed'));
  const certificate = body.get(2) as readonly [Bytes, Bytes];
  const cases: VectorCase[] = [];
  const refuse = (name: string, step: string, envelope: DcborValue): void => {
    cases.push({ name: `genesis: ${name}`, verdict: 'refused', code: 'genesis-refused', step, envelope: hex(encodeDcbor(envelope)) });
  };
  const signed = async (value: Map<number, DcborValue>, key = owner.device): Promise<DcborValue> => {
    const encoded = encodeDcbor(value);
    return [encoded, await sign('rp1/sig/log', key, encoded), new Map()];
  };
  const withEntry = (key: number, value: DcborValue): Map<number, DcborValue> => new Map(entry).set(key, value);
  const withBody = (key: number, value: DcborValue): Map<number, DcborValue> => withEntry(11, new Map(body).set(key, value));
  const certify = async (
    caps: number,
    userId: Bytes = owner.userId,
    devicePublic: Bytes = owner.device.publicKey,
    key = owner.identity,
  ): Promise<DcborValue> => {
    const x = encodeDcbor([1, userId, devicePublic, createdMs, caps]);
    return [x, await sign('rp1/sig/device', key, x)];
  };
  refuse('no signature', 'form', [entryBytes, new Uint8Array(), new Map()]);
  refuse('a signature of zeros', 'signature', [entryBytes, new Uint8Array(64), new Map()]);
  refuse('another device signs', 'signature', await signed(entry, { ...stranger, deviceId: owner.device.deviceId }));
  refuse('signed under another label', 'signature', [entryBytes, await sign('rp1/sig/link', owner.device, entryBytes), new Map()]);
  refuse('an attachment', 'form', [entryBytes, signature, new Map([[100, new Uint8Array(1)]])]);
  refuse('two parts', 'form', [entryBytes, signature]);
  for (const [key, value] of [
    [1, 2],
    [1, 0],
    [2, 2],
    [4, 1],
    [5, new Uint8Array(32).fill(1)],
    [5, new Uint8Array(31)],
    [6, [new Uint8Array(32)]],
    [7, 1],
    [8, 1],
    [9, fixed('device')],
    [10, -1],
    [10, 'now'],
  ] as const) {
    refuse(
      `field ${key} is ${value instanceof Uint8Array ? `${value.length} bytes` : JSON.stringify(value).slice(0, 10)}`,
      key === 9 ? 'device' : 'form',
      await signed(withEntry(key, value as DcborValue)),
    );
  }
  for (const key of [5, 9, 10, 11]) {
    const without = new Map(entry);
    without.delete(key);
    refuse(`no field ${key}`, 'form', await signed(without));
  }
  refuse('field 3, a space id', 'form', await signed(withEntry(3, fixed('space'))));
  refuse('field 12', 'form', await signed(withEntry(12, 0)));
  refuse('another identity', 'certificate', await signed(withBody(1, stranger.publicKey)));
  refuse('an identity of small order', 'certificate', await signed(withBody(1, Uint8Array.of(1, ...new Uint8Array(31)))));
  refuse(
    'a certificate with a bit changed',
    'certificate',
    await signed(withBody(2, [certificate[0], (certificate[1] as Bytes).map((byte, i) => (i === 0 ? byte ^ 1 : byte))])),
  );
  refuse('a certificate for fewer capabilities', 'capabilities', await signed(withBody(2, await certify(7))));
  refuse('a certificate for unknown capabilities', 'certificate', await signed(withBody(2, await certify(31))));
  refuse('a certificate of another user', 'certificate', await signed(withBody(2, await certify(15, fixed('user') as Bytes))));
  refuse('a certificate of another device', 'device', await signed(withBody(2, await certify(15, owner.userId, stranger.publicKey))));
  refuse(
    'a certificate signed by the device',
    'certificate',
    await signed(withBody(2, await certify(15, owner.userId, owner.device.publicKey, owner.device))),
  );
  refuse('a nonce of 16 bytes', 'form', await signed(withBody(3, fixed('nonce', 16))));
  refuse('no policy', 'form', await signed(withBody(4, null)));
  refuse(
    'a policy for version 2',
    'form',
    await signed(
      withBody(
        4,
        new Map([
          [1, 2],
          [2, 1],
          [3, 30],
          [4, 0],
        ]),
      ),
    ),
  );
  refuse(
    'a policy with a key more',
    'form',
    await signed(
      withBody(
        4,
        new Map([
          [1, 1],
          [2, 1],
          [3, 30],
          [4, 0],
          [5, 0],
        ]),
      ),
    ),
  );
  refuse('an epoch commitment of 31 bytes', 'form', await signed(withBody(5, fixed('commitment', 31))));
  refuse('kind 0', 'form', await signed(withBody(6, 0)));
  refuse('a KEM record', 'form', await signed(withBody(7, fixed('kem'))));
  cases.push({ name: 'genesis: nothing', verdict: 'refused', code: 'genesis-refused', step: 'form', envelope: '' });
  cases.push({
    name: 'genesis: a byte after the end',
    verdict: 'refused',
    code: 'genesis-refused',
    step: 'form',
    envelope: `${hex(good)}00`,
  });
  cases.push({
    name: 'genesis: longer than 4,096 bytes',
    verdict: 'refused',
    code: 'genesis-refused',
    step: 'limit',
    envelope: hex(encodeDcbor([entryBytes, signature, new Map([[100, new Uint8Array(4_096)]])])),
  });
  return cases;
}

function manageTexts(url: string): VectorCase[] {
  const fragment = url.slice(url.indexOf('#') + 1);
  const { origin, secret, space } = vault.parseManageUrl(url);
  const accept = (name: string, text: string, from: string | null): VectorCase => ({
    name,
    verdict: 'accepted',
    text,
    parsed: { origin: from, secret: hex(secret), space: hex(space) },
  });
  const refuse = (name: string, step: string, text: string): VectorCase => ({ name, verdict: 'refused', code: 'bad-link', step, text });
  return [
    accept('the management URL', url, origin),
    accept('its fragment', fragment, null),
    refuse('a link', 'not-a-link', url.replace('/m#', '/s#')),
    refuse('the fragment of a link', 'too-short', fragment.slice(0, 68)),
    refuse('management: one character more', 'too-long', `${url}A`),
    refuse('management: version 2', 'version', url.replace('#1.', '#2.')),
    refuse('management: a bad character', 'bad-character', url.replace(/.$/, '*')),
  ];
}

export async function makeRequest(engine: vault.Engine): Promise<VectorFile> {
  const owner = await vault.openOwner(engine, fixed('owner secret') as Bytes);
  const base = {
    origin: 'https://drive.example',
    method: 'POST',
    path: '/api/v1/spaces/00ff/links?x=1',
    body: { hex: hex(ascii('{"a":1}')) },
  };
  const make = async (fields: typeof base, device = owner.device): Promise<string> => {
    const bodyHash = await sha256(bytes(fields.body.hex));
    return signRequestProof(device, { ...fields, bodyHash }, { timeMs: createdMs, nonce: fixed('request nonce', 16) as Bytes });
  };
  const known = { deviceId: hex(owner.device.deviceId), devicePublic: hex(owner.device.publicKey), timeMs: createdMs };
  const header = await make(base);
  const text = header.slice('Reprise1 '.length);
  const proof = decodeDcbor(new Uint8Array(Buffer.from(text, 'base64url'))) as readonly DcborValue[];
  const accept = (name: string, change: Json): VectorCase => ({ name, verdict: 'accepted', header, ...base, ...known, ...change });
  const refuse = (name: string, step: string, change: Json): VectorCase => ({
    ...accept(name, change),
    verdict: 'refused',
    code: 'signature-refused',
    step,
  });
  const wrap = (value: DcborValue): string => `Reprise1 ${Buffer.from(encodeDcbor(value)).toString('base64url')}`;
  const swap = (index: number, value: DcborValue): string => wrap(proof.map((part, i) => (i === index ? value : part)));
  const empty = { ...base, method: 'GET', path: '/api/v1/spaces/00ff', body: { hex: '' } };
  const stranger = await importSigningKey(fixed('stranger seed'));
  return {
    about: 'Signed requests, and headers that are none. Time, nonce and whether the device is known are checked elsewhere.',
    spec: 'requests.md',
    cases: [
      accept('a POST', {}),
      accept('a GET without a body', { ...empty, header: await make(empty) }),
      refuse('another origin', 'signature', { origin: 'https://drive.example:8443' }),
      refuse('http', 'signature', { origin: 'http://drive.example' }),
      refuse('another method', 'signature', { method: 'PATCH' }),
      refuse('lower case', 'signature', { method: 'post' }),
      refuse('another path', 'signature', { path: '/api/v1/spaces/00fe/links?x=1' }),
      refuse('another query', 'signature', { path: '/api/v1/spaces/00ff/links?x=2' }),
      refuse('no query', 'signature', { path: '/api/v1/spaces/00ff/links' }),
      refuse('another body', 'signature', { body: { hex: hex(ascii('{"a":2}')) } }),
      refuse('no body', 'signature', { body: { hex: '' } }),
      refuse('another time', 'signature', { header: swap(1, createdMs + 1), timeMs: createdMs + 1 }),
      refuse('another nonce', 'signature', { header: swap(2, fixed('other nonce', 16)) }),
      refuse('another device’s key', 'signature', { devicePublic: hex(stranger.publicKey) }),
      refuse('a stranger’s signature', 'signature', { header: await make(base, { ...stranger, deviceId: owner.device.deviceId }) }),
      refuse('empty', 'form', { header: '' }),
      refuse('scheme alone', 'form', { header: 'Reprise1' }),
      refuse('another scheme', 'form', { header: header.replace('Reprise1', 'Bearer') }),
      refuse('scheme 2', 'form', { header: header.replace('Reprise1', 'Reprise2') }),
      refuse('lower case scheme', 'form', { header: header.replace('Reprise1', 'reprise1') }),
      refuse('two spaces', 'form', { header: header.replace(' ', '  ') }),
      refuse('a third part', 'form', { header: `${header} x` }),
      refuse('padding', 'form', { header: `${header}=` }),
      refuse('ordinary base64', 'form', { header: `Reprise1 ${Buffer.from(text, 'base64url').toString('base64')}+/` }),
      refuse('no dCBOR', 'form', { header: 'Reprise1 AAAA' }),
      refuse('a very long header', 'form', { header: `Reprise1 ${'A'.repeat(300)}` }),
      refuse('three parts', 'form', { header: wrap(proof.slice(0, 3)) }),
      refuse('five parts', 'form', { header: wrap([...proof, 0]) }),
      refuse('a device id of 31 bytes', 'form', { header: swap(0, fixed('device', 31)) }),
      refuse('a nonce of 15 bytes', 'form', { header: swap(2, fixed('nonce', 15)) }),
      refuse('a signature of 63 bytes', 'form', { header: swap(3, fixed('signature', 63)) }),
      refuse('a time of text', 'form', { header: swap(1, 'now') }),
      refuse('a negative time', 'form', { header: swap(1, -1) }),
    ],
  };
}
