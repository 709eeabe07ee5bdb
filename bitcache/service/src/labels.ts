// The labels of what the sale of links derives, seals and signs; spec/conventions.md lists them with all others.

export const labels = {
  /** A seller's half at rest. */
  sealedSecret: 'rp1/seal/paid-secret',
  /** What the key that authenticates quotes is derived under. */
  quote: 'rp1/kdf/paid-quote',
  /** What the key of payment tokens is derived under. */
  token: 'rp1/kdf/paid-token',
  /** What the seed of the operator's release agent is. */
  agent: 'rp1/kdf/release-agent',
  /** What the seed is of the key that signs what is owed. */
  liabilities: 'rp1/kdf/liabilities',
  /** What keys the salts of lines of what is owed. */
  liabilitySalt: 'rp1/kdf/liability-salt',
  /** What an offer commits to. */
  secret: 'rp1/hash/paid-secret',
  receipt: 'rp1/sig/receipt',
  release: 'rp1/hpke/release',
} as const;
