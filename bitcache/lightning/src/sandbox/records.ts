// What a node of the sandbox remembers beside its channels: invoices with their preimages, payments, and what happened in order.
import { msat, type Msat } from '@reprise/ledger';
import type { FailureReason, InvoiceState, LightningEvent, Outcome, PaymentHash, Preimage } from '../port.ts';

export type InvoiceRecord = {
  readonly label: string;
  readonly hash: PaymentHash;
  readonly preimage: Preimage;
  readonly bolt11: string;
  readonly amount: Msat;
  readonly expiresAt: number;
  state: 'open' | 'accepted' | 'settled' | 'cancelled';
  received: Msat;
};
export type PaymentRecord = {
  readonly hash: PaymentHash;
  /** Counts the tries of this hash. */
  readonly tries: number;
  state: 'in-flight' | 'succeeded' | 'failed';
  preimage: Preimage | null;
  fee: Msat;
  reason: FailureReason | null;
};
/** Numbered from 1: the number is the cursor. */
export type LogEntry = { readonly at: number; readonly event: LightningEvent };

/** Of each kind; older ones that ended are forgotten, since this is no place for what must last. */
const kept = 2_000;

export class Records {
  readonly invoices = new Map<PaymentHash, InvoiceRecord>();
  readonly payments = new Map<PaymentHash, PaymentRecord>();
  readonly log: LogEntry[] = [];

  invoiceState(hash: PaymentHash, now: number): InvoiceState {
    const invoice = this.invoices.get(hash);
    if (!invoice) return { state: 'not-found' };
    if (invoice.state === 'settled') return { state: 'settled', amount: invoice.received, kept: msat(0n) };
    if (invoice.state === 'open' && invoice.expiresAt <= now) return { state: 'expired' };
    return { state: invoice.state };
  }

  outcome(hash: PaymentHash): Outcome | { readonly state: 'not-found' } {
    const payment = this.payments.get(hash);
    if (!payment) return { state: 'not-found' };
    switch (payment.state) {
      case 'in-flight':
        return { state: 'in-flight' };
      case 'succeeded':
        return { state: 'succeeded', preimage: payment.preimage as Preimage, fee: payment.fee };
      case 'failed':
        return { state: 'failed', reason: payment.reason ?? 'other', evidence: String(payment.tries) };
    }
  }

  /** An event that the node tells again after a restart is written once. */
  tell(event: LightningEvent): void {
    this.log.push({ at: (this.log.at(-1)?.at ?? 0) + 1, event });
    if (this.log.length > kept) this.log.splice(0, this.log.length - kept);
    forget(this.invoices, ({ state }) => state === 'settled' || state === 'cancelled');
    forget(this.payments, ({ state }) => state !== 'in-flight');
  }

  toJson(): string {
    const parts = { invoices: [...this.invoices.values()], payments: [...this.payments.values()], log: this.log };
    return JSON.stringify(parts, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));
  }

  static fromJson(json: string): Records {
    const records = new Records();
    const parts = JSON.parse(json, (_, value: unknown) =>
      typeof value === 'string' && /^-?\d+n$/.test(value) ? BigInt(value.slice(0, -1)) : value,
    ) as { invoices: InvoiceRecord[]; payments: PaymentRecord[]; log: LogEntry[] };
    for (const invoice of parts.invoices) records.invoices.set(invoice.hash, invoice);
    for (const payment of parts.payments) records.payments.set(payment.hash, payment);
    records.log.push(...parts.log);
    return records;
  }
}

function forget<Value>(map: Map<PaymentHash, Value>, isOver: (value: Value) => boolean): void {
  for (const [hash, value] of map) {
    if (map.size <= kept) return;
    if (isOver(value)) map.delete(hash);
  }
}
