// Every label this package derives or seals under, once: spec/conventions.md "Labels". A label has one sealing and one opening site. Those of
// hashes and signatures are the protocol's. Every thread that seals loads this file, so it imports nothing.

/** Mode A: a fresh key per object. */
export const objectLabels = {
  data: 'rp1/obj/data',
  node: 'rp1/obj/node',
  manifest: 'rp1/obj/manifest',
  thumb: 'rp1/obj/thumb',
} as const;

/** Mode B: a kept key, a random salt per message. */
export const sealLabels = {
  link: 'rp1/seal/link',
  note: 'rp1/seal/note',
  local: 'rp1/seal/local',
  root: 'rp1/seal/root',
  delta: 'rp1/seal/delta',
  history: 'rp1/seal/hist',
  slotPassword: 'rp1/seal/slot/password',
  slotPasskey: 'rp1/seal/slot/passkey',
  slotRecovery: 'rp1/seal/slot/recovery',
  slotDevice: 'rp1/seal/slot/device',
  keyring: 'rp1/seal/keyring',
  offer: 'rp1/seal/offer',
  paidRoot: 'rp1/seal/paid-root',
} as const;

export const kdfLabels = {
  linkId: 'rp1/kdf/link-id',
  linkToken: 'rp1/kdf/link-token',
  linkSalt: 'rp1/kdf/link-salt',
  linkKey: 'rp1/kdf/link-key',
  linkGate: 'rp1/kdf/link-gate',
  anonIdentity: 'rp1/kdf/anon-identity',
  anonDevice: 'rp1/kdf/anon-device',
  anonEpoch: 'rp1/kdf/anon-epoch',
  anonLink: 'rp1/kdf/anon-link',
  homeEpoch: 'rp1/kdf/home-epoch',
  keyring: 'rp1/kdf/keyring',
  kekPassword: 'rp1/kdf/kek-password',
  kekPasskey: 'rp1/kdf/kek-passkey',
  kekRecovery: 'rp1/kdf/kek-recovery',
  recoveryId: 'rp1/kdf/recovery-id',
  recoveryToken: 'rp1/kdf/recovery-token',
  passkeyId: 'rp1/kdf/passkey-id',
  passkeyToken: 'rp1/kdf/passkey-token',
  passkeyLock: 'rp1/kdf/passkey-lock',
  offerKey: 'rp1/kdf/offer-key',
  paid: 'rp1/kdf/paid',
  walletAccount: 'rp1/kdf/wallet-account',
  walletVisitor: 'rp1/kdf/wallet-visitor',
  walletBranch: 'rp1/kdf/wallet-branch',
} as const;

/** What every passkey is asked for, hashed: spec/accounts.md "Slots". */
export const prfInput = 'rp1/prf';

/** HPKE: the recipient's X-Wing key. */
export const hpkeLabels = {
  device: 'rp1/hpke/device',
  epoch: 'rp1/hpke/epoch',
  release: 'rp1/hpke/release',
} as const;

export type ObjectLabel = (typeof objectLabels)[keyof typeof objectLabels];
export type SealLabel = (typeof sealLabels)[keyof typeof sealLabels];
export type KdfLabel = (typeof kdfLabels)[keyof typeof kdfLabels];
export type HpkeLabel = (typeof hpkeLabels)[keyof typeof hpkeLabels];
