// A client with an account: it opens one, proves passwords and kits, and signs as its device, as any client would. What it seals is random.
import { type Bytes, formatBase64url, formatHex, parseBase64url, systemRandom } from '@reprise/kit';
import { type AnswerOf, contract, type Endpoint, formatPath, type ParamsOf } from '@reprise/protocol';
import {
  allCapabilities,
  deviceIdOf,
  encodeEnvelope,
  type Envelope,
  epochCommitment,
  importSigningKey,
  type SignedCertificate,
  type SigningKey,
  sha256,
  signCertificate,
  signKemRecord,
  signRequestProof,
  slotBytes,
  spaceKinds,
  userIdOf,
  writeGenesis,
} from '@reprise/protocol/formats';
import { client, ready } from '@serenity-kit/opaque';
import { type Answer, send, type Stamp } from './owner.ts';
import type { TestService } from './service.ts';

/** Light enough for tests; a server never sees it. */
const keyStretching = { 'argon2id-custom': { memory: 8, iterations: 1, parallelism: 1 } } as const;

export type TestDevice = SigningKey & { readonly deviceId: Bytes };

export type AccountWish = { readonly locator?: string; readonly name?: string | null; readonly password?: string };

const text = (bytes: number) => formatBase64url(systemRandom(bytes));
export const drawSlot = () => ({ slot: formatHex(systemRandom(16)), version: 1, sealed: text(slotBytes) });

/** A kit or passkey as a server knows it, and the token that it never keeps. */
export async function drawDoor() {
  const token = systemRandom(32);
  return { ...drawSlot(), finder: text(16), tokenHash: formatBase64url(await sha256(token)), token: formatBase64url(token) };
}

const letters = '0123456789abcdefghjkmnpqrstvwxyz';
/** As a device stores it: the server is given the token's hash alone. */
export const withoutToken = ({ slot, version, sealed, finder, tokenHash }: Awaited<ReturnType<typeof drawDoor>>) => ({
  slot,
  version,
  sealed,
  finder,
  tokenHash,
});

export const openDoor = (service: TestService, finder: string, token: string) =>
  send(service.url, contract['doors.open'], {}, { finder, token });

export const drawLocator = () => [...systemRandom(8)].map((byte) => letters[byte & 31]).join('');

export class AccountOwner {
  readonly service: TestService;
  readonly identity: SigningKey;
  readonly device: TestDevice;
  readonly certificate: SignedCertificate;
  readonly userId: string;
  readonly homeSpace: string;
  readonly genesis: Envelope;
  readonly locator: string;
  readonly name: string | null;
  readonly password: string;

  private constructor(fields: Omit<AccountOwner, 'create' | 'body' | 'record' | 'call' | 'callAs'>) {
    this.service = fields.service;
    this.identity = fields.identity;
    this.device = fields.device;
    this.certificate = fields.certificate;
    this.userId = fields.userId;
    this.homeSpace = fields.homeSpace;
    this.genesis = fields.genesis;
    this.locator = fields.locator;
    this.name = fields.name;
    this.password = fields.password;
  }

  /** Keys and genesis, not sent yet. */
  static async draw(service: TestService, wish: AccountWish = {}): Promise<AccountOwner> {
    await ready;
    const identity = await importSigningKey(systemRandom(32));
    const device = await drawDevice();
    const timeMs = service.clock.now();
    const certificate = await signCertificate(identity, { devicePublic: device.publicKey, createdMs: timeMs, caps: allCapabilities });
    const nonce = systemRandom(32);
    const { space, envelope } = await writeGenesis(device, {
      kind: spaceKinds.home,
      identityKey: identity.publicKey,
      certificate,
      nonce,
      policy: { versionMin: 1, suiteMin: 1, retentionDays: 30, paddingMode: 0 },
      epochCommitment: await epochCommitment(nonce, systemRandom(32)),
      kemRecord: await signKemRecord(identity, { kemPublic: systemRandom(1_216), number: 1 }),
      timeMs,
    });
    return new AccountOwner({
      service,
      identity,
      device,
      certificate,
      userId: formatHex(await userIdOf(identity.publicKey)),
      homeSpace: formatHex(space),
      genesis: envelope,
      locator: wish.locator ?? drawLocator(),
      name: wish.name ?? null,
      password: wish.password ?? 'a password',
    });
  }

