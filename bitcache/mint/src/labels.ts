// The labels of what a mint derives from its seed and seals; spec/conventions.md lists them with all others.

export const labels = {
  /** Secret key of one amount of one keyset. */
  key: 'rp1/kdf/mint-key',
  /** What the seed's print is told from other hashes by. */
  seedPrint: 'rp1/hash/mint-seed',
  /** The seed at rest. */
  sealedSeed: 'rp1/seal/mint-seed',
} as const;
