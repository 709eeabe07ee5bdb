import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeUtf8, systemRandom } from '@reprise/kit';
import fc from 'fast-check';
import { deviceIdOf } from './certificate.ts';
import { sha256 } from './hash.ts';
import { parseAuthorization, signRequestProof, verifyRequest } from './request-signature.ts';
import { importSigningKey } from './signature.ts';

const key = await importSigningKey(systemRandom(32));
const device = { ...key, deviceId: await deviceIdOf(key.publicKey) };
const request = {
  origin: 'https://drive.example',
  method: 'POST',
  path: '/api/v1/spaces/00/links?x=1',
  bodyHash: await sha256(encodeUtf8('{}')),
};
const stamp = { timeMs: 1_700_000_000_000, nonce: systemRandom(16) };

test('a signed request is valid for itself and for no other', async () => {
  const proof = parseAuthorization(await signRequestProof(device, request, stamp));
  assert.deepEqual([proof.deviceId, proof.timeMs, proof.nonce], [device.deviceId, stamp.timeMs, stamp.nonce]);
  assert.ok(verifyRequest(proof, request, device.publicKey));
  for (const change of [
    { origin: 'https://drive.example.evil' },
    { method: 'PUT' },
    { path: '/api/v1/spaces/00/links?x=2' },
    { bodyHash: await sha256(encodeUtf8('{ }')) },
  ]) {
    assert.ok(!verifyRequest(proof, { ...request, ...change }, device.publicKey), JSON.stringify(change));
  }
  assert.ok(!verifyRequest({ ...proof, timeMs: proof.timeMs + 1 }, request, device.publicKey));
  assert.ok(!verifyRequest({ ...proof, nonce: systemRandom(16) }, request, device.publicKey));
});

test('any other header is refused, with one failure', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.base64String().map((text) => `Reprise1 ${text}`),
      ),
      (header) => assert.throws(() => parseAuthorization(header), { code: 'signature-refused' }),
    ),
  );
});

test('every changed character of a header is refused or gives another proof that does not hold', async () => {
  const header = await signRequestProof(device, request, stamp);
  for (let at = 0; at < header.length; at++) {
    const changed = `${header.slice(0, at)}${header[at] === 'A' ? 'B' : 'A'}${header.slice(at + 1)}`;
    let valid = false;
    try {
      const proof = parseAuthorization(changed);
      valid = verifyRequest(proof, request, device.publicKey) && Buffer.from(proof.deviceId).equals(device.deviceId);
    } catch {
      valid = false;
    }
    assert.ok(!valid, `character ${at}`);
  }
});
