// What a buyer asks the part of a server that takes money: the listing, the price of now, an invoice, and what a payment bought.
// spec/paid-links.md "Over HTTP".
import { type Bytes, decodeUtf8, formatBase64url, parseBase64url, parseHex, retry } from '@reprise/kit';
import { Failure, readInvoice } from '@reprise/protocol/formats';
import { type Currency, currencies, type Price } from '@reprise/vault/paid';
import { type Connection, retryWait } from '../connect.ts';
import type { HttpResponse } from '../transport.ts';

export type OfferState = 'open' | 'withdrawn' | 'ended' | 'sold-out' | 'under-notice';

/** What the operator says it sells; compared with what the seller signed. */
export type Listing = {
  readonly hash: Bytes;
  readonly price: Price;
  readonly isFloor: boolean;
  readonly isJar: boolean;
  readonly commitment: Bytes;
  readonly notAfter: number | null;
  readonly version: number;
  readonly state: OfferState;
  /** The case that ends its sale; null: none does. */
  readonly case: string | null;
  readonly agentKey: Bytes;
};

/** What one bitcoin is worth. */
export type BitcoinRate = {
  /** Whole units of the currency, times 10⁸. */ readonly price: bigint;
  readonly at: number;
  readonly source: string;
};

/** A price that is frozen for some minutes, for the offer as it was shown. */
export type Quote = {
  readonly version: number;
  /** Hash of that offer, 32 bytes. */
  readonly offerHash: Bytes;
  readonly sats: number;
  /** What the seller asks, or what the buyer chose above it. */
  readonly price: Price;
  readonly rate: BitcoinRate | null;
  /** How many more may buy it; null: without a bound. */
  readonly salesLeft: number | null;
  /** ms since 1970. */
  readonly expiresAt: number;
  /** To show with the payment. */
  readonly text: string;
};

export type Invoice = {
  readonly bolt11: string;
  readonly sats: number;
  /** Of the offer that it pays. */
  readonly version: number;
  /** ms since 1970, as the invoice says. */
  readonly expiresAt: number;
  /** Shows the payment, once it was made. */
  readonly token: string;
};

/** What a payment bought, still sealed to the buyer. */
export type Released = { readonly release: Bytes; readonly receipt: Bytes };

/** What a payment that bought nothing, or too much, is owed back. */
export type Owed = {
  readonly sats: number;
  /** `removed`: bought, and given back after a notice was upheld. */
  readonly reason: 'over-paid' | 'under-paid' | 'ended' | 'sold-out' | 'removed';
  readonly state: 'owed' | 'taken';
};

export type Asking = {
  readonly signal?: AbortSignal | undefined;
  /** Called before each further attempt: what was sent may have been heard. */
  readonly onWait?: (() => void) | undefined;
};

const answerBytesMax = 65_536;
/** What a header may hold, beside the buyer's key: Node takes 16 KiB of them. */
export const headerTokenMax = 12_288;

export class PayRequests {
  readonly #connection: Connection;
  readonly #path: string;

  /** @param offerId in hex */
  constructor(connection: Connection, offerId: string) {
    this.#connection = connection;
    this.#path = `/pay/${offerId}`;
  }

  /** @throws Failure payment-refused, bad-answer, network … */
  async listing(signal?: AbortSignal): Promise<Listing> {
    const said = await this.#shown('', { headers: { 'cache-control': 'no-cache' }, signal });
    return {
      hash: hexField(said, 'hash'),
      price: priceOf(said),
      isFloor: said['isFloor'] === true,
      isJar: said['isJar'] === true,
      commitment: hexField(said, 'commitment'),
      notAfter: said['notAfter'] === null ? null : numberField(said, 'notAfter'),
      version: numberField(said, 'version'),
      state: textField(said, 'state') as OfferState,
      case: typeof said['case'] === 'string' ? said['case'] : null,
      agentKey: bytesField(said, 'agent'),
    };
  }

