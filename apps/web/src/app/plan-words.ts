// Words for what stands in the way of a plan. spec/paid-links.md "Plans".
import type { EngineFailure } from '../engine/port.ts';
import { m } from '../messages.ts';
import { formatSats } from '../money.ts';
import { payoutFailureWords } from './payout-words.ts';
import { walletFailureWords } from './wallet/words.ts';

export function planFailureWords(failure: EngineFailure): string {
  switch (failure.code) {
    case 'plan-dearer':
      return m.plan_fail_dearer({ sats: formatSats(Number(failure.facts['sats'] ?? 0)) });
    case 'coins-in-balance':
      return m.plan_fail_coins_in({ sats: formatSats(Number(failure.facts['sats'] ?? 0)) });
    case 'not-found':
      return m.plan_fail_gone();
    case 'no-rate':
      return m.pay_no_rate();
    case 'wallet-refused':
      return walletFailureWords(failure);
    default:
      return payoutFailureWords(failure);
  }
}
