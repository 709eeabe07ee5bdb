// Opens an account: keys are drawn here, the password is proved to a server that never learns it, and account and home space come to be in one
// request. spec/accounts.md "Opening an account".
import { type Bytes, formatBase64url, formatHex } from '@reprise/kit';
import {
  allCapabilities,
  encodeEnvelope,
  type Envelope,
  entryId,
  epochCommitment,
  Failure,
  signCertificate,
  type SignedCertificate,
  signKemRecord,
  spaceKinds,
  userIdOf,
  writeGenesis,
} from '@reprise/protocol';
import { homeEpochKey, kemPublicOf } from '@reprise/vault';
import { type AccountKeys, drawLocator, normalizeName, type SlotContent } from '@reprise/vault/account';
import { withDoor } from './checkpoint.ts';
import { type AccountPorts, drawKeys, identityOf, keepRecord, markEnrolled, type OpenedAccount, openedAccount } from './opened.ts';
import { registerPassword } from './password.ts';
import type { LogPoint } from './session.ts';

/** How a new account is to be opened. */
export type SignUpWish = {
  /** A sign-in name; null: only the locator of the account code. */
  readonly name: string | null;
  /** Seven words of `drawPhrase`, or a password of one's own. */
  readonly password: string;
  readonly signal?: AbortSignal | undefined;
  /** `key`: the password is stretched, the slow part; `account`: the server is asked. */
  readonly onStep?: ((step: 'key' | 'account') => void) | undefined;
};

const locatorsMax = 4;

/**
 * The account is this device's from then on. Killed in between, the device knows at the next start whether the account came to be: `unlock`.
 * @throws Failure name-taken with facts.name; already-exists if this device has an account; network, rate-limited …
 */
export async function signUp(ports: AccountPorts, wish: SignUpWish): Promise<OpenedAccount> {
  if (await ports.store.load()) throw new Failure('already-exists', { reason: 'this device has an account' });
  const keys = drawKeys(ports.connection.random);
  const name = wish.name === null ? null : normalizeName(wish.name);
  for (let attempt = 1; ; attempt++) {
    const locator = drawLocator(ports.connection.random);
    try {
      return await openAccount(ports, wish, { keys, home: await drawHome(ports, keys), name, locator });
    } catch (error) {
      if (!(error instanceof Failure && error.code === 'name-taken')) throw error;
      await ports.store.erase();
      if (error.facts['name'] !== locator || attempt >= locatorsMax) throw error;
    }
  }
}

type Home = {
  readonly userId: Bytes;
  readonly identityKey: Bytes;
  readonly certificate: SignedCertificate;
  readonly space: Bytes;
  readonly envelope: Envelope;
  readonly start: LogPoint;
};

async function drawHome({ connection, engine, store }: AccountPorts, keys: AccountKeys): Promise<Home> {
  const identity = await identityOf(keys);
  const device = await store.signingKey();
  const timeMs = connection.clock.now();
  const certificate = await signCertificate(identity, { devicePublic: device.publicKey, createdMs: timeMs, caps: allCapabilities });
  const nonce = connection.random(32);
  const { space, envelope } = await writeGenesis(device, {
    kind: spaceKinds.home,
    identityKey: identity.publicKey,
    certificate,
    nonce,
    policy: { versionMin: 1, suiteMin: 1, retentionDays: 30, paddingMode: 0 },
    epochCommitment: await epochCommitment(nonce, await homeEpochKey(engine, keys.amk, 1)),
    kemRecord: await signKemRecord(identity, { kemPublic: kemPublicOf(keys.kem.seed), number: keys.kem.number }),
    timeMs,
  });
  const start = { seq: 0, head: await entryId(envelope.entry) };
  return { userId: await userIdOf(identity.publicKey), identityKey: identity.publicKey, certificate, space, envelope, start };
}

type Opening = { readonly keys: AccountKeys; readonly home: Home; readonly name: string | null; readonly locator: string };

async function openAccount(ports: AccountPorts, wish: SignUpWish, { keys, home, name, locator }: Opening): Promise<OpenedAccount> {
  const { connection } = ports;
  const { userId, identityKey, certificate, space, start } = home;
  const content: SlotContent = { keys, userId, homeSpace: space, checkpoint: start };
  wish.onStep?.('key');
  const password = await registerPassword(ports, wish.password, content, 1, wish.signal);
  wish.onStep?.('account');
  const fields = { origin: connection.origin, name: name ?? locator, locator, userId, identityKey, homeSpace: space, certificate };
  const record = await keepRecord(ports, fields, content);
  const genesis = formatBase64url(encodeEnvelope(home.envelope));
  const answer = await connection.call('accounts.create', {
    params: {},
    body: { locator, name, genesis, record: password.record, password: password.slot, slots: [] },
    signal: wish.signal,
  });
  if (answer.userId !== formatHex(userId) || answer.homeSpace !== formatHex(space))
    throw new Failure('bad-answer', { endpoint: 'accounts.create' });
  return openedAccount(ports, await markEnrolled(ports, await withDoor(ports, record, password.door, start.seq)), keys, start);
}
