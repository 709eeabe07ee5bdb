// Words for what stands in the way of a payment. spec/paid-links.md "Failures".
import type { EngineFailure } from '../../engine/port.ts';
import { m } from '../../messages.ts';
import { formatSats } from '../../money.ts';
import { failureWords } from '../../parts/failure-words.ts';

/** What a wallet of this browser or of the account refuses. */
function walletWords(reason: string, facts: EngineFailure['facts']): string {
  switch (reason) {
    case 'too-little':
      return m.pocket_fail_little({ sats: formatSats(Number(facts['missing'] ?? 0)) });
    case 'coin-spent':
    case 'coin-held':
      return m.pay_fail_spent();
    case 'refund-gone':
    case 'proof-unknown':
      return m.pocket_fail_gone();
    case 'mint-answer':
      return m.pocket_fail_answer();
    default:
      return m.pay_fail_coins();
  }
}

export function payFailureWords(failure: EngineFailure): string {
  return failure.facts['coinsKept'] ? `${reasonWords(failure)} ${m.pay_token_kept()}` : reasonWords(failure);
}

function reasonWords(failure: EngineFailure): string {
  switch (failure.code) {
    case 'bad-amount':
      return m.pay_fail_amount();
    case 'too-little':
      return m.pay_fail_little({ sats: formatSats(Number(failure.facts['missing'] ?? 0)) });
    case 'other-mint':
      return m.pay_fail_mint();
    case 'bad-token':
      return m.pay_token_odd();
    case '11001':
      return m.pay_fail_spent();
    case 'other-buyer-key':
      return m.pay_fail_other_buyer();
    case 'busy':
    case 'no-rate':
      return m.pay_fail_busy();
    case 'wallet-refused':
      return walletWords(String(failure.facts['reason']), failure.facts);
    case 'bad-release':
      return m.pay_fail_release();
    case 'sandbox-refused':
      return m.pay_fail_sandbox();
    default:
      // The other codes of the NUTs, about coins.
      return /^\d+$/.test(failure.code) || failure.code === 'too-many-coins' ? m.pay_fail_coins() : failureWords(failure);
  }
}
