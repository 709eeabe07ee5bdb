// How many coins one thread turns over: each verified as it comes in, and another signed, with its proof, for what goes out. Prints one line of JSON with `--json`.
import { performance } from 'node:perf_hooks';
import { formatHex, systemRandom } from '@reprise/kit';
import { verifySchnorr } from 'tiny-secp256k1';
import { hashToCurve } from '../src/hash-to-curve.ts';
import { openPoints } from '../src/points/open.ts';
import { Keyring } from '../src/signer/keyring.ts';

const runMs = 2_000;
const speeds: Record<string, number> = {};
for (const name of ['native', 'wasm'] as const) {
  const speed = await measure(name).catch(() => undefined);
  if (speed === undefined) continue;
  speeds[name] = Math.round(speed);
  if (!process.argv.includes('--json')) process.stdout.write(`${name}: ${speeds[name]} coins/s verified and signed with proof\n`);
}
if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify({ unit: 'coins/s', ...speeds })}\n`);

async function measure(name: 'native' | 'wasm'): Promise<number> {
  const points = await openPoints(name);
  const keyring = new Keyring(points, verifySchnorr, systemRandom(32));
  const { id } = keyring.open({ version: 1, derivation: 1, unit: 'sat', feePpk: 0, finalExpiry: null });
  // Whether a coin is ours takes the same work either way.
  const coins = Array.from({ length: 256 }, () => {
    const secret = formatHex(systemRandom(32));
    const point = formatHex(points.compress(hashToCurve(points, systemRandom(32))));
    return { coin: { keyset: id, amount: 8n, secret, c: point }, output: { keyset: id, amount: 8n, b: point } };
  });
  let turned = 0;
  const start = performance.now();
  while (performance.now() - start < runMs) {
    for (const { coin, output } of coins) {
      keyring.verify(coin);
      keyring.sign(output);
    }
    turned += coins.length;
  }
  return (1_000 * turned) / (performance.now() - start);
}
