// What happens behind the port: keys derived from the seed, coins verified, outputs signed. Runs where nobody waits for it.
import { hkdfSync } from 'node:crypto';
import { assert, type Bytes, concatBytes, encodeUtf8, equalBytes, formatHex, parseHex, u32, u64 } from '@reprise/kit';
import { proveDleq } from '../dleq.ts';
import { hashToCurve } from '../hash-to-curve.ts';
import { keysetId } from '../keyset-id.ts';
import { labels } from '../labels.ts';
import type { Points, Scalar, Uncompressed } from '../points/points.ts';
import type { Blinded, Coin, KeysetSpec, OpenedKeyset, SchnorrCheck, Signature, Verdict } from './signer.ts';

type Key = { readonly secret: Scalar; readonly point: Uncompressed };

/** 1 to 2³¹ satoshis: 21 bitcoin in one coin. */
const powers = 32;

export type VerifySchnorr = (digest: Uint8Array, x: Uint8Array, signature: Uint8Array) => boolean;

export class Keyring {
  readonly #points: Points;
  readonly #verifySchnorr: VerifySchnorr;
  readonly #seed: Bytes;
  readonly #keysets = new Map<string, ReadonlyMap<bigint, Key>>();

  constructor(points: Points, verifySchnorr: VerifySchnorr, seed: Bytes) {
    this.#points = points;
    this.#verifySchnorr = verifySchnorr;
    this.#seed = seed;
  }

  open(spec: KeysetSpec): OpenedKeyset {
    assert(spec.version === 1, 'keysets of version 1');
    const amounts = Array.from({ length: powers }, (_, power) => 1n << BigInt(power));
    const keys = new Map(amounts.map((amount) => [amount, this.#derive(spec, amount)]));
    const published = new Map(amounts.map((amount) => [amount, formatHex(this.#points.compress((keys.get(amount) as Key).point))]));
    const id = keysetId(published, spec);
    this.#keysets.set(id, keys);
    return { id, keys: published };
  }

  #derive({ unit, derivation }: KeysetSpec, amount: bigint): Key {
    const info = concatBytes(encodeUtf8(labels.key), Uint8Array.of(0), encodeUtf8(unit), Uint8Array.of(0), u32(derivation), u64(amount));
    const secret = new Uint8Array(hkdfSync('sha256', this.#seed, new Uint8Array(0), info, 32));
    assert(this.#points.isScalar(secret), 'nearly every hash is a scalar');
    return { secret, point: this.#points.publicKey(secret) };
  }

  verify({ keyset, amount, secret, c }: Coin): Verdict {
    const y = hashToCurve(this.#points, encodeUtf8(secret));
    const given = this.#point(c);
    const key = this.#key(keyset, amount);
    const isOurs = given !== undefined && equalBytes(given, this.#points.multiply(y, key.secret));
    return { y: formatHex(this.#points.compress(y)), isOurs };
  }

  sign({ keyset, amount, b }: Blinded): Signature | null {
    const blinded = this.#point(b);
    if (!blinded) return null;
    const key = this.#key(keyset, amount);
    const signature = this.#points.multiply(blinded, key.secret);
    const { e, s } = proveDleq(this.#points, key.secret, key.point, blinded, signature);
    return { c: formatHex(this.#points.compress(signature)), e: formatHex(e), s: formatHex(s) };
  }

  check({ x, digest, signature }: SchnorrCheck): boolean {
    const [key, hash, bytes] = [parseHex(x), parseHex(digest), parseHex(signature)];
    // An x that no point has makes the library throw.
    if (key?.length !== 32 || hash?.length !== 32 || bytes?.length !== 64 || !this.#point(`02${x}`)) return false;
    try {
      return this.#verifySchnorr(hash, key, bytes);
    } catch {
      return false;
    }
  }

  isPoint(hex: string): boolean {
    return this.#point(hex) !== undefined;
  }

  #point(hex: string): Uncompressed | undefined {
    const bytes = parseHex(hex);
    return bytes?.length === 33 ? this.#points.parse(bytes) : undefined;
  }

  #key(keyset: string, amount: bigint): Key {
    const key = this.#keysets.get(keyset)?.get(amount);
    assert(key !== undefined, 'only amounts of open keysets come here');
    return key;
  }
}
