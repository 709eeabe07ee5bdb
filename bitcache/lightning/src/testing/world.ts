// A Lightning network in memory, with one node that is ours: what a real node would say, for tests. Fates of payments are told to it.
import { createHash, randomBytes } from 'node:crypto';
import { formatHex } from '@reprise/kit';
import { type Msat, msat } from '@reprise/ledger';
import { formatInvoice } from '../bolt11/format.ts';
import { parseInvoice } from '../bolt11/parse.ts';
import type { FailureReason, InvoiceRequest, Network, PaymentHash, Preimage } from '../port.ts';

/** What becomes of a payment to somebody: `hangs` waits for `settle` or `fail`. */
export type Fate = { readonly end: 'succeeds' | 'fails' | 'hangs'; readonly fee: Msat };
export type OurInvoice = {
  readonly label: string;
  readonly hash: PaymentHash;
  readonly preimage: Preimage;
  readonly bolt11: string;
  readonly amount: Msat;
  readonly madeAt: number;
  readonly expiresAt: number;
  state: 'open' | 'settled' | 'cancelled';
  received: Msat;
  settledAt: number;
  settleIndex: number;
};
export type OurPayment = {
  readonly id: number;
  readonly hash: PaymentHash;
  readonly bolt11: string;
  readonly amount: Msat;
  readonly fee: Msat;
  readonly startedAt: number;
  state: 'in-flight' | 'succeeded' | 'failed';
  reason: FailureReason | null;
  preimage: Preimage | null;
};
export type Change = { readonly kind: 'received' | 'sent'; readonly hash: PaymentHash };

type Elsewhere = { readonly preimage: Preimage; readonly fate: Fate };

export class World {
  readonly network: Network = 'regtest';
  now = Date.now;
  spendable = 1_000_000_000n;
  /** In the order in which they happened: an index is a cursor. */
  readonly changes: Change[] = [];
  readonly ours = new Map<PaymentHash, OurInvoice>();
  /** Latest last; a second try of one hash is another payment. */
  readonly payments: OurPayment[] = [];
  readonly #elsewhere = new Map<PaymentHash, Elsewhere>();
  readonly #listeners = new Set<() => void>();

  /** An invoice of a stranger. */
  invoice(
    amount: bigint,
    fate: Partial<Fate> = {},
    other: { readonly expirySeconds?: number; readonly network?: Network; readonly amountless?: true } = {},
  ): string {
    const preimage = formatHex(randomBytes(32)) as Preimage;
    const hash = hashOf(preimage);
    this.#elsewhere.set(hash, { preimage, fate: { end: 'succeeds', fee: msat(0n), ...fate } });
    const fields = {
      network: other.network ?? this.network,
      amount: other.amountless ? null : msat(amount),
      hash,
      secret: randomBytes(32),
      madeAt: this.now(),
    };
    return formatInvoice({ ...fields, description: { text: 'elsewhere' }, expirySeconds: other.expirySeconds ?? 3_600 }, strangerKey);
  }

  /** A stranger pays an invoice of ours. @returns whether we took it */
  receive(bolt11: string, amount?: bigint): boolean {
    const parsed = parseInvoice(bolt11);
    const invoice = this.ours.get(parsed.hash);
    if (invoice?.state !== 'open' || invoice.expiresAt <= this.now()) return false;
    const settled = [...this.ours.values()].filter(({ state }) => state === 'settled').length;
    Object.assign(invoice, { state: 'settled', received: msat(amount ?? invoice.amount), settledAt: this.now(), settleIndex: settled + 1 });
    this.spendable += invoice.received;
    this.#tell({ kind: 'received', hash: invoice.hash });
    return true;
  }

  create(request: InvoiceRequest): OurInvoice {
    const known = [...this.ours.values()].find(({ label }) => label === request.label);
    if (known) return known;
    const preimage = formatHex(randomBytes(32)) as Preimage;
    const hash = hashOf(preimage);
    const madeAt = Math.floor(this.now() / 1_000) * 1_000;
    const fields = { network: this.network, hash, secret: randomBytes(32), madeAt };
    const bolt11 = formatInvoice({ ...fields, ...request }, ourKey);
    const expiresAt = madeAt + 1_000 * request.expirySeconds;
    const times = { madeAt, expiresAt, settledAt: 0, settleIndex: 0 };
    const invoice: OurInvoice = {
      ...times,
      hash,
      preimage,
      bolt11,
      label: request.label,
      amount: request.amount,
      state: 'open',
      received: msat(0n),
    };
    this.ours.set(hash, invoice);
    return invoice;
  }

  cancel(hash: PaymentHash): OurInvoice | undefined {
    const invoice = this.ours.get(hash);
    if (invoice?.state === 'open') invoice.state = 'cancelled';
    return invoice;
  }

  /** As nodes do it: a hash that is under way or was paid is not tried again. */
  send(bolt11: string, maxFee: bigint): OurPayment {
    const { hash, amount } = parseInvoice(bolt11);
    const former = this.payment(hash);
    if (former && former.state !== 'failed') return former;
    const elsewhere = this.#elsewhere.get(hash);
    const fee = elsewhere?.fate.fee ?? msat(0n);
    const payment: OurPayment = {
      id: this.payments.length + 1,
      hash,
      bolt11,
      amount: amount ?? msat(0n),
      fee,
      startedAt: this.now(),
      ...{
        state: 'in-flight',
        reason: null,
        preimage: null,
      },
    };
    this.payments.push(payment);
    this.spendable -= payment.amount + fee;
    if (fee > maxFee) this.fail(hash, 'fee-limit');
    else if (elsewhere === undefined || elsewhere.fate.end === 'fails') this.fail(hash);
    else if (elsewhere.fate.end === 'succeeds') this.settle(hash);
    return payment;
  }

  payment(hash: PaymentHash): OurPayment | undefined {
    return this.payments.findLast((payment) => payment.hash === hash);
  }

  settle(hash: PaymentHash): void {
    const payment = this.payment(hash);
    if (payment?.state !== 'in-flight') return;
    Object.assign(payment, { state: 'succeeded', preimage: this.#elsewhere.get(hash)?.preimage ?? null });
    this.#tell({ kind: 'sent', hash });
  }

  fail(hash: PaymentHash, reason: FailureReason = 'no-route'): void {
    const payment = this.payment(hash);
    if (payment?.state !== 'in-flight') return;
    Object.assign(payment, { state: 'failed', reason });
    this.spendable += payment.amount + payment.fee;
    this.#tell({ kind: 'sent', hash });
  }

  /** How often money left for this hash. */
  paid(hash: PaymentHash): number {
    return this.payments.filter((payment) => payment.hash === hash && payment.state !== 'failed').length;
  }

  /** Resolves when something changed, or the signal aborts. */
  changed(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#listeners.delete(done);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      if (signal?.aborted) return done();
      this.#listeners.add(done);
      signal?.addEventListener('abort', done);
    });
  }

  #tell(change: Change): void {
    this.changes.push(change);
    for (const listener of [...this.#listeners]) listener();
  }
}

const ourKey = new Uint8Array(32).fill(1);
const strangerKey = new Uint8Array(32).fill(2);

function hashOf(preimage: Preimage): PaymentHash {
  return createHash('sha256').update(Buffer.from(preimage, 'hex')).digest('hex') as PaymentHash;
}
