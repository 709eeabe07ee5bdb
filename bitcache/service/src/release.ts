// What a payment buys: the seller's half, sealed to the buyer, and a receipt. The one file of this package that seals to a public key; it
// opens nothing. spec/paid-links.md "Buyer key and release".
import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import type { Database } from '@reprise/database';
import { assert, type Bytes, concatBytes, encodeUtf8, parseHex } from '@reprise/kit';
import { encodeDcbor } from '@reprise/protocol/formats';
import { CipherSuite, type KEM, type Key } from 'hpke';
import { ServiceFailure } from './failures.ts';
import { openSecret, sha256Hex } from './held-secret.ts';
import { labels } from './labels.ts';
import type { OfferId, ReleaseAgent, ReleaseRequest } from './ports.ts';
import { aes256Gcm, hkdfSha256 } from './runtime-ciphers.ts';
import { buyerKeyBytes, encapsulateTo } from './x-wing.ts';

export type OperatorAgentParts = {
  readonly database: Database;
  readonly fileKey: Bytes;
  /** 32 bytes, from which the key that signs receipts comes. */
  readonly seed: Bytes;
  /** For tests, which fix what is random in it. The runtime's own, unless given. */
  readonly encapsulate?: typeof encapsulateTo;
};

/** Sealed halves that a process keeps at hand, 60 bytes each. */
const heldMax = 10_000;

/** The agent that reads the halves which this operator holds. */
export function operatorAgent({ database, fileKey, seed, encapsulate = encapsulateTo }: OperatorAgentParts): ReleaseAgent {
  const signer = signerOf(seed);
  /** As they lie in the database; a listing never changes. */
  const held = new Map<string, Bytes>();
  const heldOf = async (offer: OfferId, version: number): Promise<Bytes> => {
    const known = held.get(`${offer}/${version}`);
    if (known) return known;
    const listings = database.db.selectFrom('paid_listings').select('secret').where('offer', '=', offer).where('version', '=', version);
    const { secret } = await listings.executeTakeFirstOrThrow();
    if (held.size >= heldMax) held.clear();
    held.set(`${offer}/${version}`, secret);
    return secret;
  };
  return {
    publicKey: signer.publicKey,
    accepts: (buyerKey) =>
      sealTo(buyerKey, new Uint8Array(32), new Uint8Array(32), encapsulate).then(
        () => true,
        () => false,
      ),
    seal: async (request) => {
      const { offer, version, hash, buyerKey } = request;
      const secret = openSecret(fileKey, offer, await heldOf(offer, version));
      return { release: await sealTo(buyerKey, hexBytes(hash), secret, encapsulate), receipt: receiptFor(request, signer) };
    },
  };
}

/** @throws ServiceFailure bad-buyer-key */
async function sealTo(buyerKey: Bytes, offerHash: Bytes, secret: Bytes, encapsulate: typeof encapsulateTo): Promise<Bytes> {
  if (buyerKey.length !== buyerKeyBytes) throw new ServiceFailure('bad-buyer-key');
  const suite = new CipherSuite(() => xWingKem(encapsulate), hkdfSha256, aes256Gcm);
  const info = concatBytes(encodeUtf8(labels.release), Uint8Array.of(0), offerHash);
  try {
    const key = await suite.DeserializePublicKey(buyerKey);
    const { encapsulatedSecret, ciphertext } = await suite.Seal(key, secret, { info, aad: new Uint8Array(0) });
    return concatBytes(encapsulatedSecret, ciphertext);
  } catch (cause) {
    throw new ServiceFailure('bad-buyer-key', {}, { cause });
  }
}

type Signer = { readonly publicKey: Bytes; sign(message: Bytes): Bytes };

function receiptFor({ offer, hash, buyerKey, at }: ReleaseRequest, signer: Signer): Bytes {
  const body = encodeDcbor([hexBytes(offer), hexBytes(hash), hexBytes(sha256Hex(buyerKey)), at]);
  return encodeDcbor([body, signer.sign(concatBytes(encodeUtf8(labels.receipt), Uint8Array.of(0), body))]);
}

/** RFC 8410: PrivateKeyInfo of an Ed25519 seed, without the seed. */
const pkcs8Prefix = Uint8Array.of(0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20);

function signerOf(seed: Bytes): Signer {
  assert(seed.length === 32, 'a seed has 32 bytes');
  const key = createPrivateKey({ key: Buffer.from(concatBytes(pkcs8Prefix, seed)), format: 'der', type: 'pkcs8' });
  const { x } = createPublicKey(key).export({ format: 'jwk' });
  return {
    publicKey: new Uint8Array(Buffer.from(x ?? '', 'base64url')),
    sign: (message) => new Uint8Array(sign(null, message, key)),
  };
}

function hexBytes(hex: string): Bytes {
  const bytes = parseHex(hex);
  assert(bytes !== undefined, 'ids and hashes are hex');
  return bytes;
}

type XWingKey = Key & { readonly bytes: Bytes };

/** The KEM 0x647A as the library asks for it, as far as sealing needs it. */
function xWingKem(encapsulate: typeof encapsulateTo): KEM<XWingKey> {
  const no = () => Promise.reject(new TypeError('a server seals and opens nothing'));
  return {
    id: 0x647a,
    type: 'KEM',
    name: 'X-Wing',
    Nsecret: 32,
    Nenc: 1_120,
    Npk: buyerKeyBytes,
    Nsk: 32,
    DeriveKeyPair: no,
    GenerateKeyPair: no,
    SerializePublicKey: async (key) => key.bytes,
    DeserializePublicKey: async (bytes) => ({
      algorithm: { name: 'X-Wing' },
      type: 'public',
      extractable: true,
      bytes: new Uint8Array(bytes),
    }),
    SerializePrivateKey: no,
    DeserializePrivateKey: no,
    Encap: async (key) => {
      const { cipherText, sharedSecret } = encapsulate(key.bytes);
      return { enc: cipherText, shared_secret: sharedSecret };
    },
    Decap: no,
  };
}
