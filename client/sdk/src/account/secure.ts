// "Secure my account": a new master key, a new epoch of the home, new ways in. What a thief has of the former ones opens nothing that comes
// after. Killed at any point, either the former ways open the account or the new ones do. spec/accounts.md "Securing an account".
import { formatBase64url, formatHex } from '@reprise/kit';
import {
  advanceLog,
  encodeEnvelope,
  type Envelope,
  epochCommitment,
  Failure,
  kemRecordHash,
  type LogState,
  roles,
  sha256,
  signKemRecord,
  writeEntry,
} from '@reprise/protocol/formats';
import { homeEpochKey, kemPublicOf, nextPlace, openRoot, sealHistory, sealRoot } from '@reprise/vault';
import {
  type AccountKeys,
  type DeviceRecord,
  encodeDeviceRecord,
  formatAccountCode,
  formatKit,
  parseKit,
  recoveryDoor,
  recoveryKek,
  sealSlot,
  type SlotContent,
} from '@reprise/vault/account';
import { epochKeys } from '../drive/epoch-keys.ts';
import type { FollowedLog } from '../drive/followed-log.ts';
import { AccountChanges } from './change.ts';
import { type OpenedDoor, withDoor } from './checkpoint.ts';
import { keepFormerSeed } from './keyring-file.ts';
import { followHome, homeOf, pointOf } from './home-log.ts';
import { type AccountPorts, deviceOf, drawKeys, identityOf, type OpenedAccount, openRecord, sealForDevice } from './opened.ts';
import { isUnder, settleKeys, takeNext } from './settle-keys.ts';
import { registerPassword } from './password.ts';

/** New keys for an account, drawn and in force nowhere yet. */
export type SecurePlan = {
  readonly keys: AccountKeys;
  /** The new account code, as it is printed. */
  readonly code: string;
  /** 24 words, which open the account as soon as it is secured; the person keeps them before that. */
  readonly kit: readonly string[];
};

/** How the account is to open once it is secured. */
export type SecureWish = {
  /** Seven words of `drawPhrase`, or a password of one's own. */
  readonly password: string;
  readonly signal?: AbortSignal | undefined;
  /** `key`: the password is stretched; `account`: devices end and keys change. */
  readonly onStep?: ((step: 'key' | 'account') => void) | undefined;
};

/** Others may go on writing while the password is stretched. */
const roundsMax = 16;

/** Draws what is to be in force, or takes up what an attempt that was cut short had drawn. Changes nothing at the server. */
export async function planSecuring(ports: AccountPorts, account: OpenedAccount, signal?: AbortSignal): Promise<SecurePlan> {
  const { keys: former, record } = await settleKeys(ports, account, signal);
  const { random } = ports.connection;
  const drawn = { ...drawKeys(random), identitySeed: former.identitySeed, kem: { number: former.kem.number + 1, seed: random(32) } };
  const keys = record.next ? (await openRecord(ports, { ...record, slot: record.next })).keys : drawn;
  return { keys, code: formatAccountCode({ locator: record.locator, secret: keys.codeSecret }), kit: formatKit(random(32)) };
}

/**
 * Ends every other device and every way into the account, and begins a new epoch under new keys. Called again after it failed, it goes on.
 * @returns the account with its new keys; what was opened before reads no further
 * @throws Failure role-refused for a device without the capabilities for it; drive-frozen, head-conflict, over-quota, network …
 */
export async function secureAccount(
  ports: AccountPorts,
  account: OpenedAccount,
  plan: SecurePlan,
  wish: SecureWish,
): Promise<OpenedAccount> {
  const { signal } = wish;
  const former = await settleKeys(ports, account, signal);
  wish.onStep?.('account');
  const next = await keepNext(ports, former, plan.keys);
  for (let round = 1; ; round++) {
    const log = await beAlone(ports, former, plan.keys, signal);
    const rekey = await writeRekey(ports, former, log, plan.keys);
    wish.onStep?.('key');
    let door: OpenedDoor;
    try {
      door = await changeWays(ports, former, rekey, plan, wish);
    } catch (error) {
      if (!(error instanceof Failure && error.code === 'head-conflict') || round >= roundsMax) throw error;
      continue;
    }
    await log.accept(rekey.state, rekey.envelope);
    const secured = await takeNext(ports, next, plan.keys, pointOf(rekey.state));
    const record = await withDoor(ports, secured.record, door, rekey.state.seq);
    await ports.store.save(encodeDeviceRecord(record));
    return { ...secured, record };
  }
}

/** The new keys lie on this device before anybody else hears of them: an answer that is lost takes nothing with it. */
async function keepNext(ports: AccountPorts, { record, session }: OpenedAccount, keys: AccountKeys): Promise<DeviceRecord> {
  if (record.next) return record;
  const content = { keys, userId: record.userId, homeSpace: record.homeSpace, checkpoint: session.start };
  const kept = { ...record, next: await sealForDevice(ports, content) };
  await ports.store.save(encodeDeviceRecord(kept));
  return kept;
}

