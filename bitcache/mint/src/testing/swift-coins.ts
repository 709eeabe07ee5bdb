// Coins by the thousand for measurements: a wallet's arithmetic by the native library, and no proof of the mint is checked. For benchmarks only.
import { type Bytes, encodeUtf8, formatHex, parseHex, systemRandom } from '@reprise/kit';
import curve from 'secp256k1/bindings.js';
import { hashToCurve } from '../hash-to-curve.ts';
import { openNativePoints } from '../points/native.ts';
import type { Sandbox } from './sandbox.ts';
import type { WireProof } from './wallet.ts';

/** @param parts amounts of the coins, 1,000 at most */
export async function swiftCoins(sandbox: Sandbox, parts: readonly bigint[]): Promise<WireProof[]> {
  const { mint, activeId: id, keysOf } = sandbox;
  const points = await openNativePoints();
  const { quote, request } = await mint.makeMintQuote({ amount: parts.reduce((sum, part) => sum + part, 0n), unit: 'sat' });
  await sandbox.payIn(request);
  const blinded = parts.map((amount) => {
    const [secret, factor] = [formatHex(systemRandom(32)), systemRandom(32)];
    const sum = curve.publicKeyTweakAdd(hashToCurve(points, encodeUtf8(secret)), factor, true);
    return { secret, factor, output: { amount, id, B_: formatHex(sum) } };
  });
  const { signatures } = await mint.issue({ quote, outputs: blinded.map(({ output }) => output) });
  return signatures.map(({ amount, C_ }, at) => {
    const { secret, factor } = blinded[at] as (typeof blinded)[number];
    const key = parseHex(keysOf(id)[String(amount)] ?? '') as Bytes;
    const toTake = curve.publicKeyNegate(curve.publicKeyTweakMul(key, factor, true), true);
    return { amount: BigInt(amount), id, secret, C: formatHex(curve.publicKeyCombine([parseHex(C_) as Bytes, toTake], true)) };
  });
}
