// What is asked of a mint, as the NUTs have it, each answer read strictly. NUT-01 to 05, 07, 09, 23.
import { JSONInt } from '@cashu/cashu-ts';
import { Failure } from '@reprise/protocol/formats';
import { readBounded } from './bounded-body.ts';
import { refused } from './failures.ts';
import type { Coin, KnownKeyset, Output, Sat } from './state.ts';

/** The network, as `fetch` is it. */
export type Fetch = (
  url: string,
  init: { method: 'GET' | 'POST'; body?: string; headers?: Record<string, string>; signal: AbortSignal },
) => Promise<Response>;

/** A mint, or the shop beside it, said no, and did nothing. @internal */
export class MintRefusal extends Error {
  readonly code: number | string;
  /** @param code of the NUTs, or of a shop */
  constructor(code: number | string, detail: string) {
    super(detail);
    this.code = code;
  }
}

export type SignedOutput = {
  readonly keyset: string;
  readonly amount: Sat;
  readonly c: string;
  readonly dleq: { readonly e: string; readonly s: string } | null;
};
export type MintQuote = { readonly quote: string; readonly request: string; readonly state: string; readonly expiryMs: number | null };
export type MeltQuote = {
  readonly quote: string;
  readonly amount: Sat;
  readonly feeReserve: Sat;
  readonly state: string;
  readonly expiryMs: number;
  readonly preimage: string | null;
  readonly change: readonly SignedOutput[];
};
/** What a payment is owed back. */
export type Owed = {
  readonly amount: Sat;
  readonly reason: 'over-paid' | 'under-paid' | 'ended' | 'sold-out' | 'removed';
  readonly state: 'owed' | 'taken';
};
export type CoinState = 'UNSPENT' | 'PENDING' | 'SPENT';

/** What a mint takes at a time, whether it says so or not. */
export const coinsMax = 1_000;
const answerBytesMax = 8 * 2 ** 20;
/** A payment may take so long to be answered; what is not is asked again. */
const patienceMs = 90_000;

/** What a refund is asked with. */
export type RefundClaim = { readonly offer: string; readonly proof: string; readonly outputs: readonly Output[] };

/** With these a shop says for good that it owes nothing; anything else it says is no answer. */
const shopRefusals: ReadonlySet<unknown> = new Set(['no-refund', 'no-offer', 'bad-token']);

export class MintRequests {
  readonly url: string;
  readonly #fetch: Fetch;
  readonly #signal: AbortSignal | undefined;

  /** @param url without a slash at the end */
  constructor(url: string, fetch: Fetch, signal: AbortSignal | undefined) {
    this.url = url;
    this.#fetch = fetch;
    this.#signal = signal;
  }

