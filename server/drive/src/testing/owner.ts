// A client without files: it opens a space, signs requests and puts objects that have the right hash and length, as any client would.
import { createHash, randomBytes } from 'node:crypto';
import { type Bytes, concatBytes, formatBase64url, formatHex, systemRandom } from '@reprise/kit';
import {
  type AnswerOf,
  type Endpoint,
  type ObjectId,
  type ParamsOf,
  type ServerFailureCode,
  contract,
  formatPath,
  joinIds,
} from '@reprise/protocol';
import {
  type SigningKey,
  allCapabilities,
  anonymousSpaceKind,
  deviceIdOf,
  encodeBatch,
  importSigningKey,
  sealedLength,
  sha256,
  signCertificate,
  signGenesis,
  signRequestProof,
} from '@reprise/protocol/formats';
import type { TestService } from './service.ts';

export type Answer<Value = unknown> = {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
  /** Of JSON answers. */
  readonly json: Value;
  /** Of failures. */
  readonly error: { readonly code: ServerFailureCode; readonly facts: Record<string, unknown> } | undefined;
};

export type Sealed = { readonly id: ObjectId; readonly bytes: Uint8Array };

/** Bytes that a server cannot tell from a sealed object. */
export function sealedLike(plainBytes = 4096): Sealed {
  const bytes = randomBytes(sealedLength(plainBytes));
  return { id: createHash('sha256').update(bytes).digest('hex') as ObjectId, bytes };
}

export function batchOf(objects: readonly Sealed[]): Bytes {
  return encodeBatch(objects.map(({ id, bytes }) => ({ id: new Uint8Array(Buffer.from(id, 'hex')), bytes: new Uint8Array(bytes) })));
}

type Content = Uint8Array | object | undefined;

export async function send<E extends Endpoint>(
  url: string,
  definition: E,
  params: ParamsOf<E>,
  content?: Content,
  headers: Record<string, string> = {},
): Promise<Answer<AnswerOf<E>>> {
  return readAnswer(
    await fetch(url + formatPath(definition, params), {
      method: definition.method,
      headers,
      ...(content === undefined ? {} : { body: encode(content) }),
    }),
  );
}

/** The Authorization header by which a device signs a request. */
export async function signAs(
  { service, device }: { readonly service: TestService; readonly device: Parameters<typeof signRequestProof>[0] },
  definition: Endpoint,
  params: ParamsOf<Endpoint>,
  content: Content,
  stamp: Stamp,
): Promise<string> {
  return signRequestProof(
    device,
    {
      origin: stamp.origin ?? service.url,
      method: definition.method,
      path: formatPath(definition, params),
      bodyHash: await sha256(content === undefined ? new Uint8Array(0) : encode(content)),
    },
    { timeMs: stamp.timeMs ?? service.clock.now(), nonce: stamp.nonce ?? systemRandom(16) },
  );
}

function encode(content: Uint8Array | object): Bytes {
  return content instanceof Uint8Array ? new Uint8Array(content) : new Uint8Array(Buffer.from(JSON.stringify(content)));
}

export async function readAnswer<Value>(response: Response): Promise<Answer<Value>> {
  const bytes = new Uint8Array(await response.arrayBuffer());
  const isJson = response.headers.get('content-type') === 'application/json';
  const json = isJson ? JSON.parse(Buffer.from(bytes).toString('utf8')) : undefined;
  return { status: response.status, headers: response.headers, bytes, json, error: json?.error };
}

export type Stamp = { readonly timeMs?: number; readonly nonce?: Bytes; readonly origin?: string };

export class Owner {
  readonly service: TestService;
  readonly device: SigningKey & { readonly deviceId: Bytes };
  readonly space: string;
  readonly envelope: Bytes;

  private constructor(service: TestService, device: SigningKey & { readonly deviceId: Bytes }, space: string, envelope: Bytes) {
    this.service = service;
    this.device = device;
    this.space = space;
    this.envelope = envelope;
  }

  /** Keys and genesis, not sent yet. */
  static async draw(service: TestService): Promise<Owner> {
    const identity = await importSigningKey(systemRandom(32));
    const key = await importSigningKey(systemRandom(32));
    const deviceId = await deviceIdOf(key.publicKey);
    const timeMs = service.clock.now();
    const certificate = await signCertificate(identity, { devicePublic: key.publicKey, createdMs: timeMs, caps: allCapabilities });
    const { space, envelope } = await signGenesis(key, certificate, {
      identityKey: identity.publicKey,
      nonce: systemRandom(32),
      policy: { versionMin: 1, suiteMin: 1, retentionDays: 30, paddingMode: 0 },
      epochCommitment: systemRandom(32),
      kind: anonymousSpaceKind,
      deviceId,
      timeMs,
    });
    return new Owner(service, { ...key, deviceId }, formatHex(space), envelope);
  }

