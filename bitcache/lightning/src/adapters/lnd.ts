// LND over its REST interface, 0.17 or later. https://lightning.engineering/api-docs/api/lnd/ and spec/lightning.md "Adapters".
import { parseInvoice } from '../bolt11/parse.ts';
import { LightningFailure } from '../failures.ts';
import {
  type BackendInfo,
  type Balance,
  type Capabilities,
  type Cursor,
  type FailureReason,
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
import { msat } from '@reprise/ledger';
import { base64OfHex, type Fields, fieldsOf, hashAt, listAt, msatAt, numberAt, preimageAt, textAt, unreadable } from './fields.ts';
import { proven } from './outcome.ts';
import { type Answer, type HttpClient, type Question, Rest } from './rest.ts';

export type LndSettings = {
  readonly name: string;
  readonly url: string;
  /** In hex, with the permissions info:read, and read and write of `invoices` and `offchain`. */
  readonly macaroon: string;
  readonly http: HttpClient;
};

export const lndCapabilities: Capabilities = {
  feeLimit: 'hard',
  msat: true,
  labels: false,
  cancel: true,
  descriptionHash: true,
  resumableEvents: true,
};
/** How much longer than a payment's own time its answer may take. */
const slackMs = 5_000;
const dayMs = 86_400_000;
const invoicesPerPage = 500;
/** gRPC's NOT_FOUND; older versions say it in words only. */
const notFoundCode = 5;
const notFoundWords = /unable to locate invoice|no existing invoices|payment isn't initiated/;

export class LndBackend implements LightningBackend {
  readonly name: string;
  readonly capabilities = lndCapabilities;
  readonly #rest: Rest;

  constructor({ name, url, macaroon, http }: LndSettings) {
    this.name = name;
    this.#rest = new Rest({ url, headers: { 'grpc-metadata-macaroon': macaroon }, http });
  }

  async info(): Promise<BackendInfo> {
    const answer = await this.#ask({ path: '/v1/getinfo' });
    const [chain] = listAt(answer, 'chains');
    return { network: networkOf(textAt(chain ?? {}, 'network')), synced: answer['synced_to_chain'] === true };
  }

  async balance(): Promise<Balance> {
    const answer = await this.#ask({ path: '/v1/balance/channels' });
    const side = (key: string) => msatAt(fieldsOf(answer[key] ?? {}), 'msat');
    return { spendable: side('local_balance'), receivable: side('remote_balance') };
  }

  async createInvoice({ amount, description, expirySeconds }: InvoiceRequest): Promise<Invoice> {
    const about = 'text' in description ? { memo: description.text } : { description_hash: base64OfHex(description.hash) };
    const answer = await this.#ask({
      method: 'POST',
      path: '/v1/invoices',
      json: {
        ...about,
        value_msat: String(amount),
        expiry: String(expirySeconds),
        private: true,
      },
    });
    const bolt11 = textAt(answer, 'payment_request');
    const { hash, expiresAt } = parseInvoice(bolt11);
    return { bolt11, hash, amount, expiresAt };
  }

  async lookupInvoice(hash: PaymentHash): Promise<InvoiceState> {
    const answer = await this.#rest.ask({ path: `/v1/invoice/${hash}` });
    if (isNotFound(answer)) return { state: 'not-found' };
    const invoice = accepted(answer);
    switch (invoice['state']) {
      case 'SETTLED':
        return receivedOf(invoice);
      case 'ACCEPTED':
        return { state: 'accepted' };
      case 'OPEN':
        return { state: 'open' };
      case 'CANCELED': {
        // LND cancels what expires.
        const endsAt = 1_000 * (numberAt(invoice, 'creation_date') + numberAt(invoice, 'expiry'));
        return { state: endsAt <= Date.now() ? 'expired' : 'cancelled' };
      }
      default:
        throw unreadable('state');
    }
  }

  async cancelInvoice(hash: PaymentHash): Promise<'cancelled' | Received> {
    const answer = await this.#rest.ask({ method: 'POST', path: '/v2/invoices/cancel', json: { payment_hash: base64OfHex(hash) } });
    if (answer.status === 200) return 'cancelled';
    const now = await this.lookupInvoice(hash);
    if (now.state === 'settled') return now;
    if (now.state === 'cancelled' || now.state === 'expired') return 'cancelled';
    throw new LightningFailure('refused', { status: answer.status });
  }

  async pay({ bolt11, maxFee, timeoutSeconds }: PaymentRequest): Promise<Outcome> {
    const { hash } = parseInvoice(bolt11);
    const answer = await proven(hash, () =>
      this.#follow(
        {
          method: 'POST',
          path: '/v2/router/send',
          withinMs: 1e3 * timeoutSeconds + slackMs,
          json: {
            payment_request: bolt11,
            fee_limit_msat: String(maxFee),
            timeout_seconds: timeoutSeconds,
            no_inflight_updates: false,
          },
        },
        1_000 * timeoutSeconds,
      ),
    );
    return answer.state === 'not-found' ? { state: 'unknown', why: 'the node took it and does not know it' } : answer;
  }

  async lookupPayment(hash: PaymentHash): Promise<Outcome | { readonly state: 'not-found' }> {
    // With its padding: without, LND answers that this is no base64.
    const path = `/v2/router/track/${base64OfHex(hash).replaceAll('+', '-').replaceAll('/', '_')}`;
    return proven(hash, () => this.#follow({ path }, 0));
  }

  async *events(from: Cursor, signal: AbortSignal): AsyncIterable<{ cursor: Cursor; event: LightningEvent }> {
    const stop = new AbortController();
    try {
      const stopped = AbortSignal.any([signal, stop.signal]);
      const settled = this.#rest.lines({ path: `/v1/invoices/subscribe?settle_index=${from || 0}`, withinMs: dayMs, signal: stopped });
      const first = settled.next();
      // Without an index LND tells only what comes: what was there is listed, once the stream runs.
      first.catch(() => undefined);
      if (from === '') yield* this.#settledSoFar(signal);
      for (let next = await first; !next.done; next = await settled.next()) {
        const invoice = fieldsOf(fieldsOf(next.value)['result']);
        if (invoice['state'] === 'SETTLED') yield eventOf(invoice);
      }
      if (!signal.aborted) throw new LightningFailure('unavailable', { what: 'the stream ended' });
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      stop.abort();
    }
  }

  async close(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {}

  async *#settledSoFar(signal: AbortSignal): AsyncIterable<{ cursor: Cursor; event: LightningEvent }> {
    for (let offset = 0; ; ) {
      const answer = await this.#ask({ path: `/v1/invoices?num_max_invoices=${invoicesPerPage}&index_offset=${offset}`, signal });
      const invoices = listAt(answer, 'invoices');
      for (const invoice of invoices) if (invoice['state'] === 'SETTLED') yield { ...eventOf(invoice), cursor: '' };
      const next = numberAt(answer, 'last_index_offset');
      if (invoices.length < invoicesPerPage || next <= offset) return;
      offset = next;
    }
  }

  /** Reads the states of a payment until it ends, or until `untilMs` have gone by; 0: the first one is enough. */
  async #follow(question: Question, untilMs: number): Promise<Outcome | { readonly state: 'not-found' }> {
    const stop = new AbortController();
    const timer = untilMs > 0 ? setTimeout(() => stop.abort(), untilMs) : undefined;
    let last: Outcome | { readonly state: 'not-found' } = { state: 'unknown', why: 'no answer in time' };
    try {
      for await (const line of this.#rest.lines({ ...question, signal: stop.signal })) {
        last = stateOf(fieldsOf(line));
        if (untilMs === 0 || last.state === 'succeeded' || last.state === 'failed' || last.state === 'not-found') return last;
      }
      return last;
    } catch (error) {
      if (stop.signal.aborted) return last;
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  async #ask(question: Question): Promise<Fields> {
    return accepted(await this.#rest.ask(question));
  }
}

function accepted({ status, body }: Answer): Fields {
  if (status === 200) return fieldsOf(body);
  if (status >= 500) throw new LightningFailure('unavailable', { status });
  throw new LightningFailure('refused', { status });
}

function isNotFound({ status, body }: Answer): boolean {
  return status !== 200 && says(fieldsOf(body));
}

function says(error: Fields): boolean {
  return error['code'] === notFoundCode || notFoundWords.test(String(error['message'] ?? ''));
}

function stateOf(line: Fields): Outcome | { readonly state: 'not-found' } {
  if (line['error'] !== undefined || line['code'] !== undefined) {
    const error = line['error'] === undefined ? line : fieldsOf(line['error']);
    if (says(error)) return { state: 'not-found' };
    // "already paid", "in transition", a bad invoice: none of these is the end of this attempt.
    return { state: 'unknown', why: 'the node answered with an error' };
  }
  const payment = fieldsOf(line['result']);
  switch (payment['status']) {
    case 'SUCCEEDED':
      return { state: 'succeeded', preimage: preimageAt(payment, 'payment_preimage'), fee: msatAt(payment, 'fee_msat') };
    case 'FAILED':
      return { state: 'failed', reason: reasons[String(payment['failure_reason'])] ?? 'other', evidence: evidenceOf(payment) };
    case 'IN_FLIGHT':
      // Known to be said of payments that no channel holds (lnd #4788): then it proves nothing.
      return listAt(payment, 'htlcs').length > 0 ? { state: 'in-flight' } : { state: 'unknown', why: 'in flight without a part' };
    default:
      return { state: 'unknown', why: 'a state that is none' };
  }
}

function evidenceOf(payment: Fields): string | null {
  const index = numberAt(payment, 'payment_index');
  return index === 0 ? null : String(index);
}

const reasons: Readonly<Record<string, FailureReason>> = {
  FAILURE_REASON_TIMEOUT: 'timeout',
  FAILURE_REASON_NO_ROUTE: 'no-route',
  FAILURE_REASON_INCORRECT_PAYMENT_DETAILS: 'rejected',
  FAILURE_REASON_INSUFFICIENT_BALANCE: 'balance',
};

function receivedOf(invoice: Fields): Received {
  return { state: 'settled', amount: msatAt(invoice, 'amt_paid_msat'), kept: msat(0n) };
}

function eventOf(invoice: Fields): { readonly cursor: Cursor; readonly event: LightningEvent } {
  const hash = Buffer.from(textAt(invoice, 'r_hash'), 'base64').toString('hex');
  return {
    cursor: String(numberAt(invoice, 'settle_index')),
    event: { kind: 'received', hash: hashAt({ hash }, 'hash'), received: receivedOf(invoice) },
  };
}
