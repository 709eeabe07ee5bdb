// What a mint refuses, by the codes of the NUTs (error_codes.md there). Wallets read the code, people the sentence.

/** Codes below 10000 are of no NUT: a request that cannot be read, and a mint that cannot answer now. */
const sentences = {
  1: 'The request cannot be read.',
  2: 'The mint cannot answer now. Ask again later.',
  3: 'There is no such quote.',
  10001: 'A coin of this request is not valid, or its lock is not open.',
  11001: 'A coin of this request has been spent.',
  11002: 'A coin of this request is held by a payment under way.',
  11003: 'An output of this request has been signed.',
  11004: 'An output of this request waits for a payment under way.',
  11005: 'Inputs, outputs and fees do not balance.',
  11006: 'The amount is outside of what this mint takes.',
  11007: 'A coin occurs twice in this request.',
  11008: 'An output occurs twice in this request.',
  11009: 'The request mixes units.',
  11010: 'Inputs and outputs are not of one unit.',
  11011: 'An invoice without an amount cannot be paid.',
  11012: 'The amount asked for is not that of the invoice.',
  11013: 'This mint does not know the unit.',
  11014: 'There are too many inputs.',
  11015: 'There are too many outputs.',
  11016: 'A quote occurs twice in this request.',
  11017: 'There are too many quotes.',
  12001: 'This mint does not know the keyset.',
  12002: 'The keyset signs no longer.',
  12003: 'The keyset has expired.',
  20001: 'The invoice of this quote has not been paid.',
  20002: 'The coins of this quote have been issued.',
  20003: 'This mint issues no coins now.',
  20004: 'The payment failed. The coins are yours again.',
  20005: 'The payment of this quote is under way.',
  20006: 'This invoice has been paid.',
  20007: 'The quote has expired.',
  20008: 'The signature for this quote is missing or wrong.',
  20009: 'The public key is not valid.',
} as const;

export type MintCode = keyof typeof sentences;

/** What a failure says in place of its code's own sentence, and when it may be asked again. */
export type Saying = { readonly detail?: string; readonly retrySeconds?: number };

const retrySecondsDefault = 10;

export class MintFailure extends Error {
  override readonly name = 'MintFailure';
  readonly code: MintCode;
  readonly retrySeconds: number;

  constructor(code: MintCode, { detail, retrySeconds, ...options }: ErrorOptions & Saying = {}) {
    super(detail ?? sentences[code], options);
    this.code = code;
    this.retrySeconds = retrySeconds ?? retrySecondsDefault;
  }
}
