// Random logs, right and wrong in every part, put to the implementation and to the model: one verdict on every entry.
// Seeds are fixed, so that a run is the same each time.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type Bytes, formatHex } from '@reprise/kit';
import { signRevocation } from '../certificate.ts';
import type { DcborValue } from '../dcbor.ts';
import { Failure } from '../failures.ts';
import { kemRecordHash } from '../kem-record.ts';
import { attached, type Fields, type Forgery, forge } from '../testing/forgery.ts';
import { LogModel, type ModelVerdict } from '../testing/log-model.ts';
import { countingRandom, makeDevice, makeSpace, makeUser, rekeyDraft, type TestDevice, type TestUser } from '../testing/spaces.ts';
import { advanceLog } from './advance.ts';
import { encodeKemRecords, encodeWraps, joinSortedIds } from './attachments.ts';
import { roles, type SpaceKind, spaceKinds } from './body.ts';
import { decodeEnvelope, encodeEnvelope } from './envelope.ts';
import { logSteps } from './refusal.ts';
import type { LogState } from './state.ts';

const random = countingRandom('logs of the model');
const stepsSeen = new Map<string, number>();

/** Numbers from which an entry is made; what they mean depends on its type. */
const action = fc.record({
  type: fc.constantFrom(0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 4, 5, 6, 7, 8),
  device: fc.nat(7),
  user: fc.nat(4),
  other: fc.nat(7),
  role: fc.nat(4),
  count: fc.nat(3),
  oddity: fc.nat(7),
  corruption: fc.nat(79),
});
type Action = typeof action extends fc.Arbitrary<infer Value> ? Value : never;

describe('the implementation and the model', () => {
  for (const kind of Object.values(spaceKinds))
    test(`reach one verdict on every entry of a space of kind ${kind}`, { timeout: 540_000 }, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(action, { minLength: 30, maxLength: 40 }), async (actions) => compare(kind, actions)),
        { numRuns: kind === spaceKinds.drive ? 40 : 12, seed: 20_261_122 },
      );
    });

  test('looked at every rule but that of size', () => {
    const unseen = logSteps.filter((step) => step !== 'size' && !stepsSeen.has(step));
    assert.deepEqual(unseen, [], JSON.stringify([...stepsSeen]));
    assert.ok((stepsSeen.get('valid') ?? 0) > 100);
  });
});

async function compare(kind: SpaceKind, actions: readonly Action[]): Promise<void> {
  const users: TestUser[] = [];
  for (let i = 0; i < 4; i++) users.push(await makeUser(random));
  const devices: (TestDevice & { readonly user: TestUser })[] = [];
  for (const [i, user] of users.entries())
    devices.push({ ...user.device, user }, { ...(await makeDevice(user.identity, [3, 9, 0, 4][i], random(32))), user });
  const log = await makeSpace(users[0] as TestUser, kind, random);
  const owner = users[0] as TestUser;
  // Most of what may happen needs members and devices, so they are there from the start.
  if (kind === spaceKinds.drive || kind === spaceKinds.chat) {
    const others = [
      [users[1] as TestUser, roles.admin],
      [users[2] as TestUser, roles.writer],
    ] as const;
    await log.add(owner.device, await rekeyDraft(log.state, others, random));
    for (const device of devices.slice(1, 5)) await log.add(device, { type: 'device', certificate: device.certificate });
  }
  const model = new LogModel();
  for (const envelope of log.envelopes) assert.ok('id' in model.judge(encodeEnvelope(envelope), true));
  for (const one of actions) {
    const bytes = encodeEnvelope(
      corrupted(
        one,
        await build(
          log.state,
          log.states.map(({ head }) => head),
          users,
          devices,
          one,
        ),
      ),
    );
    const verdict = await judge(log.state, bytes);
    const wanted = model.judge(bytes, true);
    const step = 'step' in verdict ? verdict.step : 'valid';
    stepsSeen.set(step, (stepsSeen.get(step) ?? 0) + 1);
    assert.deepEqual('id' in verdict ? { id: verdict.id } : verdict, wanted, JSON.stringify(one));
    if ('state' in verdict) log.states.push(verdict.state);
  }
}

async function judge(state: LogState, bytes: Bytes): Promise<ModelVerdict & { readonly state?: LogState }> {
  try {
    const advanced = await advanceLog(state, decodeEnvelope(bytes), 'all');
    return { id: formatHex(advanced.id), state: advanced.state };
  } catch (error) {
    if (error instanceof Failure && error.code === 'log-refused') return { step: String(error.facts['step']) };
    throw error;
  }
}

