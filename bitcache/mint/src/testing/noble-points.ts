// The oracle: an implementation that was written apart from libsecp256k1, to compare with. For tests only; it never signs for a mint.
import { secp256k1 } from '@noble/curves/secp256k1.js';
import type { Bytes } from '@reprise/kit';
import type { Points } from '../points/points.ts';

const { Point } = secp256k1;
const { Fn } = Point;
const isEncoding = (point: Uint8Array) => point.length === 33 || (point.length === 65 && point[0] === 4);

export const noblePoints: Points = {
  name: 'noble',
  parse: (point) => {
    try {
      return isEncoding(point) ? (Point.fromBytes(point).toBytes(false) as Bytes) : undefined;
    } catch {
      return undefined;
    }
  },
  compress: (point) => Point.fromBytes(point).toBytes(true) as Bytes,
  isScalar: (bytes) => secp256k1.utils.isValidSecretKey(bytes),
  publicKey: (scalar) => secp256k1.getPublicKey(scalar, false) as Bytes,
  multiply: (point, scalar) => Point.fromBytes(point).multiply(Fn.fromBytes(scalar)).toBytes(false) as Bytes,
  multiplyAdd: (addend, a, b) => {
    const sum = Fn.add(Fn.fromBytes(addend), Fn.mul(Fn.fromBytes(a), Fn.fromBytes(b)));
    if (Fn.is0(sum)) throw new Error('the sum is zero');
    return Fn.toBytes(sum) as Bytes;
  },
};
