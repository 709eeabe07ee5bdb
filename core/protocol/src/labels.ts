// The labels both sides need: hashes and signatures over what the server may see. spec/conventions.md lists every label.
export const hashLabels = {
  user: 'rp1/hash/user',
  device: 'rp1/hash/device',
  space: 'rp1/hash/space',
  epoch: 'rp1/hash/epoch',
  entry: 'rp1/hash/entry',
  attachment: 'rp1/hash/attach',
  kem: 'rp1/hash/kem',
  live: 'rp1/hash/live',
  pairing: 'rp1/hash/pairing',
  pairingCommit: 'rp1/hash/pairing-commit',
  pairingWords: 'rp1/hash/pairing-words',
  paidSecret: 'rp1/hash/paid-secret',
  list: 'rp1/hash/list',
  liabilities: 'rp1/hash/liabilities',
  liabilityLeaf: 'rp1/hash/liability-leaf',
  liabilityNode: 'rp1/hash/liability-node',
  liabilityLine: 'rp1/hash/liability-line',
} as const;

export const signatureLabels = {
  device: 'rp1/sig/device',
  deviceEnd: 'rp1/sig/device-end',
  kem: 'rp1/sig/kem',
  log: 'rp1/sig/log',
  request: 'rp1/sig/request',
  link: 'rp1/sig/link',
  offer: 'rp1/sig/offer',
  receipt: 'rp1/sig/receipt',
  liabilities: 'rp1/sig/liabilities',
} as const;

export type HashLabel = (typeof hashLabels)[keyof typeof hashLabels];
export type SignatureLabel = (typeof signatureLabels)[keyof typeof signatureLabels];
