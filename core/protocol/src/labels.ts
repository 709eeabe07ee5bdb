// The labels both sides need: hashes and signatures over what the server may see. spec/conventions.md lists every label.
export const hashLabels = {
  user: 'rp1/hash/user',
  device: 'rp1/hash/device',
  space: 'rp1/hash/space',
  epoch: 'rp1/hash/epoch',
} as const;

export const signatureLabels = {
  device: 'rp1/sig/device',
  log: 'rp1/sig/log',
  request: 'rp1/sig/request',
  link: 'rp1/sig/link',
} as const;

export type HashLabel = (typeof hashLabels)[keyof typeof hashLabels];
export type SignatureLabel = (typeof signatureLabels)[keyof typeof signatureLabels];
