// Spaces for tests: real identities and devices with fixed or random seeds, and a log that grows by real entries.
import { createHash } from 'node:crypto';
import { type Bytes, compareBytes, concatBytes, type RandomBytes, systemRandom } from '@reprise/kit';
import { allCapabilities, deviceIdOf, type SignedCertificate, signCertificate, userIdOf } from '../certificate.ts';
import { epochCommitment } from '../genesis.ts';
import { kemPublicBytes, kemRecordHash, signKemRecord } from '../kem-record.ts';
import { advanceLog } from '../log/advance.ts';
import { encodeWraps, joinSortedIds } from '../log/attachments.ts';
import { type MemberChange, type Role, roles, sealedRootBytes, type SpaceKind, spaceKinds } from '../log/body.ts';
import type { Envelope } from '../log/envelope.ts';
import { startLog } from '../log/start.ts';
import type { LogState } from '../log/state.ts';
import { type Draft, writeEntry, writeGenesis } from '../log/write.ts';
import { importSigningKey, type SigningKey } from '../signature.ts';

export const testTimeMs = 1_700_000_000_000;

export type TestDevice = SigningKey & { readonly deviceId: Bytes; readonly certificate: SignedCertificate };
export type TestUser = { readonly identity: SigningKey; readonly userId: Bytes; readonly kemRecord: Bytes; readonly device: TestDevice };

/** Bytes that look random and are the same in every run: SHA-256 of the name and a counter. */
export function countingRandom(name: string): RandomBytes {
  let count = 0;
  return (length) => {
    const blocks: Uint8Array[] = [];
    for (let i = 0; i * 32 < length; i++) blocks.push(createHash('sha256').update(`${name} ${count++}`).digest());
    return concatBytes(...blocks).slice(0, length) as Bytes;
  };
}

export async function makeDevice(identity: SigningKey, caps = allCapabilities, seed = systemRandom(32)): Promise<TestDevice> {
  const key = await importSigningKey(seed);
  const certificate = await signCertificate(identity, { devicePublic: key.publicKey, createdMs: testTimeMs, caps });
  return { ...key, deviceId: await deviceIdOf(key.publicKey), certificate };
}

export async function makeUser(random = systemRandom): Promise<TestUser> {
  const identity = await importSigningKey(random(32));
  return {
    identity,
    userId: await userIdOf(identity.publicKey),
    kemRecord: await signKemRecord(identity, { kemPublic: random(kemPublicBytes), number: 0 }),
    device: await makeDevice(identity, allCapabilities, random(32)),
  };
}

/** A log in a test's hands: every entry it holds was judged. */
export class TestLog {
  readonly envelopes: Envelope[];
  readonly states: LogState[];

  constructor(genesis: Envelope, state: LogState) {
    this.envelopes = [genesis];
    this.states = [state];
  }

  get state(): LogState {
    return this.states.at(-1) as LogState;
  }

  /** Writes an entry and takes it in. @throws Failure log-refused */
  async add(device: SigningKey, draft: Draft): Promise<LogState> {
    return this.take(await writeEntry(this.state, device, draft, testTimeMs + this.state.seq + 1));
  }

  async take(envelope: Envelope): Promise<LogState> {
    const { state } = await advanceLog(this.state, envelope, 'all');
    this.envelopes.push(envelope);
    this.states.push(state);
    return state;
  }
}

export async function makeSpace(owner: TestUser, kind: SpaceKind = spaceKinds.drive, random = systemRandom): Promise<TestLog> {
  const nonce = random(32);
  const { envelope } = await writeGenesis(owner.device, {
    kind,
    identityKey: owner.identity.publicKey,
    certificate: owner.device.certificate,
    nonce,
    policy: { versionMin: 1, suiteMin: 1, retentionDays: 30, paddingMode: 0 },
    epochCommitment: await epochCommitment(nonce, random(32)),
    kemRecord: kind === spaceKinds.anonymous ? null : owner.kemRecord,
    timeMs: testTimeMs,
  });
  return new TestLog(envelope, await startLog(envelope, 'all'));
}

/** A commit whose root and ids are made of random bytes: the log cannot tell. */
export function commitDraft(adds = 1, random = systemRandom): Draft & { readonly type: 'commit' } {
  const ids = joinSortedIds(Array.from({ length: adds }, () => random(32)));
  return { type: 'commit', root: random(sealedRootBytes), adds: ids, delta: null };
}

/** A rekey that gives these users these roles, with wraps of random bytes for everybody who is then a member. */
export async function rekeyDraft(
  state: LogState,
  roleOf: readonly (readonly [TestUser, Role])[],
  random = systemRandom,
): Promise<Draft & { readonly type: 'rekey' }> {
  const sorted = roleOf.toSorted(([a], [b]) => compareBytes(a.identity.publicKey, b.identity.publicKey));
  const changes: MemberChange[] = [];
  const after = new Set(state.members.keys() as Iterable<string>);
  for (const [user, role] of sorted) {
    const kemHash = role === roles.removed ? null : await kemRecordHash(user.kemRecord);
    changes.push({ identityKey: user.identity.publicKey, role, kemHash });
    const userId = Buffer.from(user.userId).toString('hex');
    if (role === roles.removed) after.delete(userId);
    else after.add(userId);
  }
  const wraps = [...after].map((userId) => ({
    userId: new Uint8Array(Buffer.from(userId, 'hex')),
    enc: random(1_120),
    ciphertext: random(48),
  }));
  return {
    type: 'rekey',
    epochCommitment: random(32),
    changes,
    wraps: state.kind === spaceKinds.home ? null : encodeWraps(wraps),
    root: state.root && random(sealedRootBytes),
    history: null,
    kemRecords: sorted.filter(([, role]) => role !== roles.removed).map(([user]) => user.kemRecord),
  };
}
