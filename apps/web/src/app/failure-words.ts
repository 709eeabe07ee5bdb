// Words for what the drive's engine refuses, beyond those every page has.
import type { EngineFailure } from '../engine/port.ts';
import { formatDate } from '../format.ts';
import { m } from '../messages.ts';
import { failureWords } from '../parts/failure-words.ts';

export function driveFailureWords(failure: EngineFailure): string {
  switch (failure.code) {
    case 'wrong-password':
      return m.fail_password();
    case 'bad-code':
      return codeWords(failure.facts);
    case 'name-taken':
      return m.fail_taken();
    case 'bad-name':
      return m.fail_name();
    case 'no-such-entry':
      return m.fail_gone();
    case 'into-itself':
      return m.fail_itself();
    case 'history-disagrees':
      return m.fail_history();
    case 'changed-since':
      return m.fail_changed_since();
    case 'locked':
      return m.fail_locked();
    case 'no-passkey':
      return m.fail_passkey();
    case 'passkey-unfit':
      return m.fail_passkey_unfit();
    case 'passkey-needed':
      return m.fail_passkey_needed();
    case 'proof-too-new':
      return m.fail_too_new({ date: formatDate(Number(failure.facts['countsAt'])) });
    case 'kit-untried':
      return m.fail_kit_untried();
    case 'passkey-known':
      return m.fail_passkey_known();
    case 'pairing-refused':
      return m.fail_pairing();
    case 'cancelled':
      return m.fail_cancelled();
    case 'purge-forbidden':
      return m.fail_purge();
    case 'code-expired':
      return m.fail_code();
    case 'unknown-kit':
      return m.fail_kit();
    case 'offline':
      return m.fail_offline();
    case 'log-refused':
      return m.fail_refused();
    case 'bad-answer':
      return m.failure_server();
    case 'account-frozen':
      return m.fail_frozen({ reference: String(failure.facts['freeze'] ?? '') });
    case 'payments-off':
      return m.sale_fail_off();
    case 'offer-refused':
      return failure.facts['reason'] === 'price-too-high' ? m.sale_fail_high() : m.sale_fail_refused();
    case 'edit-refused':
      return failure.facts['reason'] === 'password-and-tips' ? m.link_fail_tips() : failureWords(failure);
    case 'device-revoked':
      return m.fail_revoked();
    default:
      return failureWords(failure);
  }
}

/** What is wrong with an identifier that was read as the code of an account, or was needed as one. */
function codeWords({ reason, group }: EngineFailure['facts']): string {
  if (reason === 'missing') return m.fail_code_needed();
  return group === undefined ? m.fail_code_whole() : m.fail_code_group({ n: String(group) });
}

/** What the server shows of the drive, and why none of it was taken. */
export function refusalWords({ code }: EngineFailure): string {
  return code === 'log-refused' || code === 'integrity' ? m.drive_refused() : m.drive_refused_answer();
}
