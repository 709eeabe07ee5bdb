// What an audit finds, and what nobody can find. spec/liabilities.md "Audit" says what each means.

/** Each of these is a cheat, or looks like one to everybody else. */
export type FindingCode =
  /** The epochs themselves. */
  | 'other-key'
  | 'signature'
  | 'epoch-malformed'
  | 'chain'
  | 'rewritten'
  | 'rolled-back'
  | 'other-network'
  | 'stale'
  /** The lists of coins. */
  | 'list-withheld'
  | 'list-differs'
  | 'list-disordered'
  | 'coin-twice'
  | 'coin-impossible'
  /** Coins of this wallet. */
  | 'coin-missing'
  | 'coin-amount'
  | 'coin-spent'
  /** Lines of this account. */
  | 'line-uncounted'
  | 'line-hidden'
  | 'lines-old'
  | 'balance-unexplained';

export type Finding = {
  readonly code: FindingCode;
  /** What of it: an epoch, a keyset, the name of a line, a point. */
  readonly facts: Readonly<Record<string, string | number>>;
};

export type Unchecked =
  /** Nothing was published yet. */
  | 'no-epoch'
  /** What others are owed: they must look for themselves. */
  | 'others'
  /** Coins of nobody may stand among the spent ones; that comes to light when their keyset ends. */
  | 'spent-sums'
  /** What the node has is what it says it has. */
  | 'reserves'
  | 'no-coins'
  /** Coins that came without the proof by which they are found. */
  | 'coins-unproven'
  /** Coins younger than the epochs that must count them. */
  | 'coins-young'
  | 'no-account'
  /** More has moved since than an answer holds. */
  | 'moves-many';
