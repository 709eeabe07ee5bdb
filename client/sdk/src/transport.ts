// HTTP as a port: a browser sends with fetch, Node with its own agent (node/transport.ts), a test with what it likes.
import { type Bytes, concatBytes } from '@reprise/kit';
import { Failure } from '@reprise/protocol';

/** One request, as a transport sends it. */
export type HttpRequest = {
  readonly method: string;
  /** Absolute. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Pieces are sent one after the other, without being joined first where the platform can. */
  readonly body?: Uint8Array | readonly Uint8Array[];
  readonly signal?: AbortSignal | undefined;
  /** Bytes of the body handed to the network so far, where the platform tells. */
  readonly onSent?: ((bytes: number) => void) | undefined;
};

/** An answer whose body was not read yet. */
export interface HttpResponse {
  readonly status: number;
  /** By lower-case name. */
  header(name: string): string | null;
  /** The whole body. @throws Failure limit-exceeded above `bytesMax`, network or stalled if it ends early */
  bytes(bytesMax: number): Promise<Bytes>;
  /** Fills `into` with the body, which must have exactly that many bytes. @throws Failure bad-answer, network or stalled */
  fill(into: Uint8Array): Promise<void>;
  /** The body in pieces as they come; each piece is valid until the next is asked for. */
  pieces(): AsyncIterable<Uint8Array>;
}

/** @throws Failure network if no answer came, stalled if no byte moved for a while, cancelled on the signal */
export type Transport = (request: HttpRequest) => Promise<HttpResponse>;

/** A transfer in which no byte moves for this long is given up. */
export const stallMs = 30_000;

/** The transport of browsers, and of any platform with fetch. */
export function fetchTransport(fetchFunction: typeof fetch = fetch): Transport {
  return async (request) => {
    const watch = watchStall(request.signal);
    try {
      const response = await fetchFunction(request.url, {
        method: request.method,
        headers: request.headers ?? {},
        body: joinBody(request.body),
        signal: watch.signal,
        cache: 'no-store',
        credentials: 'omit',
        redirect: 'error',
        referrerPolicy: 'no-referrer',
      });
      return fetchResponse(response, watch);
    } catch (error) {
      watch.stop();
      throw transportFailure(error, request.signal, watch.stalled());
    }
  };
}

function joinBody(body: HttpRequest['body']): BodyInit | null {
  if (body === undefined) return null;
  if (body instanceof Uint8Array) return body as Bytes;
  return new Blob(body as readonly Bytes[] as Bytes[]);
}

function fetchResponse(response: Response, watch: StallWatch): HttpResponse {
  async function* pieces(): AsyncGenerator<Uint8Array> {
    const reader = response.body?.getReader();
    if (!reader) return watch.stop();
    try {
      for (;;) {
        watch.moved();
        const { done, value } = await reader.read();
        if (done) return;
        yield value;
      }
    } catch (error) {
      throw transportFailure(error, watch.callerSignal, watch.stalled());
    } finally {
      watch.stop();
      // A reader that is left early frees the connection; nobody waits for what it answers.
      reader.cancel().catch(() => undefined);
    }
  }
  return {
    status: response.status,
    header: (name) => response.headers.get(name),
    bytes: (bytesMax) => collectPieces(pieces(), bytesMax),
    fill: (into) => fillFromPieces(pieces(), into),
    pieces,
  };
}

/** All pieces as one. @throws Failure limit-exceeded above `bytesMax` */
export async function collectPieces(pieces: AsyncIterable<Uint8Array>, bytesMax: number): Promise<Bytes> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const piece of pieces) {
    length += piece.length;
    if (length > bytesMax) throw new Failure('limit-exceeded', { limit: 'answer bytes', max: bytesMax });
    parts.push(piece.slice());
  }
  return concatBytes(...parts);
}

/** Pieces into a buffer that they fill exactly. @throws Failure bad-answer if they are more or fewer bytes */
export async function fillFromPieces(pieces: AsyncIterable<Uint8Array>, into: Uint8Array): Promise<void> {
  let at = 0;
  for await (const piece of pieces) {
    if (at + piece.length > into.length) throw new Failure('bad-answer', { reason: 'more bytes than expected' });
    into.set(piece, at);
    at += piece.length;
  }
  if (at < into.length) throw new Failure('bad-answer', { reason: 'fewer bytes than expected' });
}

/** What the platform threw, as one of the codes that callers branch on. */
export function transportFailure(error: unknown, signal: AbortSignal | undefined, stalled: boolean): Failure {
  if (error instanceof Failure) return error;
  if (signal?.aborted) return signal.reason instanceof Failure ? signal.reason : new Failure('cancelled', {}, { cause: error });
  if (stalled) return new Failure('stalled', { waitedMs: stallMs }, { cause: error });
  const reason = error instanceof Error ? causeText(error) : 'unknown';
  // What is not HTTP will not be HTTP the next time either.
  return new Failure(reason.startsWith('HPE_') ? 'bad-answer' : 'network', { reason }, { cause: error });
}

function causeText(error: Error): string {
  const { cause } = error;
  const code = (cause ?? error) as { code?: unknown };
  if (typeof code.code === 'string') return code.code;
  return cause instanceof Error ? cause.message : error.message;
}

type StallWatch = {
  readonly signal: AbortSignal;
  readonly callerSignal: AbortSignal | undefined;
  moved(): void;
  stop(): void;
  stalled(): boolean;
};

/** A request body of 16 MiB gives fetch no sign of life until it is sent, so sending gets a longer patience than reading. */
const sendPatienceMs = 10 * 60_000;

function watchStall(callerSignal: AbortSignal | undefined): StallWatch {
  const controller = new AbortController();
  let stalled = false;
  const give = () => {
    stalled = true;
    controller.abort();
  };
  let timer = setTimeout(give, sendPatienceMs);
  const cancel = () => controller.abort(callerSignal?.reason);
  if (callerSignal?.aborted) cancel();
  callerSignal?.addEventListener('abort', cancel, { once: true });
  return {
    signal: controller.signal,
    callerSignal,
    moved: () => {
      clearTimeout(timer);
      timer = setTimeout(give, stallMs);
    },
    stop: () => {
      clearTimeout(timer);
      callerSignal?.removeEventListener('abort', cancel);
    },
    stalled: () => stalled,
  };
}
