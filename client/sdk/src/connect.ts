// The typed client, made from the contract: one call per endpoint, answers checked by its schema, failures mapped to Failure.
// spec/requests.md (signatures), spec/failures.md.
import {
  type Bytes,
  type Clock,
  decodeUtf8,
  encodeUtf8,
  type FailureFacts,
  formatBase64url,
  type RandomBytes,
  retry,
  systemClock,
  systemRandom,
} from '@reprise/kit';
import {
  type AnswerOf,
  type BodyOf,
  type Contract,
  contract,
  type Endpoint,
  type EndpointId,
  Failure,
  formatPath,
  isServerFailureCode,
  type ParamsOf,
  type ServerFailureCode,
  ticketScheme,
} from '@reprise/protocol';
import { type Owner, signRequest } from '@reprise/vault';
import { fetchTransport, type HttpRequest, type HttpResponse, type Transport } from './transport.ts';

/** Which server, and by what means it is reached. */
export type ConnectOptions = {
  /** Scheme, host and port: `https://host`, without a slash at the end. */
  readonly server: string;
  readonly transport?: Transport;
  readonly clock?: Clock;
  readonly random?: RandomBytes;
  /** Attempts of one call before its failure is thrown. */
  readonly attemptsMax?: number;
};

/** What one call of an endpoint takes, as the contract says. */
export type CallOptions<E extends Endpoint> = {
  readonly params: ParamsOf<E>;
  readonly body?: BodyOf<E>;
  /** Signs the request; needed where the contract says `device`. */
  readonly device?: Owner['device'] | undefined;
  /** In place of a device, where the contract takes tickets. */
  readonly ticket?: Bytes | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called before each wait between attempts. */
  readonly onWait?: ((delayMs: number, error: unknown) => void) | undefined;
};

/** A server, reached: every endpoint of the contract as a typed call, with retries and the answer checked. */
export interface Connection {
  /** `https://host`, where relative URLs of answers lead. */
  readonly origin: string;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: RandomBytes;
  /** The server's clock, ms, as far as its answers have told: what it says about times is held against this one. */
  serverNow(): number;
  /** @throws Failure as the contract lists, and network, stalled, bad-answer, cancelled */
  call<Id extends EndpointId>(id: Id, options: CallOptions<Contract[Id]>): Promise<AnswerOf<Contract[Id]>>;
  /** As `call`, for an endpoint of a further table of the contract: that of payments. */
  ask<E extends Endpoint>(endpoint: E, options: CallOptions<E>): Promise<AnswerOf<E>>;
  /** One attempt of a call whose answer is read as it comes. @throws as `call` */
  open<Id extends EndpointId>(id: Id, options: CallOptions<Contract[Id]>): Promise<HttpResponse>;
  /** Sends to a URL that the server named. Its answer may be an error status: see `throwIfFailed`. */
  send(request: Omit<HttpRequest, 'url'> & { readonly url: string }): Promise<HttpResponse>;
}

const jsonAnswerBytesMax = 64 * 2 ** 20;
const failureBytesMax = 256 * 1024;

/** A connection to one server, by the public contract. Nothing is sent before the first call. */
export function connect(options: ConnectOptions): Connection {
  const { transport = fetchTransport(), clock = systemClock, random = systemRandom, attemptsMax = 5 } = options;
  const origin = new URL(options.server).origin;
  // The server's clock minus ours, learnt from a clock-skew refusal.
  let skewMs = 0;

  const request = async <E extends Endpoint>(endpoint: E, call: CallOptions<E>): Promise<HttpResponse> => {
    const path = formatPath(endpoint, call.params);
    const body = encodeBody(endpoint, call.body);
    const headers: Record<string, string> = body?.type ? { 'content-type': body.type } : {};
    if (call.ticket) headers['authorization'] = `${ticketScheme} ${formatBase64url(call.ticket)}`;
    if (call.device) {
      const request = { origin, method: endpoint.method, path, body: body?.bytes ?? new Uint8Array(0) };
      headers['authorization'] = await signRequest(call.device, request, clock.now() + skewMs, random);
    }
    const response = await transport({
      method: endpoint.method,
      url: origin + path,
      headers,
      ...(body && { body: body.bytes }),
      signal: call.signal,
    });
    await throwIfFailed(response);
    return response;
  };
  const attempt = async <E extends Endpoint>(endpoint: E, call: CallOptions<E>): Promise<AnswerOf<E>> =>
    decodeAnswer(endpoint, await request(endpoint, call));

  const ask = <E extends Endpoint>(endpoint: E, call: CallOptions<E>): Promise<AnswerOf<E>> => {
    const again = (error: unknown) => {
      if (error instanceof Failure && error.code === 'clock-skew' && typeof error.facts['serverTime'] === 'number') {
        skewMs = error.facts['serverTime'] - clock.now();
        return 1;
      }
      // A request that a server saw once it calls replayed: signed anew it is another request.
      return retryWait(error);
    };
    const retries = { attemptsMax, firstDelayMs: 250, delayMsMax: 10_000, again, signal: call.signal, onWait: call.onWait };
    return retry(retries, () => attempt(endpoint, call));
  };

  return {
    origin,
    transport,
    clock,
    random,
    serverNow: () => clock.now() + skewMs,
    open: (id, call) => request<Endpoint>(contract[id], call as CallOptions<Endpoint>),
    send: (sent) => transport({ ...sent, url: new URL(sent.url, origin).href }),
    call: (id, call) => ask<Endpoint>(contract[id], call as CallOptions<Endpoint>) as Promise<never>,
    ask,
  };
}

