// secp256k1 of Bitcoin Core, compiled for this platform. The package's main entry would fall back to JavaScript without a word, hence the
// explicit path: where there is no build, opening fails.
import type { Bytes } from '@reprise/kit';
import type { Points } from './points.ts';

/** @throws Error where the addon does not load */
export async function openNativePoints(): Promise<Points> {
  const { default: curve } = await import('secp256k1/bindings.js');
  // Blinds what multiplies the generator against the channels that constant time leaves.
  curve.contextRandomize(crypto.getRandomValues(new Uint8Array(32)));
  // The addon copies coordinates here and asks what its "hash" of them is: themselves.
  const x = new Uint8Array(32);
  const y = new Uint8Array(32);
  const both = new Uint8Array(65);
  both[0] = 4;
  const hashfn = () => {
    both.set(x, 1);
    both.set(y, 33);
    return both;
  };
  const options = { hashfn, xbuf: x, ybuf: y };
  return {
    name: 'native',
    parse: (point) => {
      if (point.length !== 33 && point.length !== 65) return undefined;
      // SEC 1 also knows hybrid forms, which are no encoding of ours.
      if (point.length === 65 && point[0] !== 4) return undefined;
      return curve.publicKeyVerify(point) ? curve.publicKeyConvert(point, false) : undefined;
    },
    compress: (point) => curve.publicKeyConvert(point, true),
    isScalar: (bytes) => bytes.length === 32 && curve.privateKeyVerify(bytes),
    publicKey: (scalar) => curve.publicKeyCreate(scalar, false),
    // ECDH in constant time: the one multiplication by a secret that the library exports.
    multiply: (point, scalar) => curve.ecdh(point, scalar, options, new Uint8Array(65)),
    multiplyAdd: (addend, a, b) => curve.privateKeyTweakAdd(curve.privateKeyTweakMul(a.slice() as Bytes, b), addend),
  };
}
