// Serves the contract: each endpoint of the table gets its checks from its own definition, in this order – path, rate, body bound,
// signature, replay, schema – and only then its handler. What a handler throws becomes the contract's failure (spec/failures.md).
import type { IncomingMessage, ServerResponse } from 'node:http';
import { formatHex, systemRandom } from '@reprise/kit';
import { type AnswerOf, type Endpoint, Failure, type ParamsOf, type ServerFailureCode } from '@reprise/protocol';
import { Hono } from 'hono';
import { type BodyBounds, bodyPieces, parseJson, wholeBody } from './body.ts';
import type { DeviceGate, SignedAccount, SignedSpace } from './device.ts';
import type { DrivePorts } from './ports.ts';
import { addressGroup, type RateLimiter } from './rates.ts';
import { ReaderGone, type Reply, emptyReply, failureReply, jsonReply, sendReply, serverFailureOf } from './reply.ts';

/** What a handler gets; everything in it was checked against the definition. */
export type Call<E extends Endpoint> = {
  readonly params: ParamsOf<E>;
  readonly body: CheckedBody<E>;
  /** The space of the path and who asks, of an endpoint that a device signs. */
  readonly space: IsSigned<E, true> extends true ? SignedSpace : undefined;
  /** The signer's account, of an endpoint that a device signs and that is about no space. */
  readonly account: IsSigned<E, false> extends true ? SignedAccount : undefined;
  readonly header: (name: string) => string | undefined;
  /** Whose rate this request counts against. */
  readonly address: string;
};

type IsSigned<E extends Endpoint, OfSpace extends boolean> = E['auth'] extends 'device'
  ? (E['params'] extends { readonly space: unknown } ? true : false) extends OfSpace
    ? true
    : false
  : false;

type CheckedBody<E extends Endpoint> = E['body'] extends { kind: 'json'; schema: { _zod: { output: infer Value } } }
  ? Value
  : E['body'] extends { kind: 'bytes' }
    ? Uint8Array
    : undefined;

/** An endpoint whose body is taken while it streams. */
export type StreamCall<E extends Endpoint> = Omit<Call<E>, 'body'> & {
  /** @throws Failure body-too-large above `bytesMax`, request-timeout, bad-request */
  readonly pieces: (bytesMax: number) => AsyncIterable<Uint8Array>;
  /** As declared by the sender; undefined when it did not. */
  readonly declaredBytes: number | undefined;
};

/** JSON endpoints answer with the value, empty ones with nothing, those of bytes with a Reply. */
export type Outcome<E extends Endpoint> = E['answer'] extends { kind: 'json' }
  ? AnswerOf<E>
  : E['answer'] extends { kind: 'empty' }
    ? void
    : Reply;

type Served = { readonly incoming: IncomingMessage; endpoint: string; reply: Reply | undefined };
type Env = { Bindings: { served: Served } };

const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']);

export class Service {
  readonly #app = new Hono<Env>();
  readonly #ports: DrivePorts;
  readonly #device: DeviceGate;
  readonly #requests: RateLimiter;
  readonly #paths: { readonly pattern: RegExp; readonly method: string }[] = [];

