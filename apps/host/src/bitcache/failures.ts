// What the shop, the mint and the books refuse, in the words of the contract. spec/paid-links.md "Accounts".
import { MintFailure } from '@reprise/mint';
import { Failure, type ServerFailureCode } from '@reprise/protocol';
import { type ServiceCode, ServiceFailure } from '@reprise/service';

const codes: Readonly<Record<ServiceCode, ServerFailureCode>> = {
  'no-offer': 'not-found',
  ended: 'offer-closed',
  'sold-out': 'offer-closed',
  'not-yours': 'already-exists',
  'version-differs': 'version-conflict',
  'bad-listing': 'offer-refused',
  'price-too-high': 'offer-refused',
  'bad-quote': 'quote-refused',
  'bad-amount': 'quote-refused',
  'bad-buyer-key': 'bad-request',
  'other-buyer-key': 'key-reused',
  'too-little': 'coins-refused',
  'balance-too-low': 'balance-too-low',
  'key-reused': 'key-reused',
  'other-mint': 'coins-refused',
  'bad-token': 'payment-unknown',
  'bad-preimage': 'payment-unknown',
  unpaid: 'payment-unknown',
  'owed-back': 'offer-closed',
  'no-invoice': 'not-found',
  'no-refund': 'not-found',
  'no-claim': 'not-found',
  'under-notice': 'offer-closed',
  frozen: 'account-frozen',
  amount: 'amount-refused',
  'bad-target': 'payout-refused',
  'no-payout': 'not-found',
  'too-late': 'too-late',
  'no-plan': 'not-found',
  'plan-dearer': 'plan-dearer',
  'no-rate': 'no-rate',
  stopped: 'payments-off',
  busy: 'unavailable',
};

const withReason: ReadonlySet<ServerFailureCode> = new Set(['offer-closed', 'offer-refused', 'coins-refused', 'payments-off']);

/** Runs a command of an account. @throws Failure */
export async function inContract<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ServiceFailure) throw ofService(error);
    if (error instanceof MintFailure) throw ofMint(error);
    throw error;
  }
}

function ofService(error: ServiceFailure): Failure {
  const code = codes[error.code];
  if (code === 'unavailable') return new Failure(code, { retryAfterMs: 10_000 }, { cause: error });
  if (code === 'bad-request') return new Failure(code, { field: 'buyerKey', reason: 'nothing can be sealed to it' }, { cause: error });
  return new Failure(code, { ...error.facts, ...(withReason.has(code) ? { reason: error.code } : {}) }, { cause: error });
}

function ofMint(error: MintFailure): Failure {
  if (error.code === 2) return new Failure('unavailable', { retryAfterMs: 10_000 }, { cause: error });
  return new Failure('coins-refused', { reason: String(error.code), detail: error.message }, { cause: error });
}
