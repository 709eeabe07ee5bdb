import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Bytes, systemRandom } from '@reprise/kit';
import { deviceIdOf, signCertificate } from './certificate.ts';
import { anonymousSpaceKind, epochCommitment, type GenesisFacts, parseGenesis, signGenesis } from './genesis.ts';
import { importSigningKey } from './signature.ts';

async function makeGenesis(): Promise<{ facts: GenesisFacts; space: Bytes; envelope: Bytes }> {
  const [identity, device] = [await importSigningKey(systemRandom(32)), await importSigningKey(systemRandom(32))];
  const certificate = await signCertificate(identity, { devicePublic: device.publicKey, createdMs: 5, caps: 15 });
  const nonce = systemRandom(32);
  const facts = {
    identityKey: identity.publicKey,
    nonce,
    policy: { versionMin: 1, suiteMin: 1, retentionDays: 30, paddingMode: 0 },
    epochCommitment: await epochCommitment(nonce, systemRandom(32)),
    kind: anonymousSpaceKind,
    deviceId: await deviceIdOf(device.publicKey),
    timeMs: 1_700_000_000_000,
  };
  return { facts, ...(await signGenesis(device, certificate, facts)) };
}

test('a genesis says again what it was made of, and names its space by its hash', async () => {
  const { facts, space, envelope } = await makeGenesis();
  const parsed = await parseGenesis(envelope);
  for (const [name, fact] of Object.entries(facts)) assert.deepEqual(parsed[name as keyof GenesisFacts], fact);
  assert.deepEqual(parsed.space, space);
  assert.equal(parsed.caps, 15);
});

test('every flipped byte of a genesis is refused', async () => {
  const { envelope } = await makeGenesis();
  for (let at = 0; at < envelope.length; at++) {
    const flipped = envelope.slice();
    flipped[at] = (flipped[at] as number) ^ 1;
    await assert.rejects(parseGenesis(flipped), { code: 'genesis-refused' }, `byte ${at}`);
  }
});

test('every cut of a genesis is refused', async () => {
  const { envelope } = await makeGenesis();
  for (let length = 0; length < envelope.length; length++)
    await assert.rejects(parseGenesis(envelope.subarray(0, length)), { code: 'genesis-refused' });
});