  static async open(service: TestService): Promise<Owner> {
    const owner = await Owner.draw(service);
    const answer = await owner.create();
    if (answer.status !== 201) throw new Error(`the space was not opened: ${answer.error?.code}`);
    return owner;
  }

  create() {
    return send(this.service.url, contract['spaces.create'], {}, { genesis: formatBase64url(this.envelope) });
  }

  sign(definition: Endpoint, params: ParamsOf<Endpoint>, content?: Content, stamp: Stamp = {}): Promise<string> {
    return signAs(this, definition, params, content, stamp);
  }

  /** A signed request. */
  async call<E extends Endpoint>(
    definition: E,
    params: Omit<ParamsOf<E>, 'space'>,
    content?: Content,
    stamp: Stamp = {},
  ): Promise<Answer<AnswerOf<E>>> {
    const all = { space: this.space, ...params } as unknown as ParamsOf<E>;
    return send(this.service.url, definition, all, content, {
      authorization: await this.sign(definition, all as ParamsOf<Endpoint>, content, stamp),
    });
  }

  /** Asks for a place and puts the objects there as one batch. */
  async put(objects: readonly Sealed[], packClass: 'hot' | 'bulk' = 'bulk'): Promise<Answer<{ stored: number; bytes: number }>> {
    const body = batchOf(objects);
    return this.putBody(await this.place(body.length, packClass), body);
  }

  async place(bytes: number, packClass: 'hot' | 'bulk' = 'bulk'): Promise<string> {
    const answer = await this.call(contract['spaces.puts'], {}, { batches: [{ bytes, class: packClass }], objects: [] });
    const url = answer.json?.puts[0]?.url;
    if (url === undefined) throw new Error(`no place: ${answer.error?.code}`);
    return url;
  }

  async putBody(url: string, body: Uint8Array): Promise<Answer<{ stored: number; bytes: number }>> {
    return readAnswer(await fetch(this.service.url + url, { method: 'PUT', body: new Uint8Array(body) }));
  }

  list(link: string, ids: readonly ObjectId[]) {
    return this.call(contract['links.list'], { link }, joinIds(ids));
  }

  /** Puts objects and publishes a link that lists them. */
  async share(objects: readonly Sealed[], settings: Partial<LinkSettings> = {}): Promise<TestLink> {
    const put = await this.put(objects);
    if (put.status !== 201) throw new Error(`not stored: ${put.error?.code}`);
    const link = await this.publish(settings);
    const listed = await this.list(
      link.id,
      objects.map(({ id }) => id),
    );
    if (listed.status !== 200) throw new Error(`not listed: ${listed.error?.code}`);
    return link;
  }

  async publish(settings: Partial<LinkSettings> = {}): Promise<TestLink> {
    const link = drawLink(settings);
    const answer = await this.call(contract['links.create'], {}, link.body);
    if (answer.status !== 201) throw new Error(`not published: ${answer.error?.code}`);
    return link;
  }

  view() {
    return this.call(contract['spaces.get'], {});
  }
}

export type LinkSettings = {
  readonly gate: string;
  readonly expiresAt: number | null;
  readonly downloadsMax: number | null;
  readonly growing: boolean;
  readonly note: string;
};

export type TestLink = {
  readonly id: string;
  readonly proof: { readonly token: string; readonly gate?: string };
  readonly record: string;
  readonly body: Record<string, unknown>;
};

export function drawLink({ gate, expiresAt = null, downloadsMax = null, growing = false, note }: Partial<LinkSettings> = {}): TestLink {
  const id = formatHex(systemRandom(16));
  const token = formatBase64url(systemRandom(32));
  const record = formatBase64url(systemRandom(1024));
  const hash = (text: string) => formatBase64url(new Uint8Array(createHash('sha256').update(Buffer.from(text, 'base64url')).digest()));
  const body = {
    link: id,
    tokenHash: hash(token),
    gateHash: gate === undefined ? null : hash(gate),
    record,
    version: 1,
    growing,
    expiresAt,
    downloadsMax,
    note: note ?? formatBase64url(concatBytes(systemRandom(64))),
  };
  return { id, proof: gate === undefined ? { token } : { token, gate }, record, body };
}