  constructor(ports: DrivePorts, device: DeviceGate, requests: RateLimiter) {
    this.#ports = ports;
    this.#device = device;
    this.#requests = requests;
    this.#app.notFound((c) => {
      c.env.served.reply = this.#unknown(c.req.path);
      return c.body(null, 404);
    });
    this.#app.onError((error) => {
      throw error;
    });
  }

  serve<E extends Endpoint>(definition: E, handler: (call: Call<E>) => Promise<Outcome<E>>): void {
    this.#route(definition, async (served, params) => {
      if (definition.auth === 'device' && mayBeLarge(definition, served.incoming))
        await this.#device.expect(definition, served.incoming, params['space']);
      const body = await this.#body(definition, served.incoming);
      const signed = await this.#signed(definition, served.incoming, params, body);
      const call = { ...this.#shared(served, params), body: checkBody(definition, body), ...signed } as unknown as Call<E>;
      return formatOutcome(definition, await handler(call));
    });
  }

  /** For bodies too large to hold: the handler takes them piece by piece. */
  receive<E extends Endpoint>(definition: E, handler: (call: StreamCall<E>) => Promise<Outcome<E>>): void {
    this.#route(definition, async (served, params) => {
      const declared = served.incoming.headers['content-length'];
      const call = {
        ...this.#shared(served, params),
        space: undefined,
        account: undefined,
        pieces: (bytesMax: number) => bodyPieces(served.incoming, this.#bounds(bytesMax)),
        declaredBytes: declared === undefined ? undefined : Number(declared),
      } as unknown as StreamCall<E>;
      return formatOutcome(definition, await handler(call));
    });
  }

  /** Answers one request, whatever happens. It never rejects. */
  async handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const startedAt = performance.now();
    const served: Served = { incoming, endpoint: 'unknown', reply: undefined };
    const { reply, code, bytesOut } = await this.#deliver(served, outgoing);
    this.#ports.watch.request({
      endpoint: served.endpoint,
      method: methods.has(incoming.method ?? '') ? (incoming.method as string) : 'other',
      status: reply.status,
      ...(code === undefined ? {} : { code }),
      durationMs: performance.now() - startedAt,
      bytesIn: Number(incoming.headers['content-length'] ?? 0) || 0,
      bytesOut,
    });
  }

  async #deliver(served: Served, outgoing: ServerResponse): Promise<{ reply: Reply; code?: string | undefined; bytesOut: number }> {
    const exchange = { incoming: served.incoming, outgoing, readerStallMs: this.#ports.settings.readerStallMs };
    try {
      const reply = await this.#answer(served);
      return { reply, bytesOut: await sendReply(exchange, reply) };
    } catch (thrown) {
      const { reply, code } = thrown instanceof ReaderGone ? { reply: emptyReply(), code: 'reader-gone' } : this.#failed(thrown);
      // Once the status line is out, all that is left to say is that the answer is not whole, by cutting it.
      if (outgoing.headersSent || outgoing.destroyed) outgoing.destroy();
      else await sendReply(exchange, reply).catch(() => outgoing.destroy());
      return { reply, code, bytesOut: 0 };
    }
  }

  async #answer(served: Served): Promise<Reply> {
    const { method = '', url = '' } = served.incoming;
    if (!methods.has(method)) throw new Failure('method-refused');
    if (!url.startsWith('/')) throw new Failure('bad-request', { field: 'path', reason: 'starts with a slash' });
    let request: Request;
    try {
      request = new Request(`http://drive${url}`, { method });
    } catch (cause) {
      throw new Failure('bad-request', { field: 'path', reason: 'not a path' }, { cause });
    }
    await this.#app.fetch(request, { served });
    return served.reply ?? failureReply('not-found', {});
  }

  #route(definition: Endpoint, answer: (served: Served, params: Record<string, string>) => Promise<Reply>): void {
    this.#paths.push({ pattern: new RegExp(`^${definition.path.replace(/:[a-z]+/gi, '[^/]+')}$`), method: definition.method });
    this.#app.on(definition.method, definition.path, async (c) => {
      const { served } = c.env;
      served.endpoint = definition.id;
      if (definition.failures.includes('rate-limited')) this.#requests.take(this.#address(served.incoming));
      const params = checkParams(definition, c.req.param());
      served.reply = await answer(served, params);
      return c.body(null);
    });
  }

  #shared(served: Served, params: Record<string, string>) {
    return {
      params,
      header: (name: string) => {
        const value = served.incoming.headers[name];
        return Array.isArray(value) ? value.join(', ') : value;
      },
      address: this.#address(served.incoming),
    };
  }

  async #body(definition: Endpoint, incoming: IncomingMessage): Promise<Uint8Array> {
    return wholeBody(incoming, this.#bounds(definition.body.kind === 'none' ? 0 : definition.body.bytesMax));
  }

  async #signed(definition: Endpoint, incoming: IncomingMessage, params: Record<string, string>, body: Uint8Array) {
    if (definition.auth !== 'device') return { space: undefined, account: undefined };
    const { space } = params;
    return space === undefined
      ? { space: undefined, account: await this.#device.admitAccount(definition, incoming, body) }
      : { space: await this.#device.admit(definition, incoming, space, body), account: undefined };
  }

  #bounds(bytesMax: number): BodyBounds {
    const { bodyGraceMs, bodyBytesPerSecondMin } = this.#ports.settings;
    return { bytesMax, graceMs: bodyGraceMs, bytesPerSecondMin: bodyBytesPerSecondMin };
  }

  #address(incoming: IncomingMessage): string {
    return clientAddress(incoming, this.#ports.settings.trustProxy);
  }

  #unknown(path: string): Reply {
    const allowed = this.#paths.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method);
    if (allowed.length === 0) return failureReply('not-found', {});
    const reply = failureReply('method-refused', {});
    return {
      ...reply,
      headers: { ...reply.headers, Allow: allowed.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])).join(', ') },
    };
  }

  #failed(thrown: unknown): { readonly reply: Reply; readonly code: ServerFailureCode } {
    const known = serverFailureOf(thrown);
    // A corrupt chunk is told as what it is, and is a fault all the same.
    if (known && known.code !== 'chunk-corrupt') return { reply: failureReply(known.code, known.facts), code: known.code };
    const reference = formatHex(systemRandom(6));
    this.#ports.watch.fault(reference, thrown);
    if (known) return { reply: failureReply(known.code, known.facts), code: known.code };
    return { reply: failureReply('server-error', { reference }), code: 'server-error' };
  }
}

/** Smaller bodies cost less than another look at the database. */
const smallBodyBytes = 65_536;

function mayBeLarge({ body }: Endpoint, { headers }: IncomingMessage): boolean {
  if (body.kind === 'none' || body.bytesMax <= smallBodyBytes) return false;
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > smallBodyBytes;
}

/** @returns what stands for the client's network in the rate limits. */
export function clientAddress(incoming: IncomingMessage, trustProxy: boolean): string {
  const forwarded = incoming.headers['x-forwarded-for'];
  const last = trustProxy && forwarded !== undefined ? String(forwarded).split(',').at(-1)?.trim() : undefined;
  return addressGroup((last || incoming.socket.remoteAddress) ?? '');
}

/** @throws Failure bad-request, or not-found where the contract has no bad-request */
function checkParams(definition: Endpoint, given: Record<string, string>): Record<string, string> {
  for (const [name, schema] of Object.entries(definition.params)) {
    if (schema.safeParse(given[name]).success) continue;
    throw definition.failures.includes('bad-request')
      ? new Failure('bad-request', { field: name, reason: 'invalid_format' })
      : new Failure('not-found');
  }
  return given;
}

function checkBody(definition: Endpoint, body: Uint8Array): unknown {
  if (definition.body.kind === 'none') return undefined;
  if (definition.body.kind === 'bytes') return body;
  const result = definition.body.schema.safeParse(parseJson(body));
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new Failure('bad-request', { field: issue?.path.map(String).join('.') || 'body', reason: issue?.code ?? 'invalid' });
}

function formatOutcome<E extends Endpoint>(definition: E, outcome: Outcome<E>): Reply {
  if (definition.answer.kind === 'json') return jsonReply(definition.answer.status, outcome);
  return definition.answer.kind === 'empty' ? emptyReply() : (outcome as Reply);
}
