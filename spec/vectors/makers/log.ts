// The file log: the forty entries of a space, those of a home, and successors that are refused, each put together by hand.
import { type DcborValue, encodeDcbor, encodeEnvelope, type Envelope, emptyLiveTable, importSigningKey, joinSortedIds, type LogState, signRevocation, spaceKinds } from '@reprise/protocol/formats';
import { attached, type Fields, type Forgery, forge, type ForgedPlace } from '../../../core/protocol/src/testing/forgery.ts';
import {
  commitDraft,
  countingRandom,
  makeDevice,
  makeSpace,
  makeUser,
  rekeyDraft,
  type TestDevice,
  type TestLog,
  type TestUser,
} from '../../../core/protocol/src/testing/spaces.ts';
import { fixed, hex, type VectorCase, type VectorFile } from './reference.ts';

type Bytes = Uint8Array<ArrayBuffer>;
let random = countingRandom('vectors of the log');
const policy = { versionMin: 1, suiteMin: 1, retentionDays: 7, paddingMode: 0 };

type Cast = {
  readonly ann: TestUser;
  readonly ben: TestUser;
  readonly cleo: TestUser;
  readonly dora: TestUser;
  /** A second device of Ann's that may commit and rekey. */
  readonly tablet: TestDevice;
  /** A second device of Ben's that may commit. */
  readonly phone: TestDevice;
};

export async function makeLog(): Promise<VectorFile> {
  // From the start, so that making the file twice gives the same bytes.
  random = countingRandom('vectors of the log');
  const cast = await makeCast();
  const space = await story(cast);
  const home = await homeStory(cast);
  const others = [await makeSpace(cast.ann, spaceKinds.anonymous, random), await makeSpace(cast.ann, spaceKinds.chat, random)];
  return {
    about: 'Logs: each entry with the state it leads to, and successors that are refused at the step named.',
    spec: 'log.md',
    cases: [
      ...acceptedCases('entry', space),
      ...acceptedCases('home', home),
      ...others.flatMap((log, i) => acceptedCases(i === 0 ? 'anonymous' : 'chat', log)),
      ...(await genesisRefusals(space)),
      ...(await refusals(cast, space, home)),
      size('an envelope of 4,456,449 bytes', { envelopeZeros: 4_456_449 }),
      size('an entry of 131,073 bytes', { entryZeros: 131_073, after: 'entry 0' }),
    ],
  };
}

function size(name: string, fields: Record<string, unknown>): VectorCase {
  return { name, verdict: 'refused', code: 'log-refused', step: 'size', ...fields };
}

async function makeCast(): Promise<Cast> {
  const [ann, ben, cleo, dora] = [await makeUser(random), await makeUser(random), await makeUser(random), await makeUser(random)];
  const [tablet, phone] = [await makeDevice(ann.identity, 3, random(32)), await makeDevice(ben.identity, 1, random(32))];
  return { ann, ben, cleo, dora, tablet, phone };
}

/** Forty entries, every type among them. */
async function story({ ann, ben, cleo, tablet, phone }: Cast): Promise<TestLog> {
  const log = await makeSpace(ann, spaceKinds.drive, random);
  const commit = (device: TestDevice, adds: number) => log.add(device, commitDraft(adds, random));
  const ids = (count: number): Bytes => joinSortedIds(Array.from({ length: count }, () => random(32)));
  const revoke = (user: TestUser, device: TestDevice) => signRevocation(user.identity, { deviceId: device.deviceId, timeMs: 1_790_000_000_000 });
  await commit(ann.device, 3);
  await log.add(tablet, { type: 'device', certificate: tablet.certificate });
  await log.add(tablet, { ...commitDraft(2, random), delta: random(1_108) });
  await log.add(tablet, await rekeyDraft(log.state, [[ben, 2], [cleo, 1]], random));
  await log.add(ben.device, { type: 'device', certificate: ben.device.certificate });
  await log.add(cleo.device, { type: 'device', certificate: cleo.device.certificate });
  const seen = [{ deviceId: tablet.deviceId, seq: 3, id: log.states[3]?.head as Bytes }];
  await log.add(ben.device, { ...commitDraft(1, random), seen });
  await log.add(cleo.device, { type: 'checkpoint' });
  await log.add(ann.device, { type: 'policy', policy });
  await commit(ann.device, 0);
  await log.add(ann.device, { ...(await rekeyDraft(log.state, [[ben, 3]], random)), history: random(148) });
  await log.add(ben.device, { type: 'sweep', seq: 10, id: log.states[10]?.head as Bytes, ids: ids(2), table: emptyLiveTable });
  await log.add(ann.device, { type: 'purge', ids: ids(1) });
  await log.add(ann.device, { type: 'device', revocation: await revoke(ann, tablet) });
  while (log.state.seq < 32) await commit(log.state.seq % 2 === 0 ? ann.device : ben.device, log.state.seq % 3);
  await log.add(ann.device, await rekeyDraft(log.state, [[cleo, 0]], random));
  await log.add(ann.device, await rekeyDraft(log.state, [], random));
  await log.add(phone, { type: 'device', certificate: phone.certificate });
  await log.add(phone, { type: 'device', revocation: await revoke(ben, phone) });
  await log.add(ben.device, { type: 'sweep', seq: 36, id: log.states[36]?.head as Bytes, ids: ids(0), table: emptyLiveTable });
  await log.add(ann.device, await rekeyDraft(log.state, [[ann, 3], [cleo, 4]], random));
  await commit(cleo.device, 1);
  return log;
}