  /**
   * @param amount what the buyer chose to pay, in the units of the price; null: the price
   * @throws Failure payment-refused with reason ended, sold-out, bad-amount or no-rate; bad-answer, network …
   */
  async quote(amount: number | null, signal?: AbortSignal): Promise<Omit<Quote, 'offerHash'>> {
    const said = await this.#shown(`/price${chosen(amount)}`, { signal });
    const rate = said['rate'];
    return {
      version: numberField(said, 'version'),
      sats: satsOf(said['sats']),
      price: priceOf(said),
      rate: isRecord(rate)
        ? { price: BigInt(textField(rate, 'price')), at: numberField(rate, 'at'), source: textField(rate, 'source') }
        : null,
      salesLeft: said['salesLeft'] === null ? null : numberField(said, 'salesLeft'),
      expiresAt: numberField(said, 'expiresAt'),
      text: textField(said, 'quote'),
    };
  }

  /** @param amount as for `quote` @throws Failure payment-refused, bad-answer, network … */
  async invoice(buyerKey: Bytes, amount: number | null, signal?: AbortSignal): Promise<Invoice> {
    const response = await this.#send('GET', `/release${chosen(amount)}`, {
      headers: { ...keyHeader(buyerKey), 'accept-payment': 'lightning' },
      signal,
    });
    if (response.status !== 402) throw await refusal(response);
    const said = await readJson(response);
    const [, token] = /^L402 .*?\btoken="([A-Za-z0-9+/=_-]+)"/.exec(response.header('www-authenticate') ?? '') ?? [];
    const bolt11 = response.header('x-lightning');
    if (token === undefined || bolt11 === null) throw new Failure('bad-answer', { reason: 'no invoice' });
    const sats = satsOf(said['sats']);
    const { msat, expiresAt } = readInvoice(bolt11);
    if (msat !== BigInt(sats) * 1_000n) throw new Failure('bad-answer', { reason: 'the invoice asks another amount' });
    return { bolt11, sats, version: numberField(said, 'version'), expiresAt, token };
  }

  /** @returns null while the invoice is not paid @throws Failure payment-owed, payment-refused, network … */
  async collect(token: string, signal?: AbortSignal): Promise<Released | null> {
    const response = await this.#send('GET', '/release', {
      headers: token.startsWith('cashuB') ? { 'x-cashu': token } : { authorization: `L402 ${token}` },
      signal,
    });
    if (response.status === 402) return null;
    return released(response);
  }

  /** @param coins `cashuB…`, worth exactly the price @throws Failure payment-refused, network … */
  async payWithCoins(
    buyerKey: Bytes,
    { coins, quote }: { readonly coins: string; readonly quote: string },
    asking: Asking,
  ): Promise<Released> {
    const headers = { ...keyHeader(buyerKey), 'x-cashu': coins, 'reprise-quote': quote };
    return released(await this.#send('GET', '/release', { headers, ...asking }));
  }

  /** @param proof the token of its invoice, or the coins that paid @returns null if nothing is owed for this payment */
  async readRefund(proof: string, signal?: AbortSignal): Promise<Owed | null> {
    const headers: Record<string, string> = proof.startsWith('cashuB') ? { 'x-cashu': proof } : { authorization: `L402 ${proof}` };
    const response = await this.#send('GET', '/refund', { headers, signal });
    const said = await unlessRefused(response)
      .then(readJson)
      .catch((error: unknown) => {
        if (error instanceof Failure && nothingOwed.has(error.facts['reason'])) return null;
        throw error;
      });
    return (
      said && {
        sats: satsOf(said['amount']),
        reason: textField(said, 'reason') as Owed['reason'],
        state: textField(said, 'state') as Owed['state'],
      }
    );
  }

  /** What anybody may ask: here a server that sells nothing has no such path, and nothing is lost by taking it at its word. */
  async #shown(path: string, options: SendOptions): Promise<Readonly<Record<string, unknown>>> {
    const response = await this.#send('GET', path, options);
    try {
      return await readJson(await unlessRefused(response));
    } catch (error) {
      if (response.status === 404 && error instanceof Failure && error.code === 'bad-answer') throw refused('no-offer');
      throw error;
    }
  }

  /** Each of these may be sent twice: the same credential has the same answer. */
  #send(method: string, path: string, { headers, body, signal, onWait }: SendOptions): Promise<HttpResponse> {
    const { connection, url } = { connection: this.#connection, url: this.#connection.origin + this.#path + path };
    const retries = { attemptsMax: 5, firstDelayMs: 250, delayMsMax: 5_000, again: retryWait, signal, onWait };
    return retry(retries, async () => {
      const response = await connection.send({
        method,
        url,
        ...(headers && { headers }),
        ...(body !== undefined && { body: new TextEncoder().encode(body) }),
        signal,
      });
      if (response.status === 429 || response.status === 502 || response.status === 504)
        throw new Failure('unavailable', { status: response.status });
      return response;
    });
  }
}

