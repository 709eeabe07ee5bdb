// A wallet of one's own, somewhere else, asked over a relay: what it can do, what it may still spend, to pay an invoice, and how a payment ended.
// NIP-47. Only a preimage that fits the invoice is a success; only the wallet's own refusal is one; all else is not known.
import { type Clock, formatHex, parseHex, sleep } from '@reprise/kit';
import { refused } from '../failures.ts';
import type { Fields } from '../fields.ts';
import { lateMs } from './asked.ts';
import type { Connection } from './connection.ts';
import { announcementOf, answersTo, type Encryption, openAnswer, readAnnouncement, sealRequest, type WalletWord } from './envelope.ts';
import { type Dial, Relay } from './relay.ts';

export type OutsidePorts = {
  readonly dial: Dial;
  readonly clock: Clock;
  /** How long an answer may take that costs nothing; by default 15 s. */
  readonly answerMs?: number;
  /** How long a payment is waited for; by default 60 s. */
  readonly payMs?: number;
};
/** In thousandths of a satoshi. */
export type Budget = {
  readonly total: number;
  readonly used: number /** ms since 1970; null: not again */;
  readonly renewsAt: number | null;
};
export type Refusal = 'over-budget' | 'no-balance' | 'not-allowed' | 'wallet-refused' | 'relay-unreachable';
/** `unknown`: it may have been paid, or may yet be. */
export type Outcome = { readonly state: 'paid' } | { readonly state: 'refused'; readonly why: Refusal } | { readonly state: 'unknown' };

type Answer =
  | { readonly kind: 'result'; readonly result: Fields }
  | { readonly kind: 'error'; readonly code: string }
  /** `isSent`: bytes left for a relay, so that the wallet may have heard it, whatever the relay said of it. */
  | { readonly kind: 'none'; readonly isSent: boolean };

const answerDefaultMs = 15_000;
const payDefaultMs = 60_000;
const openMs = 8_000;
/** A relay that says that it did not take a request may have passed it on: so long an answer is waited for all the same. */
const untakenMs = 5_000;
/** By the errors of NIP-47 that say that nothing was paid. PAYMENT_FAILED is not among them: it may be a matter of time. */
const refusals: ReadonlyMap<string, Refusal> = new Map([
  ['QUOTA_EXCEEDED', 'over-budget'],
  ['INSUFFICIENT_BALANCE', 'no-balance'],
  ['RESTRICTED', 'not-allowed'],
  ['UNAUTHORIZED', 'not-allowed'],
  ['RATE_LIMITED', 'wallet-refused'],
  ['NOT_IMPLEMENTED', 'wallet-refused'],
]);

export class OutsideWallet {
  readonly #connection: Connection;
  readonly #ports: OutsidePorts;

  constructor(connection: Connection, ports: OutsidePorts) {
    this.#connection = connection;
    this.#ports = ports;
  }

