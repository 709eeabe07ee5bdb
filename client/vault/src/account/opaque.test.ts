// The server's half of the same library answers here, as in the service; RFC 9807 is the chapter's business, agreement is this file's.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { type Bytes, formatBase64url, formatHex, parseBase64url, systemRandom } from '@reprise/kit';
import { ready, server } from '@serenity-kit/opaque';
import { type OpaquePlace, opaqueClient, type Passphrase } from './opaque.ts';

const place: OpaquePlace = { userId: new Uint8Array(32).fill(5), origin: 'https://drive.example' };
const passphrase: Passphrase = { password: 'cafe\u0301 \u{1f642}', codeSecret: new Uint8Array(16).fill(9) };
const bytesOf = (text: string): Bytes => {
  const bytes = parseBase64url(text);
  assert.ok(bytes);
  return bytes;
};

let setup = '';
let record: string;
let exportKey: Bytes;

async function login(given: Passphrase, at: OpaquePlace, kept: string | null = record, serverIdentity = `rp1|${place.origin}`) {
  const begun = await opaqueClient.startLogin(given);
  const answer = server.startLogin({
    serverSetup: setup,
    userIdentifier: formatHex(place.userId),
    registrationRecord: kept,
    startLoginRequest: formatBase64url(begun.request),
    identifiers: { client: formatHex(place.userId), server: serverIdentity },
  });
  return { begun, answer, done: opaqueClient.finishLogin(begun.kept, bytesOf(answer.loginResponse), at) };
}

describe('a password that is proved', () => {
  before(async () => {
    await ready;
    setup = server.createSetup();
    const begun = await opaqueClient.startRegistration(passphrase);
    const { registrationResponse } = server.createRegistrationResponse({
      serverSetup: setup,
      userIdentifier: formatHex(place.userId),
      registrationRequest: formatBase64url(begun.request),
    });
    const made = await opaqueClient.finishRegistration(begun.kept, bytesOf(registrationResponse), place);
    record = formatBase64url(made.record);
    exportKey = made.exportKey;
    assert.equal(begun.request.length, 32);
    assert.equal(made.record.length, 192);
  });

  test('brings the same key back, and convinces the server', async () => {
    const { done, answer } = await login({ ...passphrase, password: 'caf\u00e9 \u{1f642}' }, place);
    const { proof, exportKey: again } = await done;
    assert.deepEqual(again, exportKey);
    assert.equal(again.length, 64);
    server.finishLogin({
      serverLoginState: answer.serverLoginState,
      finishLoginRequest: formatBase64url(proof),
      identifiers: { client: formatHex(place.userId), server: `rp1|${place.origin}` },
    });
  });

  test('is refused alike with another password, another secret, none, at another place, and of nobody', async () => {
    const cases: readonly (readonly [string, Promise<unknown>])[] = [
      ['password', (await login({ ...passphrase, password: 'cafe' }, place)).done],
      ['secret', (await login({ ...passphrase, codeSecret: systemRandom(16) }, place)).done],
      ['no secret', (await login({ ...passphrase, codeSecret: new Uint8Array(0) }, place)).done],
      ['user', (await login(passphrase, { ...place, userId: systemRandom(32) })).done],
      ['origin', (await login(passphrase, { ...place, origin: 'https://other.example' })).done],
      ['nobody', (await login(passphrase, place, null)).done],
    ];
    for (const [name, done] of cases) await assert.rejects(done, { code: 'reject', facts: {} }, name);
  });

  test('a changed answer is refused at every byte', async () => {
    const begun = await opaqueClient.startLogin(passphrase);
    const { loginResponse } = server.startLogin({
      serverSetup: setup,
      userIdentifier: formatHex(place.userId),
      registrationRecord: record,
      startLoginRequest: formatBase64url(begun.request),
      identifiers: { client: formatHex(place.userId), server: `rp1|${place.origin}` },
    });
    const response = bytesOf(loginResponse);
    // Each costs a stretching: one byte of every field of the message, by RFC 9807 "CredentialResponse" and "AuthResponse".
    for (const at of [0, 31, 32, 64, 95, 96, 127, 128, 160, 191, 192, 224, 256, 288, 319]) {
      const changed = response.slice();
      changed[at] = (changed[at] as number) ^ 1;
      await assert.rejects(opaqueClient.finishLogin(begun.kept, changed, place), { code: 'reject' }, `byte ${at}`);
    }
  });
});
