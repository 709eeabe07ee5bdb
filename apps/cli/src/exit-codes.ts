// What the program's exit code says: docs/guide/cli.md.
import type { FailureCode } from '@reprise/protocol/formats';

export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  /** The rest is done; something was left out, and was named. */
  partly: 3,
  linkUnavailable: 4,
  password: 5,
  /** What came is not what was signed. */
  refused: 6,
  network: 7,
  localDisk: 8,
  /** It costs something, and was not paid; what that is, the failure says. */
  payment: 9,
  interrupted: 130,
} as const;

const byFailure: Partial<Record<FailureCode, number>> = {
  usage: exitCodes.usage,
  'bad-link': exitCodes.usage,
  'link-unavailable': exitCodes.linkUnavailable,
  'link-removed': exitCodes.linkUnavailable,
  'link-growing': exitCodes.linkUnavailable,
  'not-found': exitCodes.linkUnavailable,
  'password-required': exitCodes.password,
  'password-wrong': exitCodes.password,
  'too-many-tries': exitCodes.password,
  'login-refused': exitCodes.password,
  'passkey-needed': exitCodes.password,
  'proof-too-new': exitCodes.password,
  'bad-code': exitCodes.password,
  'bad-kit': exitCodes.password,
  'bad-credential': exitCodes.password,
  'not-enrolled': exitCodes.password,
  'device-revoked': exitCodes.password,
  'pairing-refused': exitCodes.password,
  'drive-frozen': exitCodes.refused,
  'log-refused': exitCodes.refused,
  'path-not-found': exitCodes.linkUnavailable,
  reject: exitCodes.refused,
  'link-forged': exitCodes.refused,
  'bad-object': exitCodes.refused,
  'bad-name': exitCodes.refused,
  'limit-exceeded': exitCodes.refused,
  'chunk-corrupt': exitCodes.refused,
  'object-missing': exitCodes.refused,
  network: exitCodes.network,
  stalled: exitCodes.network,
  unavailable: exitCodes.network,
  'bad-answer': exitCodes.network,
  'request-timeout': exitCodes.network,
  'rate-limited': exitCodes.network,
  'target-exists': exitCodes.localDisk,
  'target-refused': exitCodes.localDisk,
  'target-full': exitCodes.localDisk,
  'source-vanished': exitCodes.localDisk,
  'source-changed': exitCodes.localDisk,
  'bad-journal': exitCodes.localDisk,
  'payment-required': exitCodes.payment,
  'price-differs': exitCodes.payment,
  'payment-refused': exitCodes.payment,
  'payment-waits': exitCodes.payment,
  'payment-owed': exitCodes.payment,
  'offer-closed': exitCodes.payment,
  'balance-too-low': exitCodes.payment,
  'account-frozen': exitCodes.payment,
  'plan-dearer': exitCodes.payment,
  'payments-off': exitCodes.payment,
  cancelled: exitCodes.interrupted,
};

export function exitCodeOf(code: FailureCode): number {
  return byFailure[code] ?? exitCodes.failed;
}
