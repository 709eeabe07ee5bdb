// Sealing to somebody's public key: HPKE base mode with X-Wing, HKDF-SHA-256 and AES-256-GCM. spec/epochs.md "Wraps".
// It proves no origin: what is sealed so is held by a signature elsewhere.
import { ml_kem768_x25519 as xWing } from '@noble/post-quantum/hybrid.js';
import { type Bytes, concatBytes, encodeUtf8, type RandomBytes, systemRandom, u8 } from '@reprise/kit';
import { Failure, reject } from '@reprise/protocol/formats';
import { AEAD_AES_256_GCM, CipherSuite, type KEM, KDF_HKDF_SHA256, type Key, type KeyPair } from 'hpke';
import type { HpkeLabel } from './labels.ts';

export const kemSeedBytes = 32;
const randomnessBytes = 64;

/** What a message is for: it opens under the same label, context and associated data only. */
export type HpkeUse = { readonly label: HpkeLabel; readonly context: Uint8Array; readonly associated: Uint8Array };

/** `enc` has 1,120 bytes, the ciphertext 16 more than the message. */
export type HpkeMessage = { readonly enc: Bytes; readonly ciphertext: Bytes };

/** The X-Wing public key, 1,216 bytes, of a 32-byte seed. */
export function kemPublicOf(seed: Uint8Array): Bytes {
  return xWing.getPublicKey(seed) as Bytes;
}

/** @throws Failure bad-object if the key is no X-Wing key */
export async function sealTo(
  kemPublic: Uint8Array,
  use: HpkeUse,
  message: Uint8Array,
  random: RandomBytes = systemRandom,
): Promise<HpkeMessage> {
  const suite = suiteWith(random);
  try {
    const key = await suite.DeserializePublicKey(kemPublic);
    const { encapsulatedSecret, ciphertext } = await suite.Seal(key, message, { info: info(use), aad: use.associated });
    return { enc: encapsulatedSecret as Bytes, ciphertext: ciphertext as Bytes };
  } catch (cause) {
    throw new Failure('bad-object', { reason: 'no X-Wing public key' }, { cause });
  }
}

/** @throws Failure reject */
export async function openWith(seed: Uint8Array, use: HpkeUse, { enc, ciphertext }: HpkeMessage): Promise<Bytes> {
  const suite = suiteWith(systemRandom);
  try {
    const key = await suite.DeserializePrivateKey(seed, false);
    return (await suite.Open(key, enc, ciphertext, { info: info(use), aad: use.associated })) as Bytes;
  } catch (cause) {
    throw reject(cause);
  }
}

function info({ label, context }: HpkeUse): Bytes {
  return concatBytes(encodeUtf8(label), u8(0), context);
}

function suiteWith(random: RandomBytes): CipherSuite<XWingKey> {
  return new CipherSuite(() => xWingKem(random), KDF_HKDF_SHA256, AEAD_AES_256_GCM);
}

type XWingKey = Key & { readonly bytes: Uint8Array };

const algorithm = { name: 'X-Wing' } as const;

function xWingKey(type: 'public' | 'private', bytes: Uint8Array): XWingKey {
  return { algorithm, type, extractable: type === 'public', bytes };
}

/** The KEM 0x647A as the library asks for it; browsers have no ML-KEM of their own yet. */
export function xWingKem(random: RandomBytes): KEM<XWingKey> {
  const pair = (seed: Uint8Array): KeyPair<XWingKey> => ({
    privateKey: xWingKey('private', seed),
    publicKey: xWingKey('public', xWing.getPublicKey(seed)),
  });
  return {
    id: 0x647a,
    type: 'KEM',
    name: algorithm.name,
    Nsecret: 32,
    Nenc: 1_120,
    Npk: 1_216,
    Nsk: kemSeedBytes,
    // Seeds are kept or derived under labels of our own; the derivation of the draft is not used.
    DeriveKeyPair: () => Promise.reject(new TypeError('keys come from seeds')),
    GenerateKeyPair: async () => pair(random(kemSeedBytes)),
    SerializePublicKey: async (key) => key.bytes,
    DeserializePublicKey: async (bytes) => xWingKey('public', bytes),
    SerializePrivateKey: async (key) => key.bytes,
    DeserializePrivateKey: async (bytes) => xWingKey('private', bytes),
    Encap: async (key) => {
      const { cipherText, sharedSecret } = xWing.encapsulate(key.bytes, random(randomnessBytes));
      return { enc: cipherText, shared_secret: sharedSecret };
    },
    Decap: async (enc, key) => xWing.decapsulate(enc, key.bytes),
  };
}
