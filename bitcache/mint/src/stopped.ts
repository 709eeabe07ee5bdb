// Money stops when the books are found not to be whole: nothing is issued or paid out then. What was given is given again, coins are swapped,
// and everything is looked up. spec/ledger.md "Watch".
import { MintFailure } from './failures.ts';
import type { MintParts } from './ports.ts';

const stopped = { detail: 'This mint has stopped issuing and paying until its operator has looked.', retrySeconds: 600 };

/** @throws MintFailure 2 */
export function assertGoing({ isStopped }: Pick<MintParts, 'isStopped'>): void {
  if (isStopped()) throw new MintFailure(2, stopped);
}
