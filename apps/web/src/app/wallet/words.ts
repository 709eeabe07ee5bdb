// Words for coins: amounts, and what a wallet refuses.
import type { EngineFailure } from '../../engine/port.ts';
import { formatCount } from '../../format.ts';
import { m } from '../../messages.ts';
import { formatSats } from '../../money.ts';
import { driveFailureWords } from '../failure-words.ts';
import type { PurseEntry } from './port.ts';

export function formatAmount(sats: bigint): string {
  return formatSats(Number(sats));
}

/** A whole number of satoshis as it was typed, spaces and separators aside; null if it is none. */
export function parseSats(text: string): bigint | null {
  const digits = text.replace(/[\s.,'’]/g, '');
  return /^[1-9]\d{0,14}$/.test(digits) ? BigInt(digits) : null;
}

export function walletFailureWords(failure: EngineFailure): string {
  if (failure.code !== 'wallet-refused') return driveFailureWords(failure);
  return reasonWords(String(failure.facts['reason']), failure.facts);
}

export function reasonWords(reason: string, facts: EngineFailure['facts'] = {}): string {
  switch (reason) {
    case 'token-malformed':
      return m.wallet_fail_token();
    case 'token-too-large':
      return m.wallet_fail_large();
    case 'other-mint':
    case 'other-unit':
      return m.wallet_fail_other();
    case 'coin-spent':
    case 'coin-held':
      return m.wallet_fail_spent();
    case 'coin-ours':
      return m.wallet_fail_ours();
    case 'coin-locked':
      return m.wallet_fail_locked();
    case 'coin-forged':
    case 'coin-twice':
    case 'keyset-unknown':
      return m.wallet_fail_forged();
    case 'keyset-forged':
      return m.wallet_fail_keys();
    case 'amount':
      return m.wallet_fail_amount();
    case 'too-little':
      return m.wallet_fail_little({ n: formatCount(Number(facts['missing'] ?? 0)) });
    case 'invoice-malformed':
      return m.wallet_fail_invoice();
    case 'invoice-expired':
      return m.wallet_fail_expired();
    case 'invoice-paid':
      return m.wallet_fail_paid();
    case 'payment-failed':
      return m.wallet_fail_way();
    case 'mint-answer':
      return m.wallet_fail_answer();
    case 'taken-back':
      return m.wallet_state_back();
    default:
      return m.wallet_fail();
  }
}

export function kindWords(entry: PurseEntry): string {
  switch (entry.kind) {
    case 'receive':
      return m.wallet_kind_receive();
    case 'send':
      return m.wallet_kind_send();
    case 'invoice':
      return m.wallet_kind_invoice();
    case 'refund':
      return m.wallet_kind_refund();
    case 'pay':
      return m.wallet_kind_pay();
    case 'restore':
      return m.wallet_kind_restore();
  }
}

export function stateWords(entry: PurseEntry): string {
  switch (entry.state) {
    case 'waiting':
      return m.wallet_state_waiting();
    case 'arrived':
      return m.wallet_state_arrived();
    case 'failed':
      return entry.reason === 'taken-back' ? m.wallet_state_back() : m.wallet_state_failed();
    case 'to-recover':
      return m.wallet_state_recover();
  }
}