async function homeStory({ ann, dora, tablet }: Cast): Promise<TestLog> {
  const log = await makeSpace(ann, spaceKinds.home, random);
  await log.add(tablet, { type: 'device', certificate: tablet.certificate });
  await log.add(ann.device, await rekeyDraft(log.state, [], random));
  await log.add(ann.device, commitDraft(1, random));
  await log.add(ann.device, await rekeyDraft(log.state, [[ann, 0], [dora, 4]], random));
  return log;
}

function acceptedCases(name: string, log: TestLog): VectorCase[] {
  return log.envelopes.map((envelope, i) => ({
    name: `${name} ${i}`,
    verdict: 'accepted',
    ...(i === 0 ? {} : { after: `${name} ${i - 1}` }),
    envelope: hex(encodeEnvelope(envelope)),
    state: stateJson(log.states[i] as LogState),
  }));
}

function stateJson(state: LogState): unknown {
  return {
    space: hex(state.space),
    kind: state.kind,
    seq: state.seq,
    head: hex(state.head),
    epoch: state.epoch,
    epochCommitment: hex(state.epochCommitment),
    retentionDays: state.policy.retentionDays,
    members: [...state.members].map(([id, { role, kemHash }]) => [id, role, kemHash && hex(kemHash)]),
    devices: [...state.devices].map(([id, { userId, caps, revokedAtSeq }]) => [id, userId, caps, revokedAtSeq]),
    rootSeq: state.root?.seq ?? null,
    sweptSeq: state.sweptSeq,
  };
}

function refused(name: string, step: string, envelope: Envelope, after?: string): VectorCase {
  const place = after === undefined ? {} : { after };
  return { name, verdict: 'refused', code: 'log-refused', step, ...place, envelope: hex(encodeEnvelope(envelope)) };
}

async function genesisRefusals(log: TestLog): Promise<VectorCase[]> {
  const good = log.envelopes[0] as Envelope;
  const { attachments } = good;
  const record = attachments.get(4) as Bytes;
  const without = { ...good, attachments: new Map() };
  const other = log.envelopes[1] as Envelope;
  const flipped = good.signature.map((byte, i) => (i === 0 ? byte ^ 1 : byte));
  return [
    refused('a log that begins with a commit', 'type', other),
    refused('a genesis without its KEM record', 'attachment', without),
    refused('a genesis with two KEM records', 'attachment', { ...good, attachments: new Map([[4, doubled(record)]]) }),
    refused('a genesis with adds', 'attachment', { ...good, attachments: new Map([...attachments, [1, fixed('adds') as Bytes]]) }),
    refused('a genesis with another signature', 'signature', { ...good, signature: flipped }),
    refused('a second genesis', 'type', good, 'entry 0'),
  ];
}

/** dCBOR of a list of one item, with the item twice. */
function doubled(list: Bytes): Bytes {
  return new Uint8Array([0x82, ...list.subarray(1), ...list.subarray(1)]);
}

