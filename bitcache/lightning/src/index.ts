// Lightning, as Bitcache sees it: one port, whichever node is behind it, and a journal of what it was handed.
export { ClnBackend, type ClnSettings } from './adapters/cln.ts';
export { LndBackend, type LndSettings } from './adapters/lnd.ts';
export { assertCapital, PhoenixdBackend, type PhoenixdSettings } from './adapters/phoenixd.ts';
export type { HttpClient } from './adapters/rest.ts';
export { type PayableInvoice, payable } from './bolt11/payable.ts';
export { type ParsedInvoice, parseInvoice } from './bolt11/parse.ts';
export { LightningFailure, type LightningFailureCode } from './failures.ts';
export type { Attempt } from './journal/attempt.ts';
export { claimNetwork } from './journal/network.ts';
export { type Alarm, PaymentJournal, type PaymentJournalSettings } from './journal/payment-journal.ts';
export { acknowledge, readAlarming } from './journal/store.ts';
export { reconcile, type ReconcilerSettings } from './journal/reconciler.ts';
export * from './port.ts';
