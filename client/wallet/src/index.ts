// A wallet for the coins of one mint. It holds money and knows no key to a file; the program it runs in hands it seeds, a store and a network.
export { isRefused, type WalletReason } from './failures.ts';
export { formatCsv, type HistoryEntry, type HistoryState } from './history.ts';
export type { Fetch } from './mint-requests.ts';
export type { BranchSeed, WalletPoint, WalletPorts } from './parts.ts';
export { readTokenFacts, type TokenFacts } from './receive.ts';
export type { PaymentRequest } from './request.ts';
export type { Refund } from './refund.ts';
export type { Found, RehearsalReport } from './restore.ts';
export type { Rehearsal, Sat } from './state.ts';
export { memoryWalletStore, type WalletStore } from './store.ts';
export { type Balance, type Invoice, type PaymentOffer, type SentToken, Wallet } from './wallet.ts';