async function refusals(cast: Cast, log: TestLog, home: TestLog): Promise<VectorCase[]> {
  const { ann, ben, cleo, dora, tablet, phone } = cast;
  const cases: VectorCase[] = [];
  const stranger = await importSigningKey(fixed('stranger seed'));
  const add = async (name: string, step: string, seq: number, signer: TestDevice | TestUser['identity'], forgery: Forgery, of = log) => {
    const place = placeOf(of, seq);
    cases.push(refused(name, step, await forge(place, signer, forgery), `${of === log ? 'entry' : 'home'} ${seq}`));
  };
  const commitBody = (): Fields => new Map<number, DcborValue>([[1, random(340)], [3, 0]]);
  const commit = (edit?: (fields: Fields) => void): Forgery => ({ type: 1, body: commitBody(), ...(edit ? { edit } : {}) });
  const withBody = (edit: (body: Fields) => void): Forgery => {
    const body = commitBody();
    edit(body);
    return { type: 1, body };
  };

  // form, version, type
  await add('field 4 is text', 'form', 1, ann.device, commit((fields) => fields.set(4, '2')));
  await add('field 12', 'form', 1, ann.device, commit((fields) => fields.set(12, 0)));
  await add('a previous id of 31 bytes', 'form', 1, ann.device, commit((fields) => fields.set(5, random(31))));
  await add('a negative time', 'form', 1, ann.device, commit((fields) => fields.set(10, -1)));
  for (const key of [4, 5, 6, 8, 9, 10]) await add(`no field ${key}`, 'form', 1, ann.device, commit((fields) => fields.delete(key)));
  await add('54 skips', 'form', 1, ann.device, commit((fields) => fields.set(6, Array.from({ length: 54 }, () => random(32)))));
  await add('version 0', 'version', 1, ann.device, commit((fields) => fields.set(1, 0)));
  await add('version 2', 'version', 1, ann.device, commit((fields) => fields.set(1, 2)));
  await add('no version', 'version', 1, ann.device, commit((fields) => fields.delete(1)));
  await add('suite 2', 'version', 1, ann.device, commit((fields) => fields.set(2, 2)));
  await add('no type', 'type', 1, ann.device, commit((fields) => fields.delete(7)));
  await add('type 8', 'type', 1, ann.device, commit((fields) => fields.set(7, 8)));
  cases.push(...brokenEnvelopes(log));

  // body
  await add('no body', 'body', 1, ann.device, commit((fields) => fields.delete(11)));
  await add('a root of 339 bytes', 'body', 1, ann.device, withBody((body) => body.set(1, random(339))));
  await add('a commit without a root', 'body', 1, ann.device, withBody((body) => body.delete(1)));
  await add('a hash of no adds', 'body', 1, ann.device, withBody((body) => body.set(2, random(32))));
  await add('adds without a hash', 'body', 1, ann.device, withBody((body) => body.set(3, 1)));
  await add('131,073 adds', 'body', 1, ann.device, withBody((body) => body.set(2, random(32)).set(3, 131_073)));
  await add('an empty list of what was seen', 'body', 1, ann.device, withBody((body) => body.set(5, [])));
  const twice = [[ann.device.deviceId, 0, random(32)], [ann.device.deviceId, 0, random(32)]];
  await add('one device seen twice', 'body', 1, ann.device, withBody((body) => body.set(5, twice)));
  await add('field 6 of a commit', 'body', 1, ann.device, withBody((body) => body.set(6, 0)));
  await add('policy: version 0', 'body', 1, ann.device, { type: 4, body: policyBody(0) });
  await add('policy: version 2', 'body', 1, ann.device, { type: 4, body: policyBody(2) });
  await add('policy: retention of 36,501 days', 'body', 1, ann.device, { type: 4, body: policyBody(1, 36_501) });
  await add('policy: padding mode 1', 'body', 1, ann.device, { type: 4, body: policyBody(1, 30, 1) });
  await add('policy: no padding mode', 'body', 1, ann.device, { type: 4, body: new Map([[1, 1], [2, 1], [3, 30]]) });
  await add('a checkpoint that says something', 'body', 1, ann.device, { type: 5, body: new Map([[1, 0]]) });
  await add('a certificate and a revocation', 'body', 1, tablet, { type: 3, body: new Map<number, DcborValue>([[1, tablet.certificate as DcborValue], [2, []]]) });
  await add('a purge of nothing', 'body', 13, ann.device, { type: 7, body: new Map<number, DcborValue>([[1, random(32)], [2, 0]]) });

  // place
  await add('another space', 'space', 1, ann.device, commit((fields) => fields.set(3, random(32))));
  await add('no space', 'space', 1, ann.device, commit((fields) => fields.delete(3)));
  await add('a number left out', 'seq', 1, ann.device, commit((fields) => fields.set(4, 3)));
  await add('the same number again', 'seq', 1, ann.device, commit((fields) => fields.set(4, 1)));
  await add('another previous entry', 'prev', 1, ann.device, commit((fields) => fields.set(5, random(32))));
  await add('the genesis as the previous entry', 'prev', 1, ann.device, commit((fields) => fields.set(5, log.states[0]?.head as Bytes)));
  await add('a skip too many', 'skips', 2, ann.device, commit((fields) => fields.set(6, [log.states[1]?.head as Bytes])));
  await add('no skips where there are two', 'skips', 3, ann.device, commit((fields) => fields.set(6, [])));
  await add('skips the other way round', 'skips', 3, ann.device, commit((fields) => fields.set(6, (fields.get(6) as Bytes[]).toReversed())));
  await add('a skip to another entry', 'skips', 7, ann.device, commit((fields) => fields.set(6, [...(fields.get(6) as Bytes[]).slice(0, 2), random(32)])));
  await add('the epoch before', 'epoch', 4, ann.device, commit((fields) => fields.set(8, 1)));
  await add('the epoch after', 'epoch', 4, ann.device, commit((fields) => fields.set(8, 3)));

  // device, signature
  await add('an unknown device', 'device', 1, stranger, commit());
  await add('a device before its certificate', 'device', 1, tablet, commit());
  await add('a revoked device', 'device', 14, tablet, commit());
  await add('a revoked device certified again', 'device', 14, tablet, certify(tablet.certificate));
  await add('a device certified twice', 'device', 2, tablet, certify(tablet.certificate));
  await add('a device of somebody who is no member', 'device', 1, ben.device, certify(ben.device.certificate));
  await add('a device of somebody who was removed', 'device', 33, stranger, certify((await makeDevice(cleo.identity, 15, fixed('stranger seed') as Bytes)).certificate));
  const [x, signature] = tablet.certificate;
  await add('a certificate whose signature was changed', 'device', 1, tablet, certify([x, signature.map((byte, i) => (i === 9 ? byte ^ 1 : byte))]));
  await add('a certificate signed by another identity', 'device', 1, tablet, certify([x, (await makeDevice(ben.identity, 3, fixed('n') as Bytes)).certificate[1]]));
  await add('a certificate for another device', 'device', 1, tablet, certify((await makeDevice(ann.identity, 3, fixed('other device') as Bytes)).certificate));
  await add('capabilities that do not exist', 'device', 1, tablet, certify((await makeDevice(ann.identity, 16, fixed('c') as Bytes)).certificate));
  await add('another device signs', 'signature', 5, ben.device, { ...commit(), deviceId: ann.device.deviceId });
  await add('a certificate that another device brings', 'signature', 1, ann.device, { ...certify(tablet.certificate), deviceId: tablet.deviceId });
  await add('signed under another label', 'signature', 1, ann.device, { ...commit(), label: 'rp1/sig/link' });

  // role, capability
  await add('a reader commits', 'role', 6, cleo.device, commit());
  await add('somebody removed commits', 'role', 33, cleo.device, commit());
  await add('a writer sweeps', 'role', 7, ben.device, sweep(1, log));
  await add('an admin rekeys', 'role', 11, ben.device, await rekey(log, 11, []));
  await add('an admin lays down a policy', 'role', 11, ben.device, { type: 4, body: policyBody(1) });
  await add('an admin purges', 'role', 12, ben.device, { type: 7, body: new Map<number, DcborValue>([[1, attached(5, random(32))], [2, 1]]) });
  await add('somebody removed gives a sign of life', 'role', 33, cleo.device, { type: 5, body: new Map() });
  await add('a device without that capability sweeps', 'capability', 3, tablet, sweep(1, log));
  await add('a device that may only commit lays down a policy', 'role', 35, phone, { type: 4, body: policyBody(1) });

  // change
  await add('seen: an entry that is yet to come', 'change', 3, ann.device, withBody((body) => body.set(5, [[tablet.deviceId, 4, random(32)]])));
  await add('seen: a device nobody knows', 'change', 3, ann.device, withBody((body) => body.set(5, [[random(32), 1, random(32)]])));
  await add('an epoch left out', 'change', 4, ann.device, await rekey(log, 4, [], (body) => body.set(1, 4)));
  await add('the old epoch again', 'change', 4, ann.device, await rekey(log, 4, [], (body) => body.set(1, 2)));
  await add('a rekey that loses the root', 'change', 4, ann.device, await rekey(log, 4, [], (body) => void body.delete(5)));
  await add('a rekey that brings a root before there is one', 'change', 0, ann.device, await rekey(log, 0, [], (body) => body.set(5, random(340))));
  await add('a rekey without wraps', 'change', 4, ann.device, await rekey(log, 4, [], (body) => void body.delete(4)));
  await add('a rekey at home with wraps', 'change', 1, ann.device, await rekey(home, 1, [], (body) => body.set(4, random(32))), home);
  await add('a second member at home', 'change', 1, ann.device, await rekey(home, 1, [[dora, 4]]), home);
  await add('nobody left at home', 'change', 1, ann.device, await rekey(home, 1, [[ann, 0]]), home);
  await add('the last owner steps down', 'change', 4, ann.device, await rekey(log, 4, [[ann, 3]]));
  await add('the last owner leaves', 'change', 4, ann.device, await rekey(log, 4, [[ann, 0]]));
  await add('somebody is removed who is not there', 'change', 4, ann.device, await rekey(log, 4, [[dora, 0]]));
  await add('a member without a KEM record', 'change', 4, ann.device, await rekey(log, 4, [[dora, 1]], (body) => void body.delete(7)));
  await add('an identity of small order', 'change', 4, ann.device, await rekey(log, 4, [], smallOrder));
  const ending = async (user: TestUser, device: TestDevice): Promise<Forgery> => ({
    type: 3,
    body: new Map([[2, (await signRevocation(user.identity, { deviceId: device.deviceId, timeMs: 5 })) as DcborValue]]),
  });
  await add('a device without that capability ends another', 'change', 3, tablet, await ending(ann, ann.device));
  await add('the end of a device of somebody else', 'change', 6, ann.device, await ending(ann, ben.device));
  await add('an end that somebody else has signed', 'change', 6, ann.device, await ending(ben, tablet));
  await add('the end of a device that has ended', 'change', 14, ann.device, await ending(ann, tablet));
  await add('the end of a device nobody knows', 'change', 6, ann.device, await ending(ann, phone));
  await add('a sweep before the first commit', 'change', 0, ann.device, sweep(0, log));
  await add('a sweep of itself', 'change', 11, ben.device, sweep(12, log));
  await add('a sweep behind the one before', 'change', 37, ben.device, sweep(35, log));

  // attachments
  await add('adds that are not there', 'attachment', 1, ann.device, withBody((body) => body.set(2, attached(1, random(32))).set(3, 1)));
  const [low, high] = [fixed('a'), fixed('b')].toSorted(Buffer.compare) as [Bytes, Bytes];
  const ids = (...list: Bytes[]): Bytes => new Uint8Array(Buffer.concat(list));
  const adds = (list: Bytes, count: number, given = list): Forgery => ({
    ...withBody((body) => body.set(2, attached(1, list)).set(3, count)),
    attachments: new Map([[1, given]]),
  });
  await add('other adds', 'attachment', 1, ann.device, adds(low, 1, high));
  await add('adds in another order', 'attachment', 1, ann.device, adds(ids(high, low), 2));
  await add('adds that repeat', 'attachment', 1, ann.device, adds(ids(low, low), 2));
  await add('another number of adds', 'attachment', 1, ann.device, adds(ids(low, high), 3));
  await add('a delta that nobody named', 'attachment', 1, ann.device, { ...commit(), attachments: new Map([[2, low]]) });
  const table = random(9_215);
  await add('a live table of 9,215 bytes', 'attachment', 11, ben.device, { ...sweep(10, log, table), attachments: new Map([[6, table]]) });
  const good = await rekey(log, 4, []);
  const wraps = (good.attachments as Map<number, Bytes>).get(3) as Bytes;
  await add('wraps of another length', 'attachment', 4, ann.device, rewrapped(good, wraps.slice(0, -1)));
  await add('no wrap for a member', 'attachment', 4, ann.device, rewrapped(good, encodeDcbor([])));
  const foreign = await rekey(log, 4, [[dora, 1]]);
  await add('another KEM record', 'attachment', 4, ann.device, rerecorded(foreign, [ann.kemRecord]));
  await add('a KEM record too many', 'attachment', 4, ann.device, rerecorded(foreign, [dora.kemRecord, ann.kemRecord]));
  return cases;
}

