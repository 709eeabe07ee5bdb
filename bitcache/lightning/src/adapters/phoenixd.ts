// phoenixd over HTTP, 0.4 or later: whole satoshis, no limit on fees, liquidity paid from what comes in. https://phoenix.acinq.co/server/api
// and spec/lightning.md "Adapters".
import { sleep } from '@reprise/kit';
import { msat } from '@reprise/ledger';
import { parseInvoice } from '../bolt11/parse.ts';
import { LightningFailure } from '../failures.ts';
import {
  type BackendInfo,
  type Balance,
  type Capabilities,
  type Cursor,
  type Invoice,
  type InvoiceRequest,
  type InvoiceState,
  type LightningBackend,
  type LightningEvent,
  networkOf,
  type Outcome,
  type PaymentHash,
  type PaymentRequest,
  type Received,
} from '../port.ts';
import { type Fields, fieldsOf, hashAt, msatAt, numberAt, preimageAt, textAt } from './fields.ts';
import { proven } from './outcome.ts';
import { type Answer, type HttpClient, type Question, Rest } from './rest.ts';

export type PhoenixdSettings = {
  readonly name: string;
  readonly url: string;
  readonly password: string;
  readonly http: HttpClient;
  /** How often it is asked what came in; by default every 2 s. */
  readonly everyMs?: number;
};

export const phoenixdCapabilities: Capabilities = {
  feeLimit: 'none',
  msat: false,
  labels: true,
  cancel: false,
  descriptionHash: true,
  resumableEvents: true,
};
const everyDefaultMs = 2_000;
const perPage = 100;
/** Longest life of an invoice: what was made so long before a cursor may have been paid after it. */
const overlapMs = 86_400_000;

export class PhoenixdBackend implements LightningBackend {
  readonly name: string;
  readonly capabilities = phoenixdCapabilities;
  readonly #rest: Rest;
  readonly #everyMs: number;

  constructor({ name, url, password, http, everyMs = everyDefaultMs }: PhoenixdSettings) {
    this.name = name;
    this.#everyMs = everyMs;
    this.#rest = new Rest({ url, headers: { authorization: `Basic ${Buffer.from(`:${password}`).toString('base64')}` }, http });
  }

