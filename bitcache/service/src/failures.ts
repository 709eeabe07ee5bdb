// What the sale of links refuses. spec/paid-links.md "Failures"; what is wrong with coins and outputs is a MintFailure.
import { CodedFailure } from '@reprise/kit';

export type ServiceCode =
  | 'no-offer'
  | 'ended'
  | 'sold-out'
  | 'not-yours'
  | 'version-differs'
  | 'bad-listing'
  | 'price-too-high'
  | 'bad-quote'
  | 'bad-amount'
  | 'bad-buyer-key'
  | 'other-buyer-key'
  | 'too-little'
  | 'balance-too-low'
  | 'key-reused'
  | 'other-mint'
  | 'bad-token'
  | 'bad-preimage'
  | 'unpaid'
  | 'owed-back'
  | 'no-invoice'
  | 'no-refund'
  | 'no-claim'
  | 'under-notice'
  | 'frozen'
  | 'amount'
  | 'bad-target'
  | 'no-payout'
  | 'too-late'
  | 'no-plan'
  | 'plan-dearer'
  | 'no-rate'
  | 'stopped'
  | 'busy';

export class ServiceFailure extends CodedFailure<ServiceCode> {}

/** While the books are not whole nothing is given out. spec/ledger.md "Watch". @throws ServiceFailure stopped */
export function assertGoing({ isStopped }: { readonly isStopped: () => boolean }): void {
  if (isStopped()) throw new ServiceFailure('stopped');
}
