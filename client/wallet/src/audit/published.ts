// What a mint has published, fetched whole. Nothing that is asked for says which coins or lines somebody has. spec/liabilities.md "Over HTTP".
import { type Bytes, concatBytes, parseBase64url } from '@reprise/kit';
import { Failure } from '@reprise/protocol/formats';
import { readBounded } from '../bounded-body.ts';
import type { Fetch } from '../mint-requests.ts';

export type PublishedEpochs = { readonly key: Bytes; readonly network: string; readonly epochs: readonly Bytes[] };

const patienceMs = 60_000;
const answerBytesMax = 4 * 2 ** 20;
/** A point and u64 satoshis. */
export const coinBytes = 41;
/** More epochs than a mint has days. */
const epochsMax = 100_000;

export class PublishedLists {
  readonly #url: string;
  readonly #fetch: Fetch;
  readonly #signal: AbortSignal | undefined;

  /** @param url of `/pay/liabilities` at a server */
  constructor(url: string, fetch: Fetch, signal?: AbortSignal) {
    this.#url = url;
    this.#fetch = fetch;
    this.#signal = signal;
  }

  /** All of them, from the first. @throws Failure network, unavailable, payments-off, bad-answer */
  async epochs(): Promise<PublishedEpochs> {
    const epochs: Bytes[] = [];
    for (;;) {
      const page = readPage(await this.#get(`?from=${epochs.length + 1}`));
      epochs.push(...page.epochs);
      if (page.epochs.length === 0 || epochs.length >= page.latest || epochs.length > epochsMax) return { ...page, epochs };
    }
  }

  /** The first `count` coins of a list; fewer where there are no more. */
  async coins(keyset: string, list: 'promised' | 'spent', count: number): Promise<Bytes> {
    const pages: Bytes[] = [];
    for (let known = 0; known < count; ) {
      const page = await this.#get(`/${keyset}/${list}?from=${known}`);
      const whole = page.subarray(0, page.length - (page.length % coinBytes)).subarray(0, (count - known) * coinBytes);
      if (whole.length === 0) break;
      pages.push(whole as Bytes);
      known += whole.length / coinBytes;
    }
    return concatBytes(...pages);
  }

  async #get(path: string): Promise<Bytes> {
    const timeout = AbortSignal.timeout(patienceMs);
    const signal = this.#signal ? AbortSignal.any([this.#signal, timeout]) : timeout;
    let bytes: Bytes | null;
    let status: number;
    try {
      const response = await this.#fetch(`${this.#url}${path}`, { method: 'GET', signal });
      status = response.status;
      bytes = await readBounded(response, answerBytesMax);
    } catch (cause) {
      throw new Failure(this.#signal?.aborted ? 'cancelled' : 'network', {}, { cause });
    }
    if (status === 503) throw new Failure('unavailable', { retryAfterMs: 10_000 });
    if (status !== 200) throw badAnswer(`status ${status}`);
    if (!bytes) throw badAnswer('length');
    return bytes;
  }
}

function readPage(bytes: Bytes): PublishedEpochs & { readonly latest: number } {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw badAnswer('not JSON', cause);
  }
  const { key, network, latest, epochs } = (value ?? {}) as Readonly<Record<string, unknown>>;
  const keyBytes = typeof key === 'string' ? parseBase64url(key) : undefined;
  const sealed = Array.isArray(epochs) ? epochs.map((one) => (typeof one === 'string' ? parseBase64url(one) : undefined)) : [undefined];
  if (keyBytes?.length !== 32 || typeof network !== 'string' || !Number.isSafeInteger(latest) || sealed.includes(undefined))
    throw badAnswer('not a list of epochs');
  return { key: keyBytes, network, latest: latest as number, epochs: sealed as Bytes[] };
}

function badAnswer(reason: string, cause?: unknown): Failure {
  return new Failure('bad-answer', { reason }, cause === undefined ? undefined : { cause });
}
