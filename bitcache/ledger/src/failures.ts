// What the books refuse.
import { CodedFailure } from '@reprise/kit';

export type LedgerFailureCode =
  /** An account would go below its floor. */
  | 'overdrawn'
  /** The same operation was asked for before, with other content. */
  | 'operation-differs'
  /** One of several operations that were claimed at once had happened. */
  | 'operation-happened';

export class LedgerFailure extends CodedFailure<LedgerFailureCode> {}
