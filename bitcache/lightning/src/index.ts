// Lightning, as Bitcache sees it: one port, whichever node is behind it.
export { type PayableInvoice, payable } from './bolt11/payable.ts';
export { type ParsedInvoice, parseInvoice } from './bolt11/parse.ts';
export { LightningFailure, type LightningFailureCode } from './failures.ts';
export * from './port.ts';
