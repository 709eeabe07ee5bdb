// Asking a node over HTTP. An answer is a status and JSON; everything else is no answer, which says nothing about what happened.
import { LightningFailure } from '../failures.ts';

/** `fetch`, or one that trusts the certificate of the node: the host chooses. */
export type HttpClient = (url: string, init: RequestInit) => Promise<Response>;

export type RestSettings = {
  /** Without a slash at its end. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly http: HttpClient;
  /** How long an answer may take; by default 20 s. A payment has its own time. */
  readonly answerMs?: number;
};
export type Question = {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly json?: unknown;
  readonly form?: Readonly<Record<string, string>>;
  readonly withinMs?: number;
  readonly signal?: AbortSignal;
};
/** `body` is undefined where it is no JSON. */
export type Answer = { readonly status: number; readonly body: unknown };

const answerDefaultMs = 20_000;
/** Of an answer, and of one line of a stream: some nodes list all their channels in one. */
const bodyCharactersMax = 16_777_216;

export class Rest {
  readonly #settings: RestSettings;

  constructor(settings: RestSettings) {
    this.#settings = settings;
  }

  /** @throws LightningFailure unavailable */
  async ask(question: Question): Promise<Answer> {
    return orUnavailable(async () => {
      const response = await this.#send(question);
      return { status: response.status, body: parseJson(await readText(response)) };
    });
  }

  /** Each line of an answer that goes on, as JSON. @throws LightningFailure unavailable when it breaks off or cannot be read */
  async *lines(question: Question): AsyncGenerator<unknown> {
    const response = await orUnavailable(() => this.#send(question));
    if (!response.body) return;
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let held = '';
    try {
      for (;;) {
        const { value, done } = await orUnavailable(() => reader.read());
        held += value ?? '';
        const lines = held.split('\n');
        held = done ? '' : (lines.pop() ?? '');
        if (held.length > bodyCharactersMax) throw new LightningFailure('unavailable', { what: 'an endless line' });
        for (const line of lines) if (line.trim() !== '') yield await orUnavailable(async () => JSON.parse(line) as unknown);
        if (done) return;
      }
    } finally {
      await reader.cancel().catch(() => undefined);
    }
  }

  #send({ method = 'GET', path, json, form, withinMs, signal }: Question): Promise<Response> {
    const { url, headers, http, answerMs = answerDefaultMs } = this.#settings;
    const limit = AbortSignal.timeout(withinMs ?? answerMs);
    const body = json === undefined ? form && new URLSearchParams(form).toString() : JSON.stringify(json);
    const type = json === undefined ? form && 'application/x-www-form-urlencoded' : 'application/json';
    return http(`${url}${path}`, {
      method,
      headers: { ...headers, ...(type && { 'content-type': type }) },
      redirect: 'error',
      signal: signal ? AbortSignal.any([limit, signal]) : limit,
      ...(body !== undefined && { body }),
    });
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function readText(response: Response): Promise<string> {
  let text = '';
  for await (const part of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += part;
    if (text.length > bodyCharactersMax) throw new Error('an endless answer');
  }
  return text;
}

async function orUnavailable<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof LightningFailure) throw error;
    throw new LightningFailure('unavailable', {}, { cause: error });
  }
}