type World = readonly (TestDevice & { readonly user: TestUser })[];

async function build(state: LogState, ids: readonly Bytes[], users: readonly TestUser[], devices: World, one: Action) {
  const device = devices[one.device] as World[number];
  const { signer = device, ...forgery } = await forgeryOf(state, ids, users, devices, device, one);
  const edit = (fields: Fields): void => corrupt(fields, one);
  const label = one.corruption === 1 ? 'rp1/sig/link' : 'rp1/sig/log';
  const forger = one.corruption === 2 ? (devices[one.other] as TestDevice) : signer;
  const place = { space: state.space, ids, epoch: state.epoch };
  return forge(place, forger, { ...forgery, edit, label, deviceId: signer.deviceId });
}

async function forgeryOf(
  state: LogState,
  ids: readonly Bytes[],
  users: readonly TestUser[],
  devices: World,
  device: World[number],
  one: Action,
): Promise<Forgery & { readonly signer?: TestDevice }> {
  const odd = one.oddity;
  switch (one.type) {
    case 1:
      return commit(state, devices, one);
    case 2:
      return rekey(state, users, one);
    case 3: {
      const target = devices[one.other] as World[number];
      // Devices mostly bring their own certificate; a device that is known is mostly ended by itself or its owner.
      const known = state.devices.has(formatHex(target.deviceId) as never);
      const member = odd === 1 ? (users[one.user % 4] as TestUser) : target.user;
      if (!known || odd === 2)
        return { type: 3, body: new Map([[1, target.certificate as DcborValue]]), signer: odd === 3 ? device : target };
      const revocation = await signRevocation(member.identity, { deviceId: target.deviceId, timeMs: 5 });
      return {
        type: 3,
        body: new Map([[2, revocation as DcborValue]]),
        signer: odd === 4 ? device : (devices[one.other & 6] as TestDevice),
      };
    }
    case 4:
      return {
        type: 4,
        body: new Map([
          [1, odd === 7 ? 2 : 1],
          [2, 1],
          [3, one.count * 12_345],
          [4, odd === 6 ? 1 : 0],
        ]),
      };
    case 5:
      return { type: 5, body: new Map<number, DcborValue>(odd === 7 ? [[1, 0]] : odd === 6 ? [[100, 'kept']] : []) };
    case 6: {
      const swept = joinSortedIds(Array.from({ length: one.count }, () => random(32)));
      const table = random(odd === 7 ? 9_215 : 9_216);
      const n = odd < 5 ? state.seq - one.count : state.seq - 4 + odd;
      const body: Fields = new Map<number, DcborValue>([
        [1, Math.max(0, n)],
        [2, ids[one.other] ?? random(32)],
        [4, one.count],
        [5, attached(6, table)],
      ]);
      if (one.count > 0) body.set(3, attached(5, swept));
      return {
        type: 6,
        body,
        attachments: new Map(
          one.count > 0
            ? [
                [5, swept],
                [6, table],
              ]
            : [[6, table]],
        ),
      };
    }
    case 7: {
      const purged = joinSortedIds(Array.from({ length: one.count }, () => random(32)));
      return {
        type: 7,
        body: new Map<number, DcborValue>([
          [1, attached(5, purged)],
          [2, one.count],
        ]),
        attachments: new Map([[5, purged]]),
      };
    }
    default:
      return { type: one.type, body: new Map() };
  }
}

function commit(state: LogState, devices: World, one: Action): Forgery {
  const adds = joinSortedIds(Array.from({ length: one.count }, () => random(32)));
  const delta = random(one.oddity === 1 ? 65_537 : 1_108);
  const body: Fields = new Map<number, DcborValue>([
    [1, random(one.oddity === 7 ? 339 : 340)],
    [3, one.count],
  ]);
  const attachments = new Map<number, Uint8Array>();
  if (one.count > 0) {
    body.set(2, attached(1, adds));
    attachments.set(1, adds);
  }
  if (one.oddity < 3) {
    body.set(4, attached(2, delta));
    attachments.set(2, delta);
  }
  const heard = [devices[one.other], devices[one.user]].map((device) => (device as TestDevice).deviceId);
  const seen = heard
    .toSorted(Buffer.compare)
    .slice(one.oddity === 4 ? 0 : 1)
    .map((id) => [id, Math.max(0, state.seq - one.count + (one.role === 4 ? 4 : 0)), random(32)]);
  if (one.oddity === 3 || one.oddity === 4) body.set(5, seen);
  if (one.oddity === 5 && one.role === 0) body.set(5, []);
  return { type: 1, body, attachments };
}

