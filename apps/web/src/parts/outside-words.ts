// Words for what a person's own wallet refuses, and for what stands between it and this page. spec/wallet.md "A wallet of one's own".
import type { EngineFailure } from '../engine/port.ts';
import { m } from '../messages.ts';
import { failureWords } from './failure-words.ts';

/** Names of relays for a person: of origins, `wss://` left out. */
export function relayNames(relays: readonly string[]): string {
  return relays.map((relay) => relay.replace(/^wss?:\/\//, '')).join(', ');
}

/** @param relays that this page may reach */
export function outsideFailureWords(failure: EngineFailure, relays: readonly string[] = []): string {
  if (failure.code !== 'wallet-refused') return failureWords(failure);
  switch (failure.facts['reason']) {
    case 'connection-malformed':
      return m.outside_fail_string();
    case 'relay-not-allowed':
      return m.outside_fail_relay({ relay: String(failure.facts['relay'] ?? ''), relays: relayNames(relays) });
    case 'relay-unreachable':
      return m.outside_fail_reach();
    case 'wallet-unknown':
      return m.outside_fail_wallet();
    case 'cannot-pay':
      return m.outside_fail_cannot();
    case 'not-allowed':
    case 'not-connected':
      return m.outside_fail_denied();
    case 'no-answer':
      return m.outside_fail_silent();
    case 'over-budget':
      return m.outside_fail_budget();
    case 'no-balance':
      return m.outside_fail_balance();
    case 'invoice-expired':
      return m.outside_fail_expired();
    case 'state':
      return m.outside_fail_state();
    default:
      return m.outside_fail_payment();
  }
}