  async keysets(): Promise<readonly Omit<KnownKeyset, 'keys'>[]> {
    return list((await this.#get('keysets'))['keysets']).map(readKeyset);
  }

  async keys(id: string): Promise<KnownKeyset['keys']> {
    const found = list((await this.#get(`keys/${id}`))['keysets']).find((one) => one['id'] === id);
    if (!found) throw strange('keys');
    return Object.fromEntries(Object.entries(object(found['keys'])).map(([amount, key]) => [String(readAmount(amount)), readHex(key)]));
  }

  async swap(inputs: readonly Coin[], outputs: readonly Output[]): Promise<readonly SignedOutput[]> {
    return readSignatures(await this.#post('swap', { inputs: inputs.map(wireCoin), outputs: outputs.map(wireOutput) }));
  }

  async makeMintQuote(amount: Sat, description: string): Promise<MintQuote> {
    return readMintQuote(await this.#post('mint/quote/bolt11', { amount, unit: 'sat', ...(description ? { description } : {}) }));
  }

  async mintQuote(id: string): Promise<MintQuote> {
    return readMintQuote(await this.#get(`mint/quote/bolt11/${encodeURIComponent(id)}`));
  }

  async issue(quote: string, outputs: readonly Output[]): Promise<readonly SignedOutput[]> {
    return readSignatures(await this.#post('mint/bolt11', { quote, outputs: outputs.map(wireOutput) }));
  }

  async makeMeltQuote(request: string): Promise<MeltQuote> {
    return readMeltQuote(await this.#post('melt/quote/bolt11', { request, unit: 'sat' }));
  }

  async meltQuote(id: string): Promise<MeltQuote> {
    return readMeltQuote(await this.#get(`melt/quote/bolt11/${encodeURIComponent(id)}`));
  }

  async melt(quote: string, inputs: readonly Coin[], blanks: readonly Output[]): Promise<MeltQuote> {
    const outputs = blanks.length === 0 ? {} : { outputs: blanks.map(wireOutput) };
    return readMeltQuote(await this.#post('melt/bolt11', { quote, inputs: inputs.map(wireCoin), ...outputs }));
  }

  /** @param points the Y of each coin, hex */
  async states(points: readonly string[]): Promise<ReadonlyMap<string, CoinState>> {
    const states = new Map<string, CoinState>();
    for (let at = 0; at < points.length; at += coinsMax) {
      const answer = await this.#post('checkstate', { Ys: points.slice(at, at + coinsMax) });
      for (const one of list(answer['states'])) {
        if (one['state'] !== 'UNSPENT' && one['state'] !== 'PENDING' && one['state'] !== 'SPENT') throw strange('states');
        states.set(readHex(one['Y']), one['state']);
      }
    }
    return states;
  }

  /** @returns what was signed, by B_ */
  async restore(outputs: readonly Output[]): Promise<ReadonlyMap<string, SignedOutput>> {
    const answer = await this.#post('restore', { outputs: outputs.map(wireOutput) });
    const [known, signatures] = [list(answer['outputs']), readSignatures(answer)];
    if (known.length !== signatures.length) throw strange('restore');
    return new Map(known.map((output, at) => [readHex(output['B_']), signatures[at] as SignedOutput]));
  }

  /** @param proof the token of the payment, or the coins that paid @throws MintRefusal where nothing was ever owed */
  async readRefund(offer: string, proof: string): Promise<Owed> {
    return readOwed(await this.#ask(this.#refundUrl(offer), { method: 'GET', headers: shownAs(proof) }));
  }

  /** The same outputs get the same signatures; others none, once it was taken. */
  async takeRefund({ offer, proof, outputs }: RefundClaim): Promise<readonly SignedOutput[]> {
    const headers = { 'Content-Type': 'application/json', ...shownAs(proof) };
    const body = JSONInt.stringify({ outputs: outputs.map(wireOutput) }) as string;
    return readSignatures(await this.#ask(this.#refundUrl(offer), { method: 'POST', headers, body }));
  }

  /** A mint and its shop are of one house: `https://host/mint` and `https://host/pay`. */
  #refundUrl(offer: string): string {
    return `${this.url.replace(/\/mint$/, '')}/pay/${offer}/refund`;
  }

  #get(path: string): Promise<Fields> {
    return this.#ask(`${this.url}/v1/${path}`, { method: 'GET' });
  }

  #post(path: string, body: object): Promise<Fields> {
    const headers = { 'Content-Type': 'application/json' };
    return this.#ask(`${this.url}/v1/${path}`, { method: 'POST', headers, body: JSONInt.stringify(body) as string });
  }

  /** @throws Failure network, unavailable, wallet-refused with reason mint-answer; MintRefusal */
  async #ask(url: string, init: { method: 'GET' | 'POST'; headers?: Record<string, string>; body?: string }): Promise<Fields> {
    const limit = AbortSignal.timeout(patienceMs);
    const signal = this.#signal ? AbortSignal.any([this.#signal, limit]) : limit;
    const [response, text] = await this.#send(url, { ...init, signal });
    if (response.status === 429 || response.status >= 500) throw new Failure('unavailable', { status: response.status });
    const fields = parse(text);
    if (response.ok) return fields;
    const { code } = fields;
    if (typeof code !== 'number' && !shopRefusals.has(code)) throw strange(`status ${response.status}`);
    throw new MintRefusal(code as number | string, String(fields['detail'] ?? '').slice(0, 200));
  }

  async #send(url: string, init: Parameters<Fetch>[1]): Promise<readonly [Response, string]> {
    try {
      const response = await this.#fetch(url, init);
      return [response, await readText(response)];
    } catch (cause) {
      if (cause instanceof Failure) throw cause;
      if (this.#signal?.aborted) throw new Failure('cancelled', {}, { cause });
      throw new Failure('network', { origin: this.url }, { cause });
    }
  }
}

async function readText(response: Response): Promise<string> {
  const bytes = await readBounded(response, answerBytesMax);
  if (!bytes) throw strange('length');
  return new TextDecoder().decode(bytes);
}

type Fields = Readonly<Record<string, unknown>>;

function strange(what: string, cause?: unknown): Failure {
  return refused('mint-answer', { what }, cause);
}

function parse(text: string): Fields {
  try {
    return object(JSONInt.parse(text));
  } catch (cause) {
    throw strange('json', cause);
  }
}

function object(value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw strange('object');
  return value as Fields;
}

function list(value: unknown): readonly Fields[] {
  if (!Array.isArray(value)) throw strange('list');
  return value.map(object);
}

function readString(value: unknown): string {
  if (typeof value !== 'string') throw strange('text');
  return value;
}

function readHex(value: unknown): string {
  if (typeof value !== 'string' || !/^([0-9a-f]{2})+$/.test(value)) throw strange('hex');
  return value;
}

function readAmount(value: unknown): Sat {
  const text = String(value);
  if (!/^\d{1,20}$/.test(text)) throw strange('amount');
  return BigInt(text);
}

function readSeconds(value: unknown): number {
  if (!Number.isSafeInteger(value)) throw strange('time');
  return (value as number) * 1_000;
}

function readKeyset(fields: Fields): Omit<KnownKeyset, 'keys'> {
  const { id, unit, active, input_fee_ppk: fee = 0, final_expiry: expiry = null } = fields;
  if (!Number.isSafeInteger(fee) || (fee as number) < 0) throw strange('fee');
  return {
    id: readString(id),
    unit: readString(unit),
    isActive: active === true,
    feePpk: fee as number,
    finalExpiry: expiry === null ? null : readSeconds(expiry) / 1_000,
  };
}

/** Coins are told from a token of L402 by how they begin. */
export function areCoins(proof: string): boolean {
  return proof.startsWith('cashuB');
}

function shownAs(proof: string): Record<string, string> {
  return areCoins(proof) ? { 'X-Cashu': proof } : { Authorization: `L402 ${proof}` };
}

function readSignatures(fields: Fields): readonly SignedOutput[] {
  return list(fields['signatures']).map(readSignature);
}

function readSignature({ id, amount, C_, dleq }: Fields): SignedOutput {
  const proof = dleq === undefined || dleq === null ? null : object(dleq);
  return {
    keyset: readHex(id),
    amount: readAmount(amount),
    c: readHex(C_),
    dleq: proof && { e: readHex(proof['e']), s: readHex(proof['s']) },
  };
}

function readOwed({ amount, reason, state }: Fields): Owed {
  if (!owedReasons.has(reason) || (state !== 'owed' && state !== 'taken')) throw strange('refund');
  return { amount: readAmount(amount), reason: reason as Owed['reason'], state };
}

const owedReasons: ReadonlySet<unknown> = new Set<Owed['reason']>(['over-paid', 'under-paid', 'ended', 'sold-out', 'removed']);

function readMintQuote({ quote, request, state, expiry }: Fields): MintQuote {
  const expiryMs = expiry === null || expiry === undefined ? null : readSeconds(expiry);
  return { quote: readString(quote), request: readString(request), state: readString(state), expiryMs };
}

function readMeltQuote({ quote, amount, fee_reserve: reserve, state, expiry, payment_preimage: preimage, change }: Fields): MeltQuote {
  return {
    quote: readString(quote),
    amount: readAmount(amount),
    feeReserve: readAmount(reserve),
    state: readString(state),
    expiryMs: readSeconds(expiry),
    preimage: preimage === null || preimage === undefined || preimage === '' ? null : readHex(preimage),
    change: change === null || change === undefined ? [] : list(change).map(readSignature),
  };
}

/** The DLEQ stays here: with it, whoever sees a swap could tell which signature became which coin. */
function wireCoin({ keyset, amount, secret, c }: Coin): object {
  return { id: keyset, amount, secret, C: c };
}

function wireOutput({ keyset, amount, blinded }: Output): object {
  return { id: keyset, amount, B_: blinded };
}
