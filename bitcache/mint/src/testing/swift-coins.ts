// Coins by the thousand for measurements: a wallet's arithmetic by the native library, and no proof of the mint is checked. For benchmarks only.
import { type Bytes, encodeUtf8, formatHex, parseHex, systemRandom } from '@reprise/kit';
import curve from 'secp256k1/bindings.js';
import { hashToCurve } from '../hash-to-curve.ts';
import { openNativePoints } from '../points/native.ts';
import type { Sandbox } from './sandbox.ts';
import type { WireOutput, WireProof } from './wallet.ts';

/** @param parts amounts of the coins, 1,000 at most */
export async function swiftCoins(sandbox: Sandbox, parts: readonly bigint[]): Promise<WireProof[]> {
  const { mint, activeId, keysOf } = sandbox;
  const { quote, request } = await mint.makeMintQuote({ amount: parts.reduce((sum, part) => sum + part, 0n), unit: 'sat' });
  await sandbox.payIn(request);
  const blinded = await swiftBlindings(activeId, parts);
  const { signatures } = await mint.issue({ quote, outputs: blinded.map(({ output }) => output) });
  return swiftUnblind(keysOf(activeId), blinded, signatures);
}

export type SwiftBlinding = { readonly secret: string; readonly factor: Bytes; readonly output: WireOutput };

/** @param id of the keyset that is to sign */
export async function swiftBlindings(id: string, parts: readonly bigint[]): Promise<SwiftBlinding[]> {
  const points = await openNativePoints();
  return parts.map((amount) => {
    const [secret, factor] = [formatHex(systemRandom(32)), systemRandom(32)];
    const sum = curve.publicKeyTweakAdd(hashToCurve(points, encodeUtf8(secret)), factor, true);
    return { secret, factor, output: { amount, id, B_: formatHex(sum) } };
  });
}

/** @param keys by amount, in hex @param signatures in the order of the blindings */
export function swiftUnblind(
  keys: Readonly<Record<string, string>>,
  blindings: readonly SwiftBlinding[],
  signatures: readonly { readonly C_: string }[],
): WireProof[] {
  return blindings.map(({ secret, factor, output: { amount, id } }, at) => {
    const key = parseHex(keys[String(amount)] ?? '') as Bytes;
    const toTake = curve.publicKeyNegate(curve.publicKeyTweakMul(key, factor, true), true);
    const signed = parseHex(signatures[at]?.C_ ?? '') as Bytes;
    return { amount, id, secret, C: formatHex(curve.publicKeyCombine([signed, toTake], true)) };
  });
}
