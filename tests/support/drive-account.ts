// An account for stories about drives, opened without a password's slow work: its keys are drawn here, its home is real at the server.
import { type Bytes, formatBase64url, formatHex, systemRandom } from '@reprise/kit';
import { type DeviceId, formatId, idBytes, type SpaceId, type UserId } from '@reprise/protocol';
import {
  advanceLog,
  allCapabilities,
  decodeEnvelope,
  deviceIdOf,
  encodeEnvelope,
  epochCommitment,
  importSigningKey,
  type LogState,
  signCertificate,
  signRevocation,
  type SigningKey,
  slotBytes,
  spaceKinds,
  splitEnvelopes,
  startLog,
  userIdOf,
  writeEntry,
  writeGenesis,
} from '@reprise/protocol/formats';
import type { Connection } from '@reprise/sdk';
import type { AccountSession } from '@reprise/sdk/drive';
import { homeEpochKey, makeKemRecord } from '@reprise/vault';
import { nodeEngine } from '@reprise/vault/node';

const locatorLetters = '0123456789abcdefghjkmnpqrstvwxyz';

export class DriveAccount {
  readonly masterKey: Bytes;
  readonly identity: SigningKey;
  readonly userId: UserId;
  readonly homeSpace: SpaceId;
  readonly start: { readonly seq: number; readonly head: Bytes };
  readonly first: AccountSession;
  #state: LogState;

  private constructor(parts: { masterKey: Bytes; identity: SigningKey; userId: UserId; state: LogState; first: AccountSession }) {
    this.masterKey = parts.masterKey;
    this.identity = parts.identity;
    this.userId = parts.userId;
    this.homeSpace = formatId<SpaceId>(parts.state.space);
    this.start = { seq: parts.state.seq, head: parts.state.head };
    this.first = parts.first;
    this.#state = parts.state;
  }

  static async open(connection: Connection): Promise<DriveAccount> {
    const random = systemRandom;
    const masterKey = random(32);
    const identity = await importSigningKey(random(32));
    const device = await importSigningKey(random(32));
    const timeMs = Date.now();
    const certificate = await signCertificate(identity, { devicePublic: device.publicKey, createdMs: timeMs, caps: allCapabilities });
    const nonce = random(32);
    const { envelope } = await writeGenesis(device, {
      kind: spaceKinds.home,
      identityKey: identity.publicKey,
      certificate,
      nonce,
      policy: { versionMin: 1, suiteMin: 1, retentionDays: 30, paddingMode: 0 },
      epochCommitment: await epochCommitment(nonce, await homeEpochKey(nodeEngine, masterKey, 1)),
      kemRecord: await makeKemRecord(identity, random(32), 0),
      timeMs,
    });
    const state = await startLog(envelope, 'all');
    const text = (bytes: number) => formatBase64url(random(bytes));
    await connection.call('accounts.create', {
      params: {},
      body: {
        locator: Array.from(random(8), (byte) => locatorLetters[byte % 32]).join(''),
        name: null,
        genesis: formatBase64url(encodeEnvelope(envelope)),
        record: text(192),
        password: { slot: formatHex(random(16)), version: 1, sealed: text(slotBytes) },
        slots: [],
      },
    });
    const userId = formatId<UserId>(await userIdOf(identity.publicKey));
    const first = await sessionOf(connection, { masterKey, identityKey: identity.publicKey, userId, state, device, certificate });
    return new DriveAccount({ masterKey, identity, userId, state, first });
  }

  /** Another device of the account, certified in the log by an entry of its own. */
  async addDevice(connection: Connection, caps = allCapabilities): Promise<AccountSession> {
    const device = await importSigningKey(systemRandom(32));
    const certificate = await signCertificate(this.identity, { devicePublic: device.publicKey, createdMs: Date.now(), caps });
    await this.#append(connection, (log) => writeEntry(log, device, { type: 'device', certificate }, Date.now()));
    return sessionOf(connection, {
      masterKey: this.masterKey,
      identityKey: this.identity.publicKey,
      userId: this.userId,
      state: this.#state,
      device,
      certificate,
    });
  }

  /** Ends a device by an entry of the first one. */
  async revoke(device: DeviceId, connection: Connection): Promise<void> {
    const revocation = await signRevocation(this.identity, { deviceId: idBytes(device), timeMs: Date.now() });
    await this.#append(connection, (log, by) => writeEntry(log, by, { type: 'device', revocation }, Date.now()));
  }

  /** After all that is in the log. */
  async #append(connection: Connection, write: (log: LogState, by: SigningKey) => ReturnType<typeof writeEntry>): Promise<void> {
    const { device } = this.first.author;
    const asked = { ...device, deviceId: await deviceIdOf(device.publicKey) };
    const call = { params: { space: this.homeSpace }, device: asked };
    for (;;) {
      const page = splitEnvelopes(await connection.call('spaces.log', { ...call, body: { from: this.#state.seq + 1 } }));
      if (page.length === 0) break;
      for (const bytes of page) ({ state: this.#state } = await advanceLog(this.#state, decodeEnvelope(bytes)));
    }
    const envelope = await write(this.#state, device);
    const { state } = await advanceLog(this.#state, envelope, 'all');
    await connection.call('spaces.append', { ...call, body: encodeEnvelope(envelope) });
    this.#state = state;
  }

  /** The same device through another connection: another server that says it is the same. */
  through(session: AccountSession, connection: Connection): AccountSession {
    return { ...session, connection };
  }
}

type SessionParts = {
  readonly masterKey: Bytes;
  readonly identityKey: Bytes;
  readonly userId: UserId;
  readonly state: LogState;
  readonly device: SigningKey;
  readonly certificate: AccountSession['author']['certificate'];
};

async function sessionOf(connection: Connection, parts: SessionParts): Promise<AccountSession> {
  const { masterKey, identityKey, userId, state, device, certificate } = parts;
  return {
    connection,
    userId,
    homeSpace: formatId<SpaceId>(state.space),
    deviceId: formatHex(await deviceIdOf(device.publicKey)) as DeviceId,
    author: { identityKey, certificate, device },
    epochKey: (epoch) => homeEpochKey(nodeEngine, masterKey, epoch),
    start: { seq: state.seq, head: state.head },
  };
}
