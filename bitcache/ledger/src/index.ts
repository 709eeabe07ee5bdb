// The books of Bitcache: double entry in thousandths of a satoshi.
export {
  type AccountCode,
  type AccountFacts,
  type AccountKind,
  type AccountName,
  accountNames,
  AccountsOf,
  factsOf,
  isDebitKind,
  shardOf,
} from './chart.ts';
export * as events from './events.ts';
export { LedgerFailure, type LedgerFailureCode } from './failures.ts';
export { type Journal, journal, type Leg } from './journal.ts';
export { Ledger, type Operation, type OperationId, operationId, type Posted } from './ledger.ts';
export * from './money.ts';
export { type AccountLine, readBalances, readTrialBalance, type TrialBalance } from './trial-balance.ts';