  /** What it said of itself when it was set up, which a relay keeps. @throws Failure wallet-refused: relay-unreachable, wallet-unknown */
  async describe(): Promise<WalletWord> {
    const relay = await this.#reach();
    if (!relay) throw refused('relay-unreachable');
    try {
      const found = Promise.withResolvers<WalletWord | undefined>();
      relay.follow(
        announcementOf(this.#connection),
        (event) => {
          const word = readAnnouncement(this.#connection, event);
          if (word) found.resolve(word);
        },
        () => found.resolve(undefined),
      );
      const word = await this.#within(this.#ports.answerMs ?? answerDefaultMs, relay, found.promise);
      if (!word) throw refused('wallet-unknown');
      return word;
    } finally {
      relay.close();
    }
  }

  /**
   * @returns null where it has no bound, or says none
   * @throws Failure wallet-refused: not-allowed where the connection was ended there; relay-unreachable, no-answer
   */
  async budget({ methods, encryption }: WalletWord): Promise<Budget | null> {
    // Whoever cannot be asked for a budget is asked whether it knows us.
    const method = ['get_budget', 'get_info', 'get_balance'].find((one) => methods.includes(one));
    if (method === undefined) return null;
    const answer = await this.#ask(method, {}, encryption, this.#ports.answerMs ?? answerDefaultMs);
    if (answer.kind === 'none') throw refused(answer.isSent ? 'no-answer' : 'relay-unreachable');
    if (answer.kind === 'error') {
      if (refusals.get(answer.code) === 'not-allowed') throw refused('not-allowed');
      return null;
    }
    const { total_budget: total, used_budget: used, renews_at: renews } = answer.result;
    if (!isAmount(total) || !isAmount(used)) return null;
    return { total, used, renewsAt: isAmount(renews) && renews > 0 ? renews * 1_000 : null };
  }

  /** Asks once. @param hash of the invoice, which its proof has to fit */
  async pay(bolt11: string, hash: string, { methods, encryption }: WalletWord): Promise<Outcome> {
    const answer = await this.#ask('pay_invoice', { invoice: bolt11 }, encryption, this.#ports.payMs ?? payDefaultMs);
    if (answer.kind === 'none' && !answer.isSent) return { state: 'refused', why: 'relay-unreachable' };
    if (answer.kind === 'result' && (await isProof(answer.result['preimage'], hash))) return { state: 'paid' };
    const why = answer.kind === 'error' ? refusals.get(answer.code) : undefined;
    return why ? { state: 'refused', why } : this.lookUp({ hash, askedAt: this.#ports.clock.now() }, { methods, encryption });
  }

  /** How a payment that was asked for stands, by what the wallet lists. @param askedAt ms since 1970 */
  async lookUp(
    { hash, askedAt }: { readonly hash: string; readonly askedAt: number },
    { methods, encryption }: WalletWord,
  ): Promise<Outcome> {
    if (!methods.includes('lookup_invoice')) return { state: 'unknown' };
    const isUnread = this.#ports.clock.now() >= askedAt + this.#readableMs();
    const answer = await this.#ask('lookup_invoice', { payment_hash: hash }, encryption, this.#ports.answerMs ?? answerDefaultMs);
    // What it does not list it was never told of; while its request may still be read, a relay may be holding that back.
    if (answer.kind === 'error' && answer.code === 'NOT_FOUND' && isUnread) return { state: 'refused', why: 'wallet-refused' };
    if (answer.kind !== 'result' || answer.result['type'] !== 'outgoing') return { state: 'unknown' };
    if (await isProof(answer.result['preimage'], hash)) return { state: 'paid' };
    return answer.result['state'] === 'failed' ? { state: 'refused', why: 'wallet-refused' } : { state: 'unknown' };
  }

  async #ask(method: string, params: Fields, encryption: Encryption, limitMs: number): Promise<Answer> {
    const relay = await this.#reach();
    if (!relay) return { kind: 'none', isSent: false };
    try {
      const nowMs = this.#ports.clock.now();
      const text = JSON.stringify({ method, params });
      const request = sealRequest(this.#connection, { encryption, text, nowMs, expiresAtMs: nowMs + limitMs });
      const answered = Promise.withResolvers<Answer>();
      relay.follow(answersTo(this.#connection, request), (event) => {
        const answer = readAnswer(openAnswer(this.#connection, request, event), method);
        if (answer) answered.resolve(answer);
      });
      const untaken = Promise.withResolvers<void>();
      relay.publish(request, (isTaken) => !isTaken && untaken.resolve());
      const givenUp = untaken.promise.then(() => sleep(untakenMs, relay.over.signal)).then(nothing, nothing);
      const answer = await this.#within(limitMs, relay, Promise.race([answered.promise, givenUp]));
      return answer ?? { kind: 'none', isSent: true };
    } finally {
      relay.close();
    }
  }

  /** So long after a payment was asked for may its request be read: it was sent before every relay was tried in vain, and clocks differ. */
  #readableMs(): number {
    return this.#connection.relays.length * openMs + (this.#ports.payMs ?? payDefaultMs) + lateMs;
  }

  /** The first that answers: a request goes over one of them, so that the wallet hears it once. */
  async #reach(): Promise<Relay | undefined> {
    for (const url of this.#connection.relays) {
      const relay = new Relay(this.#ports.dial, url);
      if (await this.#within(openMs, relay, relay.opened())) return relay;
      relay.close();
    }
    return undefined;
  }

  /** @returns undefined once it is late, or the relay is gone */
  async #within<Result>(limitMs: number, relay: Relay, work: Promise<Result>): Promise<Result | undefined> {
    const done = new AbortController();
    const late = sleep(limitMs, AbortSignal.any([done.signal, relay.over.signal])).catch(() => undefined);
    try {
      return (await Promise.race([work, late])) ?? undefined;
    } finally {
      done.abort();
    }
  }
}

/** What is no answer to `method` counts as none: the right one may still come. */
function readAnswer(text: string | undefined, method: string): Answer | undefined {
  const said = fieldsOf(text);
  if (said?.['result_type'] !== method) return undefined;
  const { error, result } = said;
  if (isFields(error)) return { kind: 'error', code: String(error['code']).slice(0, 50) };
  return isFields(result) ? { kind: 'result', result } : undefined;
}

function nothing(): undefined {
  return undefined;
}

function fieldsOf(text: string | undefined): Fields | undefined {
  if (text === undefined) return undefined;
  try {
    const said: unknown = JSON.parse(text);
    return isFields(said) ? said : undefined;
  } catch {
    return undefined;
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isAmount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** @param proof as a wallet says it; @param hash 64 hex digits */
async function isProof(proof: unknown, hash: string): Promise<boolean> {
  const preimage = typeof proof === 'string' ? parseHex(proof.toLowerCase()) : undefined;
  return preimage?.length === 32 && formatHex(new Uint8Array(await crypto.subtle.digest('SHA-256', preimage))) === hash;
}
