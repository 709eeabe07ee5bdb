// A wallet that somebody has elsewhere, connected by Nostr Wallet Connect: it pays invoices, and holds no coin of ours.
export type { Asked } from './asked.ts';
export type { Budget, OutsidePorts } from './outside-wallet.ts';
export { type OutsideFacts, OutsidePurse, type OutsidePurseParts } from './purse.ts';
export type { Dial, Socket } from './relay.ts';