  static async open(service: TestService, wish: AccountWish = {}): Promise<AccountOwner> {
    const owner = await AccountOwner.draw(service, wish);
    const answer = await owner.create(await owner.body());
    if (answer.status !== 201) throw new Error(`the account was not opened: ${answer.error?.code}`);
    return owner;
  }

  /** What opens the account. */
  async body() {
    return {
      locator: this.locator,
      name: this.name,
      genesis: formatBase64url(encodeEnvelope(this.genesis)),
      record: await this.record(this.password),
      password: drawSlot(),
      slots: [] as object[],
    };
  }

  create(body: object) {
    return send(this.service.url, contract['accounts.create'], {}, body);
  }

  /** An OPAQUE record of the password. */
  async record(password: string): Promise<string> {
    const { clientRegistrationState, registrationRequest } = client.startRegistration({ password });
    const prepared = await send(this.service.url, contract['accounts.prepare'], {}, { userId: this.userId, request: registrationRequest });
    if (prepared.status !== 200) throw new Error(`not prepared: ${prepared.error?.code}`);
    return client.finishRegistration({
      password,
      clientRegistrationState,
      registrationResponse: prepared.json.response,
      identifiers: { client: this.userId, server: `rp1|${this.service.url}` },
      keyStretching,
    }).registrationRecord;
  }

  /** A request signed by the first device. */
  call<E extends Endpoint>(definition: E, params: ParamsOf<E>, content?: object, stamp?: Stamp): Promise<Answer<AnswerOf<E>>> {
    return this.callAs(this.device, definition, params, content, stamp);
  }

  async callAs<E extends Endpoint>(
    device: TestDevice,
    definition: E,
    params: ParamsOf<E>,
    content?: object,
    stamp: Stamp = {},
  ): Promise<Answer<AnswerOf<E>>> {
    const body = content === undefined ? new Uint8Array(0) : new Uint8Array(Buffer.from(JSON.stringify(content)));
    const path = formatPath(definition, params);
    const authorization = await signRequestProof(
      device,
      { origin: stamp.origin ?? this.service.url, method: definition.method, path, bodyHash: await sha256(body) },
      { timeMs: stamp.timeMs ?? this.service.clock.now(), nonce: stamp.nonce ?? systemRandom(16) },
    );
    return send(this.service.url, definition, params, content, { authorization });
  }
}

export async function drawDevice(): Promise<TestDevice> {
  const key = await importSigningKey(systemRandom(32));
  return { ...key, deviceId: await deviceIdOf(key.publicKey) };
}

/** Begins a login; `proof` is null when the password is wrong or nobody has the name: only the client learns which. */
export async function beginLogin(service: TestService, name: string, password: string) {
  await ready;
  const { clientLoginState, startLoginRequest } = client.startLogin({ password });
  const begun = await send(service.url, contract['logins.begin'], {}, { name, origin: service.url, request: startLoginRequest });
  if (begun.status !== 200) return { begun, proof: null };
  const done = client.finishLogin({
    password,
    clientLoginState,
    loginResponse: begun.json.response,
    identifiers: { client: begun.json.userId, server: `rp1|${service.url}` },
    keyStretching,
  });
  return { begun, proof: done?.finishLoginRequest ?? null };
}

/** The ticket of a right password. */
export async function login(service: TestService, name: string, password: string) {
  const { begun, proof } = await beginLogin(service, name, password);
  return send(service.url, contract['logins.finish'], { login: begun.json.login }, { proof: proof ?? text(64) });
}

export function bytesOfText(value: string): Bytes {
  const bytes = parseBase64url(value);
  if (!bytes) throw new Error('not base64url');
  return bytes;
}

/** Of a request that a ticket of an account proves. */
export async function ticketStatus(service: TestService, owner: AccountOwner, ticket: string): Promise<number> {
  const definition = contract['spaces.head'];
  const answer = await send(service.url, definition, { space: owner.homeSpace }, undefined, { authorization: `Ticket1 ${ticket}` });
  return answer.status;
}
