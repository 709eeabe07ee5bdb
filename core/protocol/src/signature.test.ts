import assert from 'node:assert/strict';
import { createPrivateKey, sign as nodeSign } from 'node:crypto';
import { test } from 'node:test';
import { ed25519 } from '@noble/curves/ed25519.js';
import { concatBytes, encodeUtf8, systemRandom } from '@reprise/kit';
import {
  checkEd25519,
  checkSignature,
  importSigningKey,
  importVerifyKey,
  isAdmissibleKey,
  sign,
  verifyEd25519,
  verifySignature,
} from './signature.ts';

const message = encodeUtf8('message');

test('a signature holds under its label and key only', async () => {
  const [key, other] = [await importSigningKey(systemRandom(32)), await importSigningKey(systemRandom(32))];
  const signature = await sign('rp1/sig/link', key, message);
  assert.ok(verifySignature('rp1/sig/link', key.publicKey, message, signature));
  assert.ok(!verifySignature('rp1/sig/log', key.publicKey, message, signature));
  assert.ok(!verifySignature('rp1/sig/link', other.publicKey, message, signature));
  assert.ok(!verifyEd25519(key.publicKey, message, signature));
});

test('every flipped bit of a signature is refused', async () => {
  const key = await importSigningKey(systemRandom(32));
  const signature = await sign('rp1/sig/link', key, message);
  for (let bit = 0; bit < 512; bit++) {
    const flipped = signature.slice();
    flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
    assert.ok(!verifySignature('rp1/sig/link', key.publicKey, message, flipped), `bit ${bit}`);
  }
});

test('a seed gives the key that OpenSSL derives from it', async () => {
  const seed = systemRandom(32);
  const der = concatBytes(Uint8Array.from([0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20]), seed);
  const key = createPrivateKey({ key: Buffer.from(der), format: 'der', type: 'pkcs8' });
  const { publicKey } = await importSigningKey(seed);
  assert.ok(verifyEd25519(publicKey, message, nodeSign(null, message, key)));
});

test('a private key cannot be read back', async () => {
  const { privateKey } = await importSigningKey(systemRandom(32));
  await assert.rejects(crypto.subtle.exportKey('pkcs8', privateKey));
});

test('anything that is no key or no signature is answered with no', () => {
  for (const length of [0, 31, 33, 64]) {
    assert.ok(!isAdmissibleKey(new Uint8Array(length)));
    assert.ok(!verifyEd25519(new Uint8Array(length), message, new Uint8Array(64)));
    assert.ok(!verifyEd25519(systemRandom(32), message, new Uint8Array(length)));
  }
  assert.ok(!isAdmissibleKey(Uint8Array.of(1, ...new Uint8Array(31))));
});

test('the platform and the one implementation give one verdict on signatures with any part changed', async () => {
  const key = await importSigningKey(systemRandom(32));
  const verifyKey = await importVerifyKey(key.publicKey);
  assert.ok(verifyKey.platformKey, 'this platform has Ed25519');
  const signature = await sign('rp1/sig/log', key, message);
  assert.ok(await checkSignature('rp1/sig/log', verifyKey, message, signature));
  assert.ok(!(await checkSignature('rp1/sig/link', verifyKey, message, signature)));
  for (let bit = 0; bit < 512; bit += 3) {
    const flipped = signature.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
    assert.ok(!(await checkSignature('rp1/sig/log', verifyKey, message, flipped)), `bit ${bit}`);
  }
});

test('S plus the group order is refused on the fast path too', async () => {
  const key = await importSigningKey(systemRandom(32));
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  const signature = await sign('rp1/sig/log', key, message);
  const s = BigInt(`0x${Buffer.from(signature.subarray(32).toReversed()).toString('hex')}`) + order;
  const malleated = signature.slice();
  malleated.set(Buffer.from(s.toString(16).padStart(64, '0'), 'hex').reverse(), 32);
  assert.ok(!(await checkSignature('rp1/sig/log', await importVerifyKey(key.publicKey), message, malleated)));
});

test('what only the equation with the cofactor accepts is accepted on the fast path too', async () => {
  // R has a part of order 8: the equation without the cofactor fails, ours holds. No honest signer makes this.
  const { Point } = ed25519;
  const seed = systemRandom(32);
  const { scalar, prefix: _, ...rest } = ed25519.utils.getExtendedPublicKey(seed);
  const publicKey = rest.pointBytes as Uint8Array<ArrayBuffer>;
  const torsion = Point.fromHex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05', true);
  const r = 12_345n;
  const encodedR = Point.BASE.multiply(r).add(torsion).toBytes();
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-512', concatBytes(encodedR, publicKey, message)));
  const k = BigInt(`0x${Buffer.from(digest.toReversed()).toString('hex')}`);
  const s = Point.Fn.create(r + k * scalar);
  const signature = concatBytes(encodedR, Point.Fn.toBytes(s));
  assert.ok(verifyEd25519(publicKey, message, signature));
  assert.ok(await checkEd25519(await importVerifyKey(publicKey), message, signature));
});

test('a key that may not be admitted has no fast path, and nothing is valid under it', async () => {
  const identity = Uint8Array.of(1, ...new Uint8Array(31));
  const key = await importVerifyKey(identity);
  assert.equal(key.platformKey, null);
  assert.ok(!(await checkEd25519(key, message, concatBytes(identity, new Uint8Array(32)))));
});
