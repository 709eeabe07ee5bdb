// What crosses between the process and the thread of the sandbox.
import type { FailureFacts } from '@reprise/kit';
import type { LightningFailureCode } from '../failures.ts';
import type { Balance, Invoice, InvoiceRequest, InvoiceState, Outcome, PaymentHash, PaymentRequest, Received } from '../port.ts';
import type { LogEntry } from './records.ts';

export type NodeName = 'ours' | 'visitor';

/** What either node can be asked; `ready` resolves when the sandbox runs. */
export type NodeCalls = {
  ready: () => Promise<void>;
  balance: () => Promise<Balance>;
  invoice: (request: InvoiceRequest) => Promise<Invoice>;
  invoiceState: (hash: PaymentHash) => Promise<InvoiceState>;
  cancelInvoice: (hash: PaymentHash) => Promise<'cancelled' | Received>;
  pay: (request: PaymentRequest) => Promise<Outcome>;
  outcome: (hash: PaymentHash) => Promise<Outcome | { readonly state: 'not-found' }>;
  logAfter: (at: number) => Promise<readonly LogEntry[]>;
  hold: (hash: PaymentHash) => Promise<void>;
  take: (hash: PaymentHash) => Promise<void>;
  refuse: (hash: PaymentHash) => Promise<void>;
};

export type ToThread =
  | { readonly kind: 'call'; readonly id: number; readonly node: NodeName; readonly name: keyof NodeCalls; readonly parameter: unknown }
  | { readonly kind: 'stop' };
export type FromThread =
  | { readonly kind: 'result'; readonly id: number; readonly result: unknown }
  | { readonly kind: 'failure'; readonly id: number; readonly code: LightningFailureCode; readonly facts: FailureFacts }
  /** Something was written into the log of this node. */
  | { readonly kind: 'told'; readonly node: NodeName }
  | { readonly kind: 'stopped' };
