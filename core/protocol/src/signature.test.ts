import assert from 'node:assert/strict';
import { createPrivateKey, sign as nodeSign } from 'node:crypto';
import { test } from 'node:test';
import { concatBytes, encodeUtf8, systemRandom } from '@reprise/kit';
import { importSigningKey, isAdmissibleKey, sign, verifyEd25519, verifySignature } from './signature.ts';

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