  async info(): Promise<BackendInfo> {
    return { network: networkOf(textAt(await this.#ask({ path: '/getinfo' }), 'chain')), synced: true };
  }

  async balance(): Promise<Balance> {
    return { spendable: msatAt(await this.#ask({ path: '/getbalance' }), 'balanceSat', 1_000n), receivable: null };
  }

  async createInvoice({ label, amount, description, expirySeconds }: InvoiceRequest): Promise<Invoice> {
    if (amount % 1_000n !== 0n) throw new LightningFailure('refused', { what: 'an amount below a satoshi' });
    const [known] = await this.#incoming(`externalId=${label}&all=true&limit=1`);
    const about = 'text' in description ? { description: description.text } : { descriptionHash: description.hash };
    const form = { ...about, amountSat: String(amount / 1_000n), expirySeconds: String(expirySeconds), externalId: label };
    const bolt11 = known
      ? textAt(known, 'invoice')
      : textAt(await this.#ask({ method: 'POST', path: '/createinvoice', form }), 'serialized');
    const { hash, expiresAt } = parseInvoice(bolt11);
    return { bolt11, hash, amount, expiresAt };
  }

  async lookupInvoice(hash: PaymentHash): Promise<InvoiceState> {
    const answer = await this.#rest.ask({ path: `/payments/incoming/${hash}` });
    if (answer.status === 404) return { state: 'not-found' };
    const invoice = accepted(answer);
    if (invoice['isPaid'] === true) return receivedOf(invoice);
    return { state: parseInvoice(textAt(invoice, 'invoice')).expiresAt <= Date.now() ? 'expired' : 'open' };
  }

  async pay({ bolt11, timeoutSeconds }: PaymentRequest): Promise<Outcome> {
    const { hash } = parseInvoice(bolt11);
    const answer = await proven(hash, async () => {
      const paid = await this.#rest.ask({
        method: 'POST',
        path: '/payinvoice',
        form: { invoice: bolt11 },
        withinMs: 1_000 * timeoutSeconds,
      });
      const fields = fieldsOf(paid.body);
      if (paid.status === 200 && fields['paymentPreimage'] !== undefined)
        return {
          state: 'succeeded' as const,
          preimage: preimageAt(fields, 'paymentPreimage'),
          fee: msatAt(fields, 'routingFeeSat', 1_000n),
        };
      // Whatever else it says, its list of payments decides.
      return this.#outgoing(hash);
    });
    return answer.state === 'not-found' ? { state: 'unknown', why: 'the node answered with an error' } : answer;
  }

  async lookupPayment(hash: PaymentHash): Promise<Outcome | { readonly state: 'not-found' }> {
    return proven(hash, () => this.#outgoing(hash));
  }

  /** The cursor is the time of the last receipt, in ms: those of the same ms come again. */
  async *events(from: Cursor, signal: AbortSignal): AsyncIterable<{ cursor: Cursor; event: LightningEvent }> {
    const told = new Set<PaymentHash>();
    for (let since = Number(from || 0); !signal.aborted; ) {
      const paid = await this.#paidSince(since, signal).catch((error: unknown) => {
        if (signal.aborted) return [];
        throw error;
      });
      for (const invoice of paid) {
        const hash = hashAt(invoice, 'paymentHash');
        if (told.has(hash)) continue;
        told.add(hash);
        since = numberAt(invoice, 'completedAt');
        yield { cursor: String(since), event: { kind: 'received', hash, received: receivedOf(invoice) } };
      }
      await sleep(this.#everyMs, signal).catch(() => undefined);
    }
  }

  async close(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {}

  async #paidSince(since: number, signal: AbortSignal): Promise<readonly Fields[]> {
    const found: Fields[] = [];
    for (let offset = 0; ; offset += perPage) {
      const page = await this.#incoming(`from=${Math.max(0, since - overlapMs)}&limit=${perPage}&offset=${offset}`, signal);
      found.push(...page.filter((invoice) => invoice['isPaid'] === true && numberAt(invoice, 'completedAt') >= since));
      if (page.length < perPage) return found.sort((a, b) => numberAt(a, 'completedAt') - numberAt(b, 'completedAt'));
    }
  }

  async #incoming(query: string, signal?: AbortSignal): Promise<readonly Fields[]> {
    const { status, body } = await this.#rest.ask({ path: `/payments/incoming?${query}`, ...(signal && { signal }) });
    if (status !== 200 || !Array.isArray(body)) throw new LightningFailure('unavailable', { status });
    return body.map(fieldsOf);
  }

  async #outgoing(hash: PaymentHash): Promise<Outcome | { readonly state: 'not-found' }> {
    const answer = await this.#rest.ask({ path: `/payments/outgoingbyhash/${hash}` });
    if (answer.status === 404) return { state: 'not-found' };
    const payment = accepted(answer);
    if (payment['isPaid'] === true) return { state: 'succeeded', preimage: preimageAt(payment, 'preimage'), fee: msatAt(payment, 'fees') };
    if (payment['completedAt'] === null || payment['completedAt'] === undefined) return { state: 'in-flight' };
    return { state: 'failed', reason: 'other', evidence: textAt(payment, 'paymentId') };
  }

  async #ask(question: Question): Promise<Fields> {
    return accepted(await this.#rest.ask(question));
  }
}

/**
 * The first receipts of a phoenixd without a channel pay for that channel, and what does not suffice becomes a credit that cannot be paid
 * out. So it is not used before its operator has put money in. @throws LightningFailure refused
 */
export async function assertCapital(backend: LightningBackend): Promise<void> {
  if ((await backend.balance()).spendable === 0n) throw new LightningFailure('refused', { what: 'a backend without money of its own' });
}

function accepted({ status, body }: Answer): Fields {
  if (status === 200) return fieldsOf(body);
  throw new LightningFailure(status >= 500 ? 'unavailable' : 'refused', { status });
}

function receivedOf(invoice: Fields): Received {
  const [arrived, kept] = [msatAt(invoice, 'receivedSat', 1_000n), msatAt(invoice, 'fees')];
  return { state: 'settled', amount: msat(arrived + kept), kept };
}