type SendOptions = Asking & {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
};

function chosen(amount: number | null): string {
  return amount === null ? '' : `?amount=${amount}`;
}

function keyHeader(buyerKey: Bytes): Record<string, string> {
  return { 'reprise-buyer-key': formatBase64url(buyerKey) };
}

async function released(response: HttpResponse): Promise<Released> {
  const said = await readJson(await unlessRefused(response));
  return { release: bytesField(said, 'release'), receipt: bytesField(said, 'receipt') };
}

async function unlessRefused(response: HttpResponse): Promise<HttpResponse> {
  if (response.status >= 400) throw await refusal(response);
  return response;
}

/** What a server that takes money refuses, as our one kind of failure; the codes are those of the chapter and of the NUTs. */
async function refusal(response: HttpResponse): Promise<Failure> {
  const said = await readJson(response).catch((): Readonly<Record<string, unknown>> => ({}));
  const code = said['code'];
  // Not from a shop: a server that sells nothing, or a proxy, whose pages may have codes of their own.
  if (code === undefined || response.header('x-reason') !== String(code)) return new Failure('bad-answer', { status: response.status });
  if (code === 'owed-back') return new Failure('payment-owed', { sats: satsOf(said['amount']) });
  const { missing, case: id } = said;
  return new Failure('payment-refused', {
    reason: String(code),
    ...(typeof missing === 'string' && { missing: satsOf(missing) }),
    ...(typeof id === 'string' && { case: id }),
  });
}

const nothingOwed = new Set<unknown>(['no-refund', 'no-invoice', 'no-offer']);

export function refused(reason: string): Failure {
  return new Failure('payment-refused', { reason });
}

async function readJson(response: HttpResponse): Promise<Readonly<Record<string, unknown>>> {
  const text = decodeUtf8(await response.bytes(answerBytesMax));
  try {
    const said: unknown = JSON.parse(text);
    if (isRecord(said)) return said;
  } catch (cause) {
    throw new Failure('bad-answer', { status: response.status }, { cause });
  }
  throw new Failure('bad-answer', { status: response.status });
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function priceOf(said: Readonly<Record<string, unknown>>): Price {
  const currency = textField(said, 'currency') as Currency;
  if (!currencies.includes(currency)) throw new Failure('bad-answer', { reason: 'currency' });
  return { amount: numberField(said, 'price'), currency };
}

function numberField(said: Readonly<Record<string, unknown>>, field: string): number {
  const value = said[field];
  if (!Number.isSafeInteger(value)) throw new Failure('bad-answer', { reason: field });
  return value as number;
}

function textField(said: Readonly<Record<string, unknown>>, field: string): string {
  const value = said[field];
  if (typeof value !== 'string') throw new Failure('bad-answer', { reason: field });
  return value;
}

function hexField(said: Readonly<Record<string, unknown>>, field: string): Bytes {
  return parseHex(textField(said, field)) ?? notBytes(field);
}

function bytesField(said: Readonly<Record<string, unknown>>, field: string): Bytes {
  return parseBase64url(textField(said, field)) ?? notBytes(field);
}

function notBytes(reason: string): never {
  throw new Failure('bad-answer', { reason });
}

function satsOf(value: unknown): number {
  if (typeof value !== 'string' || !/^\d{1,15}$/.test(value)) throw new Failure('bad-answer', { reason: 'an amount' });
  return Number(value);
}
