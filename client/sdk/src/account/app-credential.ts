// App credentials: a device of its own for a tool, made on an enrolled device and opened from a text. spec/accounts.md "App credentials".
import type { Bytes } from '@reprise/kit';
import {
  type DeviceId,
  Failure,
  formatId,
  importSigningKey,
  isAppDevice,
  type LogState,
  signCertificate,
  type SpaceId,
  type UserId,
} from '@reprise/protocol';
import { type AppAccess, appCapsOf, formatAppCredential, parseAppCredential } from '@reprise/vault/account';
import { connect, type ConnectOptions } from '../connect.ts';
import { appendHome, followHome, type HomeLog } from './home-log.ts';
import { type AccountPorts, deviceOf, identityOf, type OpenedAccount, withId } from './opened.ts';
import type { AccountSession } from './session.ts';
import { bytesOf } from './password.ts';

export type { AppAccess } from '@reprise/vault/account';

/** What a device of the log may do, if it is a tool's: read or write; null for a device of a person. @param caps bits of `capabilities` */
export function appAccessOf(caps: number): AppAccess | null {
  if (!isAppDevice(caps)) return null;
  return caps === appCapsOf.write ? 'write' : 'read';
}

/** A credential that was made for a tool. */
export type NewAppCredential = {
  /** A secret, to be shown once: nothing keeps it. */
  readonly text: string;
  /** As the list of devices names it; revoking it ends the credential. */
  readonly device: DeviceId;
};

/** Certifies a device whose key leaves with the text. @throws Failure role-refused, log-refused (64 devices are in force), network … */
export async function makeAppCredential(
  ports: AccountPorts,
  account: OpenedAccount,
  access: AppAccess,
  signal?: AbortSignal,
): Promise<NewAppCredential> {
  const { connection, heads } = ports;
  const { session, keys, record } = account;
  const identity = await identityOf(keys);
  const deviceSeed = connection.random(32);
  const key = await withId(await importSigningKey(deviceSeed));
  const createdMs = connection.clock.now();
  const certificate = await signCertificate(identity, { devicePublic: key.publicKey, createdMs, caps: appCapsOf[access] });
  const device = formatId<DeviceId>(key.deviceId);
  const { ticket } = await connection.call('account.ticket', { params: {}, device: deviceOf(account), signal });
  const home: Omit<HomeLog, 'asker'> = { connection, heads, space: session.homeSpace, start: session.start };
  const isDone = ({ devices }: LogState) => devices.has(device);
  // The new device brings its own certificate, as every device does; this one speaks for it, this once.
  const checkpoint = await appendHome(
    { ...home, asker: { ticket: bytesOf(ticket) } },
    key,
    { type: 'device', certificate },
    isDone,
    signal,
  );
  const { epoch } = (await followHome({ ...home, asker: { device: deviceOf(account) } }, signal)).state;
  const text = formatAppCredential({
    origin: connection.origin,
    homeSpace: record.homeSpace,
    checkpoint,
    epoch: { number: epoch, key: await session.epochKey(epoch) },
    identityKey: identity.publicKey,
    createdMs,
    access,
    signature: certificate[1],
    deviceSeed,
  });
  return { text, device };
}

/** By what means the server of a credential is reached. */
export type OpenCredentialOptions = Omit<ConnectOptions, 'server'> & {
  /** Where the server is reached, if not where the credential says: through a proxy, say. Signatures hold for this address. */
  readonly server?: string;
};

/** What a credential opens. */
export type OpenedAppCredential = {
  /** For `openDrive`. */
  readonly session: AccountSession;
  readonly access: AppAccess;
};

/**
 * Nothing is asked of the server: whether the credential still holds, its first request tells (device-revoked).
 * @throws Failure bad-credential with facts.reason: prefix, form or certificate
 */
export async function openAppCredential(text: string, options: OpenCredentialOptions = {}): Promise<OpenedAppCredential> {
  const { origin, userId, homeSpace, checkpoint, epoch, identityKey, certificate, device, access } = await parseAppCredential(text);
  const connection = connect({ ...options, server: options.server ?? origin });
  const key = await withId(device);
  const epochKey = async (asked: number): Promise<Bytes> => {
    if (asked !== epoch.number) throw new Failure('bad-credential', { reason: 'epoch', epoch: asked });
    return epoch.key;
  };
  const session: AccountSession = {
    connection,
    userId: formatId<UserId>(userId),
    homeSpace: formatId<SpaceId>(homeSpace),
    deviceId: formatId<DeviceId>(key.deviceId),
    author: { identityKey, certificate, device: key },
    epochKey,
    start: checkpoint,
  };
  return { session, access };
}
