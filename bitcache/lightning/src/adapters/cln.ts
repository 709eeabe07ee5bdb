// Core Lightning over its REST interface (clnrest), 24.11 or later: every command is a POST. https://docs.corelightning.org/reference
// and spec/lightning.md "Adapters".
import { msat } from '@reprise/ledger';
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
  type Succeeded,
} from '../port.ts';
import { type Fields, fieldsOf, hashAt, listAt, msatAt, numberAt, preimageAt, textAt } from './fields.ts';
import { proven } from './outcome.ts';
import { type HttpClient, Rest } from './rest.ts';

export type ClnSettings = {
  readonly name: string;
  readonly url: string;
  readonly rune: string;
  readonly http: HttpClient;
};

export const clnCapabilities: Capabilities = {
  feeLimit: 'hard',
  msat: true,
  labels: true,
  cancel: true,
  descriptionHash: false,
  resumableEvents: true,
};
const slackMs = 5_000;
const waitSeconds = 60;
/** Error numbers of the commands: lightning-invoice, lightning-waitanyinvoice, lightning-xpay. */
const duplicateLabel = 900;
const waitedInVain = 904;
const payFailures: ReadonlyMap<number, FailureReason> = new Map([
  [203, 'rejected'],
  [205, 'no-route'],
  [206, 'fee-limit'],
  [207, 'expired'],
]);

type Result = { readonly result: Fields } | { readonly errorCode: number };

export class ClnBackend implements LightningBackend {
  readonly name: string;
  readonly capabilities = clnCapabilities;
  readonly #rest: Rest;

  constructor({ name, url, rune, http }: ClnSettings) {
    this.name = name;
    this.#rest = new Rest({ url, headers: { rune }, http });
  }

  async info(): Promise<BackendInfo> {
    const answer = await this.#call('getinfo', {});
    const synced = answer['warning_bitcoind_sync'] === undefined && answer['warning_lightningd_sync'] === undefined;
    return { network: networkOf(textAt(answer, 'network')), synced };
  }

  async balance(): Promise<Balance> {
    const channels = listAt(await this.#call('listfunds', {}), 'channels').filter(
      ({ state, connected }) => state === 'CHANNELD_NORMAL' && connected === true,
    );
    const sum = (key: string) => channels.reduce((total, channel) => total + msatAt(channel, key), 0n);
    const ours = sum('our_amount_msat');
    return { spendable: msat(ours), receivable: msat(sum('amount_msat') - ours) };
  }

  async createInvoice({ label, amount, description, expirySeconds }: InvoiceRequest): Promise<Invoice> {
    if (!('text' in description)) throw new LightningFailure('refused', { what: 'a hash of a description' });
    const asked = { label, amount_msat: Number(amount), description: description.text, expiry: expirySeconds };
    const made = await this.#try('invoice', asked);
    const found = 'result' in made ? made.result : await this.#ofLabel(label, made.errorCode);
    const bolt11 = textAt(found, 'bolt11');
    const { hash, expiresAt } = parseInvoice(bolt11);
    return { bolt11, hash, amount, expiresAt };
  }

