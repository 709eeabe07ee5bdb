// What a wallet refuses or could not do, by reason. The code on the border is `wallet-refused`: spec/failures.md.
import { Failure } from '@reprise/protocol/formats';

export type WalletReason =
  /** The text is no token, or its parts do not fit together. */
  | 'token-malformed'
  /** More text, or more coins, than a mint takes at a time. */
  | 'token-too-large'
  /** Coins of facts.mint, which is not ours. */
  | 'other-mint'
  | 'other-unit'
  /** A coin occurs twice in the token. */
  | 'coin-twice'
  /** Coins are locked to a key or a hash that this wallet does not hold. */
  | 'coin-locked'
  /** Coins were spent before. */
  | 'coin-spent'
  /** Coins are in this wallet already. */
  | 'coin-ours'
  /** Coins are held by a payment under way. */
  | 'coin-held'
  /** The mint did not sign this. */
  | 'coin-forged'
  /** The mint has no such keyset, or it has expired. */
  | 'keyset-unknown'
  /** The id of a keyset does not follow from its keys, is another mint's, or is told of other keys than before. */
  | 'keyset-forged'
  /** Not a whole number of satoshis within facts.min and facts.max. */
  | 'amount'
  /** facts.missing satoshis are missing; facts.held are set aside for what is under way. */
  | 'too-little'
  | 'invoice-malformed'
  | 'invoice-expired'
  | 'invoice-paid'
  /** The payment did not arrive; the coins are free again. */
  | 'payment-failed'
  /** The text is no token of a payment. */
  | 'proof-malformed'
  /** The shop that was asked knows no such payment: it may have been made at another. */
  | 'proof-unknown'
  /** Nothing is owed for that payment, or it was given back elsewhere. */
  | 'refund-gone'
  /** The mint refused: facts.code, facts.detail. */
  | 'mint-refused'
  /** The answer of the mint is not what the NUTs have it be. What was asked stays in the journal. */
  | 'mint-answer'
  /** There is no such entry in the history, or nothing can be done with it any more. */
  | 'no-such-entry'
  /** A payment request that cannot be answered from here. */
  | 'request-refused'
  /** What is kept of the wallet cannot be read. */
  | 'state';

/** Of a wallet that somebody has elsewhere, beside those above: `outside`. */
export type OutsideReason =
  /** The text connects no wallet; facts.what. */
  | 'connection-malformed'
  /** None of the relays that it names may be reached from here; facts.relay is the first. */
  | 'relay-not-allowed'
  /** No relay answers: nothing was asked. */
  | 'relay-unreachable'
  /** The relay answers, and the wallet has not told it what it can do. */
  | 'wallet-unknown'
  /** The wallet does not pay for those who are connected. */
  | 'cannot-pay'
  /** The wallet does not know this connection, or does not let it. */
  | 'not-allowed'
  /** The wallet did not answer in time. */
  | 'no-answer'
  | 'not-connected'
  /** More than the wallet lets this connection spend. */
  | 'over-budget'
  /** More than the wallet has. */
  | 'no-balance';

export function refused(reason: WalletReason | OutsideReason, facts: Failure['facts'] = {}, cause?: unknown): Failure {
  return new Failure('wallet-refused', { ...facts, reason }, cause === undefined ? undefined : { cause });
}

export function isRefused(error: unknown, reason?: WalletReason | OutsideReason): error is Failure {
  return error instanceof Failure && error.code === 'wallet-refused' && (reason === undefined || error.facts['reason'] === reason);
}
