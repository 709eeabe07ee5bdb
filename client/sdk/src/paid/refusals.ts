// What a refusal says of a payment that was sent. An answer that was lost may have been a purchase: what a server says before it looks that up
// is no word about it. spec/paid-links.md "What a buyer keeps".
import { Failure } from '@reprise/protocol/formats';

/** Whether this payment may have been heard before this answer: `again` also when a program before this one sent it. */
export type Sent = 'once' | 'again';

/** `unspent`: nothing was; `unknown`: refused, but not for what it is; `none`: no refusal, and nothing is known. */
export type Refusal = 'unspent' | 'unknown' | 'none';

export function refusalOf(error: unknown, sent: Sent): Refusal {
  if (!(error instanceof Failure)) return 'none';
  const said = error.code === 'payment-refused' ? error.facts['reason'] : error.code;
  if (undecided.has(said)) return 'none';
  if (beforeLooking.has(said)) return sent === 'once' ? 'unspent' : 'unknown';
  return error.code === 'payment-refused' || isDecided(error) ? 'unspent' : 'none';
}

/** The shop or the mint could not decide. */
const undecided = new Set<unknown>(['busy', '2']);
/** Said once it is known that this very payment has bought nothing. */
const decided: ReadonlySet<string> = new Set([
  'account-frozen',
  'balance-too-low',
  'key-reused',
  'no-rate',
  'offer-closed',
  'offer-refused',
  'quote-refused',
]);
/** Said to whoever asks, whatever was bought before. */
const beforeLooking = new Set<unknown>(['payments-off', 'not-found', 'role-refused', 'other-mint', 'bad-buyer-key']);

/** A balance is asked what was bought before it looks at the buyer's key. */
function isDecided({ code, facts }: Failure): boolean {
  return decided.has(code) || (code === 'bad-request' && facts['field'] === 'buyerKey');
}