/** Ends the others, and then writes down what they could have spoilt before. @returns the log at an entry after which this device is the only one */
async function beAlone(
  ports: AccountPorts,
  account: OpenedAccount,
  next: AccountKeys,
  signal: AbortSignal | undefined,
): Promise<FollowedLog> {
  for (let round = 1; round <= roundsMax; round++) {
    const { state } = await endOthers(ports, account, signal);
    // An earlier attempt came through after all: its password counts, and this one begins anew.
    if (await isUnder(ports.engine, state, next)) throw new Failure('head-conflict', { seq: state.seq });
    // What was wrapped for the former seed is to open later too.
    await keepFormerSeed(ports, account, next, signal);
    const log = await followHome(homeOf(ports, account), signal);
    if (othersIn(log.state, account).length === 0) return log;
  }
  throw new Failure('head-conflict', { rounds: roundsMax });
}

/** @returns the log at an entry after which this device is the only one */
async function endOthers(ports: AccountPorts, account: OpenedAccount, signal: AbortSignal | undefined): Promise<FollowedLog> {
  const changes = new AccountChanges(ports, account);
  for (;;) {
    const log = await followHome(homeOf(ports, account), signal);
    const others = othersIn(log.state, account);
    if (others.length === 0) return log;
    for (const device of others) await changes.revokeDevice(device, signal);
  }
}

/** Devices of the account that are in force beside this one. */
function othersIn({ devices }: LogState, { session: { deviceId, userId } }: OpenedAccount) {
  return [...devices].flatMap(([device, facts]) =>
    facts.userId === userId && facts.revokedAtSeq === null && device !== deviceId ? [device] : [],
  );
}

type Rekey = { readonly state: LogState; readonly envelope: Envelope };

/** The tree stays as it is: its root is sealed again, and the key before goes along for who holds the new one. */
async function writeRekey(
  ports: AccountPorts,
  { session, keys: former }: OpenedAccount,
  log: FollowedLog,
  keys: AccountKeys,
): Promise<Rekey> {
  const { engine, connection } = ports;
  const { state } = log;
  log.assertWritable();
  const keyOf = epochKeys(engine, log, session.epochKey);
  const place = nextPlace(state, state.epoch + 1);
  const key = await homeEpochKey(engine, keys.amk, place.epoch);
  const root = state.root && (await openRoot(engine, await keyOf(state.root.epoch), state.space, state.root));
  const identity = await identityOf(former);
  const kemRecord = await signKemRecord(identity, { kemPublic: kemPublicOf(keys.kem.seed), number: keys.kem.number });
  const draft = {
    type: 'rekey',
    epochCommitment: await epochCommitment(state.space, key, place.epoch),
    changes: [{ identityKey: identity.publicKey, role: roles.owner, kemHash: await kemRecordHash(kemRecord) }],
    wraps: null,
    root: root && (await sealRoot(engine, key, place, root, connection.random)),
    history: await sealHistory(engine, key, place, await keyOf(state.epoch), connection.random),
    kemRecords: [kemRecord],
  } as const;
  const envelope = await writeEntry(state, session.author.device, draft, connection.serverNow());
  return { state: (await advanceLog(state, envelope, 'all')).state, envelope };
}

/** One request: the epoch begins and the ways into it are there, or neither. */
async function changeWays(
  ports: AccountPorts,
  account: OpenedAccount,
  { state, envelope }: Rekey,
  plan: SecurePlan,
  { password, signal }: SecureWish,
): Promise<OpenedDoor> {
  const { connection } = ports;
  const call = { params: {}, device: deviceOf(account), signal };
  const { userId, homeSpace } = account.record;
  const content: SlotContent = { keys: plan.keys, userId, homeSpace, checkpoint: pointOf(state) };
  const { slots } = await connection.call('account.slots', call);
  const version = Math.max(0, ...slots.map((slot) => slot.version)) + 1;
  const { record, slot, door } = await registerPassword(ports, password, content, version, signal);
  const kit = await kitSlot(ports, plan.kit, content);
  const body = { entry: formatBase64url(encodeEnvelope(envelope)), record, password: slot, slots: [kit] };
  await connection.call('account.secure', { ...call, body });
  return door;
}

async function kitSlot({ engine, connection }: AccountPorts, words: readonly string[], content: SlotContent) {
  const entropy = parseKit(words.join(' '));
  const { finder, token } = await recoveryDoor(engine, entropy);
  const place = { userId: content.userId, slotId: connection.random(16), version: 1 };
  const kek = await recoveryKek(engine, entropy, content.userId);
  return {
    type: 'recovery' as const,
    slot: formatHex(place.slotId),
    version: place.version,
    sealed: formatBase64url(await sealSlot(engine, 'recovery', kek, place, content, connection.random)),
    finder: formatBase64url(finder),
    tokenHash: formatBase64url(await sha256(token)),
  };
}