/**
 * Whether trying again can help; a number is the wait that the server asked for, in ms.
 * Every call of the contract may be sent twice: creating and listing the same thing again changes nothing.
 */
export function retryWait(error: unknown): boolean | number {
  if (!(error instanceof Failure)) return false;
  const wait = error.facts['retryAfterMs'];
  switch (error.code) {
    case 'network':
    case 'stalled':
    case 'request-timeout':
    case 'server-error':
      return true;
    case 'rate-limited':
    case 'unavailable':
      return typeof wait === 'number' && wait > 0 ? Math.min(wait, 60_000) : true;
    default:
      return false;
  }
}

/** Turns an error status into the Failure that its body names. */
export async function throwIfFailed(response: HttpResponse): Promise<void> {
  if (response.status < 400) return;
  const text = decodeText(await response.bytes(failureBytesMax));
  throw failureOf(response, text);
}

function failureOf(response: HttpResponse, text: string): Failure {
  const retryAfter = Number(response.header('retry-after'));
  const wait: FailureFacts = retryAfter > 0 ? { retryAfterMs: retryAfter * 1000 } : {};
  const named = readFailure(parseJson(text));
  if (named) return new Failure(named.code, { ...wait, ...named.facts });
  // Not from a server of ours: a proxy or a gateway in between.
  if (response.status === 429) return new Failure('rate-limited', wait);
  if (response.status >= 502 && response.status <= 504) return new Failure('unavailable', { ...wait, status: response.status });
  return new Failure('bad-answer', { status: response.status });
}

function readFailure(answer: unknown): { code: ServerFailureCode; facts: FailureFacts } | undefined {
  const error = asRecord(asRecord(answer)?.['error']);
  const code = error?.['code'];
  if (typeof code !== 'string' || !isServerFailureCode(code)) return undefined;
  const facts = Object.entries(asRecord(error?.['facts']) ?? {}).filter(([, value]) => isFact(value));
  return { code, facts: Object.fromEntries(facts) as FailureFacts };
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
}

function isFact(value: unknown): boolean {
  if (Array.isArray(value)) return value.every((item) => typeof item === 'string');
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}

function encodeBody(endpoint: Endpoint, body: unknown): { bytes: Uint8Array; type: string } | undefined {
  switch (endpoint.body.kind) {
    case 'none':
      return undefined;
    case 'json':
      return { bytes: encodeUtf8(JSON.stringify(body)), type: 'application/json' };
    case 'bytes':
      return { bytes: body as Uint8Array, type: 'application/octet-stream' };
  }
}

async function decodeAnswer<E extends Endpoint>(endpoint: E, response: HttpResponse): Promise<AnswerOf<E>> {
  const { answer } = endpoint;
  const bytes: Bytes = await response.bytes(jsonAnswerBytesMax);
  if (response.status !== answer.status) throw new Failure('bad-answer', { status: response.status });
  switch (answer.kind) {
    case 'empty':
      return undefined as AnswerOf<E>;
    case 'bytes':
      return bytes as unknown as AnswerOf<E>;
    case 'json': {
      const parsed = answer.schema.safeParse(parseJson(decodeText(bytes)));
      if (!parsed.success) throw new Failure('bad-answer', { endpoint: endpoint.id });
      return parsed.data as AnswerOf<E>;
    }
  }
}

function decodeText(bytes: Uint8Array): string {
  try {
    return decodeUtf8(bytes);
  } catch {
    return '';
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
