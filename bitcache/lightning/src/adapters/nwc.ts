// A wallet over Nostr Wallet Connect (NIP-47). https://github.com/nostr-protocol/nips/blob/master/47.md and spec/lightning.md "Adapters".
// There is no limit on fees in it, and a lost answer is not a failure: what the wallet itself lists decides.
import { NWCClient, type Nip47Transaction, Nip47WalletError } from '@getalby/sdk/nwc';
import { sleep } from '@reprise/kit';
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
} from '../port.ts';
import { type Fields, fieldsOf, hashAt, msatAt, numberAt, preimageAt, textAt } from './fields.ts';
import { proven } from './outcome.ts';

export type NwcSettings = {
  readonly name: string;
  /** `nostr+walletconnect://…`: whoever has it can spend within its budget. */
  readonly url: string;
  /** How often it is asked what came in; by default every 5 s. */
  readonly everyMs?: number;
  /** How long an answer may take; by default 20 s. A payment has its own time. */
  readonly answerMs?: number;
};

export const nwcCapabilities: Capabilities = {
  feeLimit: 'none',
  msat: true,
  labels: false,
  cancel: false,
  descriptionHash: true,
  resumableEvents: true,
};
const answerDefaultMs = 20_000;
const everyDefaultMs = 5_000;
const perPage = 50;
/** Longest life of an invoice: what was made so long before a cursor may have been paid after it. */
const overlapSeconds = 86_400;
/** Errors of NIP-47 that refuse a payment; whether it failed is looked up even then. */
const refusals: ReadonlyMap<string, FailureReason> = new Map([
  ['INSUFFICIENT_BALANCE', 'balance'],
  ['QUOTA_EXCEEDED', 'balance'],
  ['PAYMENT_FAILED', 'no-route'],
  ['RESTRICTED', 'rejected'],
  ['UNAUTHORIZED', 'rejected'],
  ['RATE_LIMITED', 'rejected'],
  ['NOT_IMPLEMENTED', 'rejected'],
]);

export class NwcBackend implements LightningBackend {
  readonly name: string;
  readonly capabilities = nwcCapabilities;
  readonly #client: NWCClient;
  readonly #everyMs: number;
  readonly #answerMs: number;

  constructor({ name, url, everyMs = everyDefaultMs, answerMs = answerDefaultMs }: NwcSettings) {
    this.name = name;
    this.#client = new NWCClient({ nostrWalletConnectUrl: url });
    this.#everyMs = everyMs;
    this.#answerMs = answerMs;
  }

  async info(): Promise<BackendInfo> {
    const { network } = await this.#ask(() => this.#client.getInfo());
    return { network: networkOf(network), synced: true };
  }

  async balance(): Promise<Balance> {
    const answer = await this.#ask(() => this.#client.getBalance());
    return { spendable: msatAt(fieldsOf(answer), 'balance'), receivable: null };
  }

  async createInvoice({ amount, description, expirySeconds }: InvoiceRequest): Promise<Invoice> {
    const about = 'text' in description ? { description: description.text } : { description_hash: description.hash };
    const made = await this.#ask(() => this.#client.makeInvoice({ ...about, amount: Number(amount), expiry: expirySeconds }));
    const bolt11 = textAt(fieldsOf(made), 'invoice').toLowerCase();
    const invoice = parseInvoice(bolt11);
    // Wallets that count whole satoshis round without a word.
    if (invoice.amount !== amount) throw new LightningFailure('refused', { what: 'an invoice of another amount' });
    return { bolt11, hash: invoice.hash, amount, expiresAt: invoice.expiresAt };
  }

  async lookupInvoice(hash: PaymentHash): Promise<InvoiceState> {
    const found = await this.#transaction(hash, 'incoming');
    if (found === undefined) return { state: 'not-found' };
    if (isSettled(found)) return receivedOf(found);
    if (found['state'] === 'accepted') return { state: 'accepted' };
    return { state: parseInvoice(textAt(found, 'invoice')).expiresAt <= Date.now() ? 'expired' : 'open' };
  }

