// Words for money on its way out: how it stands, and what stands in its way. spec/paid-links.md "Payouts".
import type { EngineFailure } from '../engine/port.ts';
import { m } from '../messages.ts';
import { formatSats } from '../money.ts';
import { driveFailureWords } from './failure-words.ts';
import type { Payout } from './sales-port.ts';

export function payoutStateWords({ state, reason }: Pick<Payout, 'state' | 'reason'>): string {
  switch (state) {
    case 'waiting':
      return m.payout_waiting();
    case 'paying':
      return m.payout_paying();
    case 'paid':
      return m.payout_paid();
    case 'failed':
      return m.payout_failed();
    case 'cancelled':
      return reason === 'rejected' ? m.payout_rejected() : m.payout_cancelled();
  }
}

/** Why a payout failed: all of it is back. */
export function payoutReasonWords(reason: string | null): string {
  switch (reason) {
    case 'address-unreachable':
    case 'address-not-an-address':
      return m.payout_address();
    case 'address-amount':
      return m.payout_address_amount();
    case 'address-lies':
      return m.payout_address_lies();
    case 'own-invoice':
      return m.payout_own();
    case 'invoice-used':
      return m.wallet_fail_paid();
    default:
      return m.payout_no_way();
  }
}

export function payoutFailureWords(failure: EngineFailure): string {
  switch (failure.code) {
    case 'payout-refused':
      return refusalWords(String(failure.facts['reason']));
    case 'amount-refused':
      return m.payout_bounds({ min: formatSats(Number(failure.facts['min'] ?? 0)), max: formatSats(Number(failure.facts['max'] ?? 0)) });
    case 'balance-too-low':
      return m.payout_lacks({ sats: formatSats(Number(failure.facts['missing'] ?? 0)) });
    case 'too-late':
      return m.payout_late();
    default:
      return driveFailureWords(failure);
  }
}

function refusalWords(reason: string): string {
  switch (reason) {
    case 'invoice-network':
      return m.payout_network();
    case 'invoice-amountless':
      return m.payout_amountless();
    case 'invoice-expired':
      return m.wallet_fail_expired();
    case 'invoice-used':
      return m.wallet_fail_paid();
    case 'own-invoice':
      return m.payout_own();
    default:
      return m.payout_target();
  }
}