async function rekey(state: LogState, users: readonly TestUser[], one: Action): Promise<Forgery> {
  const { oddity } = one;
  const chosen = one.count === 0 ? [] : one.count === 1 ? [one.user % 4] : [...new Set([one.user % 4, one.other % 4])];
  const roleOf = (i: number): number => (i === 0 ? Math.max(one.role, oddity === 1 ? 0 : 3) : one.role);
  const sorted = chosen
    .map((i) => ({ user: users[i] as TestUser, role: roleOf(i) }))
    .sort((a, b) => Buffer.compare(a.user.identity.publicKey, b.user.identity.publicKey));
  const changes: DcborValue[] = [];
  const after = new Set<string>(state.members.keys());
  for (const { user, role } of oddity === 2 ? sorted.toReversed() : sorted) {
    changes.push([user.identity.publicKey, role, role === 0 ? null : await kemRecordHash(user.kemRecord)]);
    if (role === 0) after.delete(formatHex(user.userId));
    else after.add(formatHex(user.userId));
  }
  if (oddity === 3) after.delete([...after][0] as string);
  const wraps = encodeWraps(
    [...after].map((id) => ({ userId: new Uint8Array(Buffer.from(id, 'hex')), enc: random(1_120), ciphertext: random(48) })),
  );
  const put = sorted.filter(({ role }) => role > 0);
  const records = encodeKemRecords(put.map(({ user }, i) => (oddity === 4 && i === 0 ? (users[0] as TestUser).kemRecord : user.kemRecord)));
  const body: Fields = new Map<number, DcborValue>([
    [1, state.epoch + (oddity === 5 ? 2 : 1)],
    [2, random(32)],
    [3, changes],
  ]);
  const attachments = new Map<number, Uint8Array>();
  const isHome = state.kind === spaceKinds.home;
  if (isHome === (oddity === 6 && one.role > 2)) {
    body.set(4, attached(3, wraps));
    attachments.set(3, wraps);
  }
  if ((state.root !== null) !== (oddity === 7 && one.role > 2)) body.set(5, random(340));
  if (one.user > 2) body.set(6, random(148));
  if (put.length > 0) {
    body.set(7, attached(4, records));
    attachments.set(4, records);
  }
  return { type: 2, body, attachments };
}

/** Most entries are left as they are. */
function corrupt(fields: Fields, { corruption, oddity }: Action): void {
  const key = 1 + ((oddity + corruption) % 11);
  if (corruption === 3) fields.delete(key);
  if (corruption === 4) fields.set(key, [0, 1, 2, random(32), 'x', -1, null, []][oddity] as DcborValue);
  if (corruption === 5) fields.set(12, 0);
  if (corruption === 6) fields.set(100, [random(3)]);
  if (corruption === 7) fields.set(3, random(32));
  if (corruption === 8) fields.set(4, (fields.get(4) as number) + 1 - 2 * (oddity % 2));
  if (corruption === 9) fields.set(5, random(32));
  if (corruption === 10) fields.set(6, [...(fields.get(6) as Bytes[]), random(32)]);
  if (corruption === 11) fields.set(6, (fields.get(6) as Bytes[]).slice(1));
  if (corruption === 12) fields.set(8, (fields.get(8) as number) + 1 - 2 * (oddity % 2));
  if (corruption === 13) fields.set(9, random(32));
  if (corruption === 14 || corruption === 15) {
    const body = new Map(fields.get(11) as Fields);
    if (corruption === 14) body.delete(1 + oddity);
    else body.set(1 + oddity, [0, -1, random(32), 'x', null, [[]], new Map(), 2 ** 33][oddity] as DcborValue);
    fields.set(11, body);
  }
  if (corruption === 16) fields.set(2, 2);
}

function corrupted({ corruption, oddity }: Action, envelope: Awaited<ReturnType<typeof forge>>): typeof envelope {
  const flip = (bytes: Bytes): Bytes => bytes.map((byte, i) => (i === oddity ? byte ^ 4 : byte));
  const attachments = new Map(envelope.attachments);
  if (corruption === 17) return { ...envelope, signature: flip(envelope.signature) };
  if (corruption === 18) return { ...envelope, entry: flip(envelope.entry) };
  if (corruption === 19) return { ...envelope, signature: envelope.signature.slice(1) };
  if (corruption === 20) attachments.set(oddity, random(32));
  if (corruption === 21) attachments.clear();
  if (corruption === 22) for (const [number, bytes] of attachments) attachments.set(number, flip(bytes));
  return { ...envelope, attachments };
}
