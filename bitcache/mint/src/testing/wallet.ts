// As much of a wallet as tests of a mint need: it blinds, unblinds, and checks every proof that the mint gives. For tests only.
import { createHash } from 'node:crypto';
import { type Bytes, concatBytes, formatHex, parseHex, systemRandom } from '@reprise/kit';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { challenge } from '../dleq.ts';
import { hashToCurve } from '../hash-to-curve.ts';
import type { BlindSignature } from '../outputs.ts';
import { noblePoints } from './noble-points.ts';

const { Point } = secp256k1;
const { Fn } = Point;

/** As requests carry them: amounts are bigint, as `parseBody` makes them. */
export type WireOutput = { readonly amount: bigint; readonly id: string; readonly B_: string };
export type WireProof = {
  readonly amount: bigint;
  readonly id: string;
  readonly secret: string;
  readonly C: string;
  readonly witness?: string;
};

export type Blinding = { readonly secret: string; readonly r: bigint; readonly output: WireOutput };
export type KeysOf = (id: string) => Readonly<Record<string, string>>;

export function blind(id: string, amount: bigint, secret = formatHex(systemRandom(32))): Blinding {
  const r = Fn.fromBytes(createHash('sha256').update(systemRandom(32)).digest());
  const y = Point.fromBytes(hashToCurve(noblePoints, new TextEncoder().encode(secret)));
  return { secret, r, output: { amount, id, B_: y.add(Point.BASE.multiply(r)).toHex(true) } };
}

/** Powers of two that make the amount. */
export function split(amount: bigint): bigint[] {
  return [...amount.toString(2)].reverse().flatMap((bit, at) => (bit === '1' ? [1n << BigInt(at)] : []));
}

export function blindAll(id: string, amounts: readonly bigint[]): Blinding[] {
  return amounts.map((amount) => blind(id, amount));
}

/** @throws Error for a proof of the mint that is none */
export function unblind(blindings: readonly Blinding[], signatures: readonly BlindSignature[], keysOf: KeysOf): WireProof[] {
  return signatures.map(({ id, amount, C_, dleq }, at) => {
    const { secret, r, output } = blindings[at] as Blinding;
    const key = Point.fromHex(keysOf(id)[String(amount)] ?? '');
    const signed = Point.fromHex(C_);
    checkDleq(key, Point.fromHex(output.B_), signed, dleq);
    return { amount: BigInt(amount), id, secret, C: signed.subtract(key.multiply(r)).toHex(true) };
  });
}

type CurvePoint = ReturnType<typeof Point.fromHex>;

function checkDleq(key: CurvePoint, blinded: CurvePoint, signed: CurvePoint, dleq: BlindSignature['dleq']): void {
  const [e, s] = [Fn.fromBytes(hexBytes(dleq.e)), Fn.fromBytes(hexBytes(dleq.s))];
  const r1 = Point.BASE.multiply(s).subtract(key.multiply(e));
  const r2 = blinded.multiply(s).subtract(signed.multiply(e));
  const expected = challenge([r1, r2, key, signed].map((point) => point.toBytes(false) as Bytes));
  if (formatHex(expected) !== dleq.e) throw new Error('the mint has not proved its signature');
}

/** What `checkstate` asks for. */
export function yOf(secret: string): string {
  return formatHex(noblePoints.compress(hashToCurve(noblePoints, new TextEncoder().encode(secret))));
}

function hexBytes(hex: string): Bytes {
  return parseHex(hex) ?? concatBytes();
}
