import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { formatHex, systemRandom } from '@reprise/kit';
import { hashToCurve } from '../hash-to-curve.ts';
import { noblePoints } from '../testing/noble-points.ts';
import { givesKnownAnswer } from './known-answer.ts';
import type { KeysetSpec, Signer } from './signer.ts';
import { openSigner } from './thread.ts';

const spec: KeysetSpec = { version: 1, derivation: 1, unit: 'sat', feePpk: 0, finalExpiry: null };
const seed = new Uint8Array(createHash('sha256').update('a seed').digest());
const point = () => formatHex(noblePoints.compress(hashToCurve(noblePoints, systemRandom(32))));

describe('the thread that signs', () => {
  it('signs alike by either arithmetic: keys, signatures and proofs come from the seed alone', async () => {
    const outputs = Array.from({ length: 5 }, (_, at) => ({ amount: 1n << BigInt(at), b: point() }));
    const made = async (points: 'best' | 'wasm') => {
      await using signer = await openSigner({ seed, points });
      const { id, keys } = await signer.open(spec);
      return { id, keys, print: signer.seedPrint, signed: await signer.sign(outputs.map((output) => ({ keyset: id, ...output }))) };
    };
    assert.deepEqual(await made('best'), await made('wasm'));
  });

  it('keeps the order of lists longer than a slice, and says which are no points', async () => {
    await using signer = await openSigner({ seed, points: 'best' });
    const { id } = await signer.open(spec);
    const bs = Array.from({ length: 150 }, (_, at) => (at % 50 === 7 ? `02${'ff'.repeat(32)}` : point()));
    const signed = await signer.sign(bs.map((b) => ({ keyset: id, amount: 4n, b })));
    assert.deepEqual(
      signed.flatMap((one, at) => (one === null ? [at] : [])),
      [7, 57, 107],
    );
    assert.deepEqual(
      await signer.arePoints(bs),
      signed.map((one) => one !== null),
    );
    const again = await signer.sign([{ keyset: id, amount: 4n, b: bs[149] as string }]);
    assert.deepEqual(again[0], signed[149]);
  });

  it('makes other keys for another derivation, unit or seed', async () => {
    await using signer = await openSigner({ seed, points: 'best' });
    await using other = await openSigner({ seed: systemRandom(32), points: 'best' });
    const opened = await Promise.all([
      signer.open(spec),
      signer.open({ ...spec, derivation: 2 }),
      signer.open({ ...spec, unit: 'msat' }),
      other.open(spec),
    ]);
    assert.equal(new Set(opened.map(({ keys }) => keys.get(1n))).size, 4);
  });

  it('gives the known answer by either arithmetic, and not with the keys of another keyset', async () => {
    for (const points of ['best', 'wasm'] as const) {
      await using signer = await openSigner({ seed, points });
      const [one, other] = [await signer.open(spec), await signer.open({ ...spec, derivation: 2 })];
      assert.deepEqual([await givesKnownAnswer(signer, one), await givesKnownAnswer(signer, other)], [true, true]);
      assert.equal(await givesKnownAnswer(signer, { id: one.id, keys: other.keys }), false);
      const keys = new Map([...one.keys, [1n << 31n, other.keys.get(1n << 31n) as string]]);
      assert.equal(await givesKnownAnswer(signer, { id: one.id, keys }), false);
    }
  });

  it('answers a small request while a large one runs', async () => {
    await using signer = await openSigner({ seed, points: 'best' });
    const { id } = await signer.open(spec);
    const output = { keyset: id, amount: 1n, b: point() };
    const order: string[] = [];
    const large = signer.sign(Array.from({ length: 640 }, () => output)).then(() => order.push('large'));
    await Promise.all([large, signer.sign([output]).then(() => order.push('small'))]);
    assert.deepEqual(order, ['small', 'large']);
  });

  it('fails what it is asked once it has ended, and for what nobody should ask', async () => {
    const signer: Signer = await openSigner({ seed, points: 'best' });
    const { id } = await signer.open(spec);
    await assert.rejects(signer.sign([{ keyset: id, amount: 3n, b: point() }]), /only amounts of open keysets/);
    await signer.close();
    await assert.rejects(signer.sign([{ keyset: id, amount: 1n, b: point() }]), /closed/);
  });
});
