// The file sig: where verifiers of Ed25519 are known to differ (Chalkias, Garillot, Nikolaenko, "Taming the many EdDSAs", 2020).
import { createHash } from 'node:crypto';
import { ed25519 } from '@noble/curves/ed25519.js';
import { ascii, bytes, fixed, hex, type VectorCase, type VectorFile } from './reference.ts';

const Point = ed25519.Point;
const order = Point.Fn.ORDER;
const prime = Point.Fp.ORDER;

/** A point of order 8, and with it all eight small ones. */
const torsion = Point.fromHex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05');

export function makeSignatures(): VectorFile {
  const seed = fixed('signing seed');
  const key = ed25519.getPublicKey(seed);
  const message = ascii('reprise');
  const signature = ed25519.sign(message, seed);
  const accept = (name: string, change: Partial<Fields> = {}): VectorCase =>
    row(name, 'accepted', { publicKey: key, message, signature, ...change });
  const refuse = (name: string, step: string, change: Partial<Fields>): VectorCase => ({
    ...row(name, 'refused', { publicKey: key, message, signature, ...change }),
    code: 'signature-refused',
    step,
  });
  const flipped = (source: Uint8Array, at: number, mask = 1): Uint8Array => source.map((byte, i) => (i === at ? byte ^ mask : byte));
  const half = (from: number): Uint8Array => signature.slice(from, from + 32);
  const labelled = ed25519.sign(new Uint8Array([...ascii('rp1/sig/link'), 0, ...message]), seed);
  const rfc = {
    publicKey: bytes('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a'),
    message: new Uint8Array(),
    signature: bytes(
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
    ),
  };
  return {
    about: 'Signatures, plain and under a label, and keys that are refused. `admissible` says whether the key alone may be admitted.',
    spec: 'conventions.md#keys-and-signatures',
    cases: [
      accept('plain'),
      accept('RFC 8032 test 1', rfc),
      { ...accept('under a label', { signature: labelled }), label: 'rp1/sig/link' },
      { ...refuse('under another label', 'equation', { signature: labelled }), label: 'rp1/sig/log' },
      refuse('labelled, read as plain', 'equation', { signature: labelled }),
      refuse('another message', 'equation', { message: ascii('Reprise') }),
      refuse('another key', 'equation', { publicKey: ed25519.getPublicKey(fixed('another seed')) }),
      refuse('bit of R', 'equation', { signature: flipped(signature, 3) }),
      refuse('bit of S', 'equation', { signature: flipped(signature, 35) }),
      refuse('63 bytes', 'form', { signature: signature.slice(0, 63) }),
      refuse('65 bytes', 'form', { signature: new Uint8Array([...signature, 0]) }),
      refuse('key of 31 bytes', 'form', { publicKey: key.slice(0, 31) }),
      refuse('all zeros', 'key', { publicKey: new Uint8Array(32), signature: new Uint8Array(64) }),
      refuse('S plus the group order', 'form', { signature: new Uint8Array([...half(0), ...little(littleNumber(half(32)) + order)]) }),
      refuse('S is the group order', 'form', { signature: new Uint8Array([...half(0), ...little(order)]) }),
      refuse('highest bit of S', 'form', { signature: flipped(signature, 63, 0x80) }),
      ...smallKeys().map(([name, publicKey]) =>
        refuse(name, 'key', { publicKey, signature: new Uint8Array([...Point.ZERO.toBytes(), ...new Uint8Array(32)]) }),
      ),
      refuse('key not on the curve', 'key', { publicKey: offCurve() }),
      refuse('R is the identity, not canonical', 'form', { signature: identityR(seed, message, little(prime + 1n)) }),
      refuse('R not on the curve', 'form', { signature: new Uint8Array([...offCurve(), ...half(32)]) }),
      accept('R is the identity', { signature: identityR(seed, message, Point.ZERO.toBytes()) }),
      accept('R with a part of order 8', { signature: mixedR(seed, message) }),
      accept('key with a part of order 8', mixedKey(seed, message)),
    ],
  };
}

type Fields = { readonly publicKey: Uint8Array; readonly message: Uint8Array; readonly signature: Uint8Array };

function row(name: string, verdict: 'accepted' | 'refused', fields: Fields): VectorCase {
  return {
    name,
    verdict,
    publicKey: hex(fields.publicKey),
    message: hex(fields.message),
    signature: hex(fields.signature),
    admissible: admissible(fields.publicKey),
  };
}

/** By the definition: canonical, on the curve, and eight times it is not the identity. */
function admissible(publicKey: Uint8Array): boolean {
  try {
    const point = Point.fromBytes(publicKey, true);
    return hex(point.toBytes()) === hex(publicKey) && !point.multiplyUnsafe(8n).equals(Point.ZERO);
  } catch {
    return false;
  }
}

/** Every encoding of the eight points of small order, canonical or not. */
function smallKeys(): (readonly [string, Uint8Array])[] {
  const canonical = Array.from({ length: 8 }, (_, i) => (i === 0 ? Point.ZERO : torsion.multiplyUnsafe(BigInt(i))).toBytes());
  const wide = [little(prime), little(prime + 1n)];
  const signed = [little(1n), little(prime), little(prime + 1n), little(prime - 1n)].map((encoded) =>
    encoded.map((byte, i) => (i === 31 ? byte | 0x80 : byte)),
  );
  const all = [...canonical, ...wide, ...signed].map(hex);
  return [...new Set(all)].map((encoded) => [`small key ${encoded}`, bytes(encoded)] as const);
}

function offCurve(): Uint8Array {
  for (let y = 2n; ; y++) {
    try {
      Point.fromBytes(little(y), true);
    } catch {
      return little(y);
    }
  }
}

function scalarOf(seed: Uint8Array): bigint {
  const head = createHash('sha512').update(seed).digest().subarray(0, 32);
  head[0] = (head[0] as number) & 248;
  head[31] = ((head[31] as number) & 127) | 64;
  return littleNumber(head) % order;
}

function challenge(r: Uint8Array, key: Uint8Array, message: Uint8Array): bigint {
  return littleNumber(createHash('sha512').update(r).update(key).update(message).digest()) % order;
}

function identityR(seed: Uint8Array, message: Uint8Array, r: Uint8Array): Uint8Array {
  const key = Point.BASE.multiply(scalarOf(seed)).toBytes();
  return new Uint8Array([...r, ...little((challenge(r, key, message) * scalarOf(seed)) % order)]);
}

function mixedR(seed: Uint8Array, message: Uint8Array): Uint8Array {
  const key = Point.BASE.multiply(scalarOf(seed)).toBytes();
  const r = Point.BASE.multiply(7n).add(torsion).toBytes();
  return new Uint8Array([...r, ...little((7n + challenge(r, key, message) * scalarOf(seed)) % order)]);
}

function mixedKey(seed: Uint8Array, message: Uint8Array): Partial<Fields> {
  const publicKey = Point.BASE.multiply(scalarOf(seed)).add(torsion).toBytes();
  const r = Point.BASE.multiply(11n).toBytes();
  return { publicKey, signature: new Uint8Array([...r, ...little((11n + challenge(r, publicKey, message) * scalarOf(seed)) % order)]) };
}

function little(value: bigint): Uint8Array {
  return new Uint8Array(Buffer.from(value.toString(16).padStart(64, '0'), 'hex').reverse());
}

function littleNumber(source: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(source).reverse().toString('hex')}`);
}