  async pay({ bolt11, timeoutSeconds }: PaymentRequest): Promise<Outcome> {
    const { hash } = parseInvoice(bolt11);
    const answer = await proven(hash, async () => {
      try {
        const paid = await within(1_000 * timeoutSeconds, this.#client.payInvoice({ invoice: bolt11 }));
        return succeeded(fieldsOf(paid));
      } catch (error) {
        const reason = error instanceof Nip47WalletError ? refusals.get(error.code) : undefined;
        const listed = await this.#outgoing(hash);
        if (reason === undefined || (listed.state !== 'failed' && listed.state !== 'not-found')) return listed;
        return { state: 'failed' as const, reason, evidence: listed.state === 'failed' ? listed.evidence : null };
      }
    });
    return answer.state === 'not-found' ? { state: 'unknown', why: 'the wallet did not answer, and does not know it' } : answer;
  }

  async lookupPayment(hash: PaymentHash): Promise<Outcome | { readonly state: 'not-found' }> {
    return proven(hash, () => this.#outgoing(hash));
  }

  /** The cursor is the time of the last receipt, in seconds: those of the same second come again. */
  async *events(from: Cursor, signal: AbortSignal): AsyncIterable<{ cursor: Cursor; event: LightningEvent }> {
    const told = new Set<PaymentHash>();
    for (let since = Number(from || 0); !signal.aborted; ) {
      for (const transaction of await this.#settledSince(since)) {
        const hash = hashAt(transaction, 'payment_hash');
        if (signal.aborted) return;
        if (told.has(hash)) continue;
        told.add(hash);
        since = numberAt(transaction, 'settled_at');
        yield { cursor: String(since), event: { kind: 'received', hash, received: receivedOf(transaction) } };
      }
      await sleep(this.#everyMs, signal).catch(() => undefined);
    }
  }

  async close(): Promise<void> {
    this.#client.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client.close();
  }

  async #outgoing(hash: PaymentHash): Promise<Outcome | { readonly state: 'not-found' }> {
    const found = await this.#transaction(hash, 'outgoing');
    if (found === undefined) return { state: 'not-found' };
    if (isSettled(found)) return succeeded(found);
    if (found['state'] === 'failed') return { state: 'failed', reason: 'other', evidence: String(numberAt(found, 'created_at')) };
    return found['state'] === 'pending' ? { state: 'in-flight' } : { state: 'unknown', why: 'a state that is none' };
  }

  async #transaction(hash: PaymentHash, type: Nip47Transaction['type']): Promise<Fields | undefined> {
    const answer = await this.#ask(() => this.#client.lookupInvoice({ payment_hash: hash })).catch((error: unknown) => {
      if (error instanceof LightningFailure && error.facts['code'] === 'NOT_FOUND') return undefined;
      throw error;
    });
    const found = answer && fieldsOf(answer);
    return found?.['type'] === type ? found : undefined;
  }

  async #settledSince(since: number): Promise<readonly Fields[]> {
    const found: Fields[] = [];
    for (let offset = 0; ; offset += perPage) {
      const asked = { type: 'incoming' as const, from: Math.max(0, since - overlapSeconds), limit: perPage, offset };
      const { transactions } = await this.#ask(() => this.#client.listTransactions(asked));
      const page = transactions.map(fieldsOf);
      found.push(...page.filter((one) => isSettled(one) && numberAt(one, 'settled_at') >= since));
      if (page.length < perPage) return found.sort((a, b) => numberAt(a, 'settled_at') - numberAt(b, 'settled_at'));
    }
  }

  /** @throws LightningFailure refused with the wallet's code, or unavailable */
  async #ask<Result>(ask: () => Promise<Result>): Promise<Result> {
    try {
      return await within(this.#answerMs, ask());
    } catch (error) {
      if (error instanceof Nip47WalletError && error.code !== 'INTERNAL')
        throw new LightningFailure('refused', { code: error.code }, { cause: error });
      throw new LightningFailure('unavailable', {}, { cause: error });
    }
  }
}

/** The library waits for a minute, whoever asks. */
async function within<Result>(limitMs: number, answer: Promise<Result>): Promise<Result> {
  const limit = new AbortController();
  try {
    const late = sleep(limitMs, limit.signal).then(() => {
      throw new LightningFailure('unavailable', { what: 'no answer in time' });
    });
    return await Promise.race([answer, late]);
  } finally {
    answer.catch(() => undefined);
    limit.abort();
  }
}

/** Older wallets have no `state`, and say when. */
function isSettled(transaction: Fields): boolean {
  return (
    transaction['state'] === 'settled' || (transaction['state'] === undefined && numberAt({ at: transaction['settled_at'] ?? 0 }, 'at') > 0)
  );
}

function succeeded(transaction: Fields): Outcome {
  return { state: 'succeeded', preimage: preimageAt(transaction, 'preimage'), fee: msatAt(transaction, 'fees_paid') };
}

function receivedOf(transaction: Fields): Received {
  return { state: 'settled', amount: msatAt(transaction, 'amount'), kept: msat(0n) };
}
