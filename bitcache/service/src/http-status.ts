// The status of each failure. spec/paid-links.md "Failures".
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { MintFailure } from '@reprise/mint';
import type { ServiceCode, ServiceFailure } from './failures.ts';

const statuses: Readonly<Record<ServiceCode, ContentfulStatusCode>> = {
  'no-offer': 404,
  ended: 410,
  'sold-out': 410,
  'not-yours': 403,
  'version-differs': 412,
  'bad-listing': 422,
  'price-too-high': 422,
  'bad-quote': 400,
  'bad-amount': 422,
  'bad-buyer-key': 400,
  'other-buyer-key': 409,
  'too-little': 400,
  'balance-too-low': 422,
  'key-reused': 409,
  'other-mint': 400,
  'bad-token': 401,
  'bad-preimage': 400,
  unpaid: 402,
  'owed-back': 410,
  'no-invoice': 404,
  'no-refund': 404,
  'no-claim': 404,
  'under-notice': 451,
  frozen: 403,
  amount: 422,
  'bad-target': 422,
  'no-payout': 404,
  'too-late': 409,
  'no-plan': 404,
  'plan-dearer': 409,
  'no-rate': 503,
  stopped: 503,
  busy: 503,
};

/** @returns with the seconds after which it may be asked again, where that helps */
export function statusOf(failure: ServiceFailure | MintFailure): { readonly status: ContentfulStatusCode; readonly seconds?: number } {
  if (failure instanceof MintFailure) return failure.code === 2 ? { status: 503, seconds: failure.retrySeconds } : { status: 400 };
  const status = statuses[failure.code];
  return status === 503 || status === 402 ? { status, seconds: 10 } : { status };
}
