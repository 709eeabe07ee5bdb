import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { type Bytes, formatHex, parseHex, systemRandom } from '@reprise/kit';
import { challenge, proveDleq } from '../dleq.ts';
import { hashToCurve } from '../hash-to-curve.ts';
import { keysetId, keysetIdVersion1, type KeysetKeys } from '../keyset-id.ts';
import vectors from '../testing/nut-vectors.json' with { type: 'json' };
import { noblePoints } from '../testing/noble-points.ts';
import { openPoints } from './open.ts';
import type { Points } from './points.ts';

const rounds = process.env['REPRISE_LONG'] === '1' ? 100_000 : 300;
const bytes = (hex: string): Bytes => parseHex(hex) as Bytes;
const order = 'fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141';

describeCurve('noble', { points: noblePoints });
describeCurve('WebAssembly', { points: await openPoints('wasm') });
const native = await openPoints('native').then(
  (points) => ({ points }),
  (error: Error) => ({ missing: `the addon has no build for this platform: ${error.message}` }),
);
describeCurve('the addon', native);

function describeCurve(name: string, opened: { readonly points: Points } | { readonly missing: string }): void {
  describe(`the curve by ${name}`, () => {
    if ('missing' in opened) {
      it('agrees with the others', (t) => t.skip(opened.missing));
      return;
    }
    const { points } = opened;
    describeVectors(points);
    if (points.name === 'noble') return;
    it(`computes as noble does, on ${rounds} random points`, () => compareWithNoble(points));
    it('refuses what is no point and no scalar', () => refusals(points));
  });
}

function describeVectors(points: Points): void {
  const parse = (hex: string) => {
    const point = points.parse(bytes(hex));
    assert.ok(point, hex);
    return point;
  };
  const compressed = (point: Bytes) => formatHex(points.compress(point));

  it('hashes messages to the points of NUT-00', () => {
    for (const { message, point } of vectors.hashToCurve) assert.equal(compressed(hashToCurve(points, bytes(message))), point);
  });
  it('signs as NUT-00 does', () => {
    for (const { key, b, c } of vectors.blindSignatures) assert.equal(compressed(points.multiply(parse(b), bytes(key))), c);
  });
  it('accepts the keys that NUT-01 accepts, and refuses the others', () => {
    const isKey = (key: string) => bytes(key).length === 33 && points.parse(bytes(key)) !== undefined;
    for (const keys of vectors.keysAccepted) assert.ok(Object.values(keys).every(isKey));
    for (const keys of vectors.keysRefused) assert.ok(!Object.values(keys).every((key) => key.length % 2 === 0 && isKey(key)));
  });
  it('proves with the challenge, the nonce and the answer of NUT-12', () => {
    const { r1, r2, k, c, hash } = vectors.challenge;
    assert.equal(formatHex(challenge([r1, r2, k, c].map(parse))), hash);
    const { dleq } = vectors;
    const { e, s } = proveDleq(points, bytes(dleq.a), parse(dleq.publicKey), parse(dleq.b), parse(dleq.c));
    assert.deepEqual([formatHex(e), formatHex(s)], [dleq.e, dleq.s]);
  });
}

function compareWithNoble(points: Points): void {
  for (let round = 0; round < rounds; round++) {
    const secret = systemRandom(32);
    const [a, b, addend] = [randomScalar(), randomScalar(), randomScalar()];
    const y = hashToCurve(points, secret);
    assert.deepEqual(y, hashToCurve(noblePoints, secret));
    assert.deepEqual(points.publicKey(a), noblePoints.publicKey(a));
    const product = points.multiply(y, a);
    assert.deepEqual(product, noblePoints.multiply(y, a));
    assert.deepEqual(points.compress(product), noblePoints.compress(product));
    assert.deepEqual(points.parse(points.compress(product)), product);
    assert.deepEqual(points.multiplyAdd(addend, a, b), noblePoints.multiplyAdd(addend, a, b));
    // Half of all x have a point: both sides agree which.
    const candidate = new Uint8Array([2 + (round % 2), ...systemRandom(32)]);
    assert.deepEqual(points.parse(candidate), noblePoints.parse(candidate));
  }
}

function randomScalar(): Bytes {
  return new Uint8Array(createHash('sha256').update(systemRandom(32)).digest());
}

function refusals(points: Points): void {
  const g = points.publicKey(bytes(`${'00'.repeat(31)}01`));
  const hybrid = Uint8Array.from([6 + ((g[64] as number) % 2), ...g.subarray(1)]);
  const offCurve = Uint8Array.from([...g.subarray(0, 64), (g[64] as number) ^ 1]);
  const notPoints = ['', '00', '02', `02${'ff'.repeat(32)}`, `02${'00'.repeat(32)}`, `05${'11'.repeat(32)}`, '00'.repeat(33)].map(bytes);
  for (const point of [...notPoints, hybrid, offCurve]) assert.equal(points.parse(point), undefined, formatHex(point));
  const notScalars = ['', '00'.repeat(32), order, 'ff'.repeat(32), '01'.repeat(31), '01'.repeat(33)].map(bytes);
  for (const scalar of notScalars) assert.equal(points.isScalar(scalar), false, formatHex(scalar));
  assert.equal(points.isScalar(bytes(`${order.slice(0, -2)}40`)), true);
}

describe('ids of keysets', () => {
  const keysOf = (keys: object): KeysetKeys =>
    new Map(Object.entries(keys as Record<string, string>).map(([amount, key]) => [BigInt(amount), key]));
  it('are those of NUT-02, version 1 and version 2', () => {
    for (const { id, keys } of vectors.keysetIdsVersion1) assert.equal(keysetIdVersion1(keysOf(keys)), id);
    for (const { id, keys, ...facts } of vectors.keysetIdsVersion2) assert.equal(keysetId(keysOf(keys), facts), id);
  });
  it('change with the fee, the expiry and the unit', () => {
    const keys = keysOf(vectors.keysAccepted[0] as object);
    const facts = { unit: 'sat', feePpk: 1, finalExpiry: 2 };
    const ids = [facts, { ...facts, unit: 'eur' }, { ...facts, feePpk: 2 }, { ...facts, finalExpiry: null }].map((one) =>
      keysetId(keys, one),
    );
    assert.equal(new Set(ids).size, ids.length);
  });
});