function placeOf(log: TestLog, seq: number): ForgedPlace {
  const states = log.states.slice(0, seq + 1);
  const last = states.at(-1) as LogState;
  return { space: last.space, ids: states.map(({ head }) => head), epoch: last.epoch };
}

function policyBody(version: number, days = 30, padding = 0): DcborValue {
  return new Map([[1, version], [2, 1], [3, days], [4, padding]]);
}

function certify(certificate: readonly [Bytes, Bytes]): Forgery {
  return { type: 3, body: new Map([[1, certificate as DcborValue]]) };
}

function sweep(seq: number, log: TestLog, table: Bytes = random(9_216)): Forgery {
  const body = new Map<number, DcborValue>([[1, seq], [2, log.states[seq]?.head as Bytes], [4, 0], [5, attached(6, table)]]);
  return { type: 6, body, attachments: new Map([[6, table]]) };
}

/** A rekey that would be right, then edited. */
async function rekey(
  log: TestLog,
  seq: number,
  roles: readonly (readonly [TestUser, 0 | 1 | 2 | 3 | 4])[],
  edit: (body: Fields) => unknown = () => {},
): Promise<Forgery> {
  const state = log.states[seq] as LogState;
  const draft = await rekeyDraft(state, roles, random);
  const records = encodeDcbor(draft.kemRecords as DcborValue);
  const body: Fields = new Map<number, DcborValue>([
    [1, state.epoch + 1],
    [2, random(32)],
    [3, draft.changes.map(({ identityKey, role, kemHash }) => [identityKey, role, kemHash])],
  ]);
  const attachments = new Map<number, Bytes>();
  if (draft.wraps) (body.set(4, attached(3, draft.wraps)), attachments.set(3, draft.wraps));
  if (draft.root) body.set(5, draft.root);
  if (draft.kemRecords.length > 0) (body.set(7, attached(4, records)), attachments.set(4, records));
  edit(body);
  return { type: 2, body, attachments };
}