  async lookupInvoice(hash: PaymentHash): Promise<InvoiceState> {
    const [invoice] = listAt(await this.#call('listinvoices', { payment_hash: hash }), 'invoices');
    if (invoice === undefined) return { state: 'not-found' };
    if (invoice['status'] === 'paid') return receivedOf(invoice);
    return { state: invoice['status'] === 'expired' ? 'expired' : 'open' };
  }

  async cancelInvoice(hash: PaymentHash): Promise<'cancelled' | Received> {
    const [invoice] = listAt(await this.#call('listinvoices', { payment_hash: hash }), 'invoices');
    if (invoice === undefined) return 'cancelled';
    if (invoice['status'] === 'paid') return receivedOf(invoice);
    // Refused by the node if it was paid in between: then this look-up says so.
    await this.#try('delinvoice', { label: textAt(invoice, 'label'), status: textAt(invoice, 'status') });
    const now = await this.lookupInvoice(hash);
    if (now.state === 'settled') return now;
    if (now.state === 'not-found') return 'cancelled';
    throw new LightningFailure('refused', { what: 'the invoice stays' });
  }

  async pay({ bolt11, maxFee, timeoutSeconds }: PaymentRequest): Promise<Outcome> {
    const { hash } = parseInvoice(bolt11);
    const answer = await proven(hash, async () => {
      const asked = { invstring: bolt11, maxfee: Number(maxFee), retry_for: timeoutSeconds };
      const paid = await this.#try('xpay', asked, 1_000 * timeoutSeconds + slackMs);
      if ('result' in paid) return succeeded(paid.result, 'payment_preimage');
      // What xpay calls an error may still have parts on their way: the list of payments decides.
      const listed = await this.#latest(hash);
      const reason = payFailures.get(paid.errorCode);
      if (reason === undefined && listed.state === 'failed') return listed;
      if (reason !== undefined && (listed.state === 'failed' || listed.state === 'not-found'))
        return { state: 'failed' as const, reason, evidence: listed.state === 'failed' ? listed.evidence : null };
      return listed;
    });
    return answer.state === 'not-found' ? { state: 'unknown', why: 'the node answered with an error' } : answer;
  }

  async lookupPayment(hash: PaymentHash): Promise<Outcome | { readonly state: 'not-found' }> {
    return proven(hash, () => this.#latest(hash));
  }

  async *events(from: Cursor, signal: AbortSignal): AsyncIterable<{ cursor: Cursor; event: LightningEvent }> {
    for (let last = Number(from || 0); !signal.aborted; ) {
      const asked = { lastpay_index: last, timeout: waitSeconds };
      const waited = await this.#try('waitanyinvoice', asked, 1_000 * waitSeconds + slackMs, signal).catch((error: unknown) => {
        if (signal.aborted) return undefined;
        throw error;
      });
      if (waited === undefined) return;
      if ('errorCode' in waited) {
        if (waited.errorCode !== waitedInVain) throw new LightningFailure('unavailable', { code: waited.errorCode });
        continue;
      }
      last = numberAt(waited.result, 'pay_index');
      const hash = hashAt(waited.result, 'payment_hash');
      yield { cursor: String(last), event: { kind: 'received', hash, received: receivedOf(waited.result) } };
    }
  }

  async close(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {}

  /** Of all tries with this hash: one that succeeded, else one under way, else the latest failure. */
  async #latest(hash: PaymentHash): Promise<Outcome | { readonly state: 'not-found' }> {
    const pays = listAt(await this.#call('listpays', { payment_hash: hash }), 'pays');
    const complete = pays.find(({ status }) => status === 'complete');
    if (complete) return succeeded(complete, 'preimage');
    if (pays.some(({ status }) => status !== 'failed')) return { state: 'in-flight' };
    if (pays.length === 0) return { state: 'not-found' };
    const indexes = pays.map((pay) => numberAt(pay, 'created_index') || numberAt(pay, 'created_at'));
    return { state: 'failed', reason: 'other', evidence: String(Math.max(...indexes)) };
  }

  async #ofLabel(label: string, errorCode: number): Promise<Fields> {
    if (errorCode !== duplicateLabel) throw new LightningFailure('refused', { code: errorCode });
    const [invoice] = listAt(await this.#call('listinvoices', { label }), 'invoices');
    if (invoice === undefined) throw new LightningFailure('unavailable', { what: 'an invoice that is there and not there' });
    return invoice;
  }

  async #call(command: string, parameters: Fields): Promise<Fields> {
    const answer = await this.#try(command, parameters);
    if ('result' in answer) return answer.result;
    throw new LightningFailure('refused', { code: answer.errorCode });
  }

  async #try(command: string, json: Fields, withinMs?: number, signal?: AbortSignal): Promise<Result> {
    const { status, body } = await this.#rest.ask({
      method: 'POST',
      path: `/v1/${command}`,
      json,
      ...(withinMs !== undefined && { withinMs }),
      ...(signal && { signal }),
    });
    const fields = fieldsOf(body);
    if (status >= 200 && status < 300) return { result: fields };
    const code = fields['code'];
    if (typeof code === 'number') return { errorCode: code };
    throw new LightningFailure('unavailable', { status });
  }
}

/** An amount sent below the amount is known of some versions; a fee is never below zero. */
function succeeded(pay: Fields, key: string): Succeeded {
  const fee = msatAt(pay, 'amount_sent_msat') - msatAt(pay, 'amount_msat');
  return { state: 'succeeded', preimage: preimageAt(pay, key), fee: msat(fee > 0n ? fee : 0n) };
}

function receivedOf(invoice: Fields): Received {
  return { state: 'settled', amount: msatAt(invoice, 'amount_received_msat'), kept: msat(0n) };
}