function smallOrder(body: Fields): void {
  const identity = Uint8Array.of(1, ...new Uint8Array(31));
  body.set(3, [[identity, 1, random(32)]]).set(7, random(32));
}

function rewrapped(forgery: Forgery, wraps: Bytes): Forgery {
  const body = new Map(forgery.body as Fields).set(4, attached(3, wraps));
  return { ...forgery, body, attachments: new Map([...(forgery.attachments ?? []), [3, wraps]]) };
}

function rerecorded(forgery: Forgery, records: readonly Bytes[]): Forgery {
  const bytes = encodeDcbor(records as DcborValue);
  const body = new Map(forgery.body as Fields).set(7, attached(4, bytes));
  return { ...forgery, body, attachments: new Map([...(forgery.attachments ?? []), [4, bytes]]) };
}

function brokenEnvelopes(log: TestLog): VectorCase[] {
  const { entry, signature, attachments } = log.envelopes[2] as Envelope;
  const raw = (name: string, step: string, bytes: Uint8Array): VectorCase => ({
    name,
    verdict: 'refused',
    code: 'log-refused',
    step,
    after: 'entry 1',
    envelope: hex(bytes),
  });
  const good = encodeDcbor([entry, signature, attachments]);
  return [
    raw('no bytes', 'form', new Uint8Array()),
    raw('an envelope of two parts', 'form', encodeDcbor([entry, signature])),
    raw('an envelope cut short', 'form', good.slice(0, -1)),
    raw('a byte after the envelope', 'form', new Uint8Array([...good, 0])),
    raw('a signature of 63 bytes', 'form', encodeDcbor([entry, signature.slice(1), attachments])),
    raw('attachments in a list', 'form', encodeDcbor([entry, signature, []])),
    raw('an attachment that is text', 'form', encodeDcbor([entry, signature, new Map([[1, 'x']])])),
    raw('an entry that is not dCBOR', 'form', encodeDcbor([entry.slice(0, -1), signature, attachments])),
    raw('an entry with its first key in a longer form', 'form', encodeDcbor([new Uint8Array([entry[0] as number, 0x18, 1, ...entry.slice(2)]), signature, attachments])),
  ];
}
