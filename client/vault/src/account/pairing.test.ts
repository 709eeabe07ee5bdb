import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemRandom } from '@reprise/kit';
import { importSigningKey, userIdOf } from '@reprise/protocol/formats';
import {
  commitmentOf,
  drawJoiner,
  drawMeetingCode,
  demandInvited,
  encodeAnswer,
  encodeReveal,
  formatInvitation,
  type Host,
  mailboxOfCode,
  mailboxOfInvitation,
  meetingOf,
  meetingWords,
  openAnswer,
  openReveal,
  openTransfer,
  parseInvitation,
  refusal,
  sealTransfer,
  type Transfer,
} from './pairing.ts';

const refused = { code: 'pairing-refused' };
const draw = () => drawJoiner(systemRandom(32), 'Firefox', systemRandom);
const hostOf = ({ content }: Transfer): Host => ({ nonce: systemRandom(32), userId: content.userId });

async function drawTransfer(): Promise<Transfer> {
  const identitySeed = systemRandom(32);
  const userId = await userIdOf((await importSigningKey(identitySeed)).publicKey);
  return {
    content: {
      keys: { amk: systemRandom(32), identitySeed, kem: { number: 1, seed: systemRandom(32) }, codeSecret: systemRandom(16) },
      userId,
      homeSpace: systemRandom(32),
      checkpoint: { seq: 7, head: systemRandom(32) },
    },
    locator: '0a1b2c3d',
    name: 'márta',
    certificate: [systemRandom(80), systemRandom(64)],
    ticket: systemRandom(32),
  };
}

test('an invitation leads to its mailbox and is kept only by the device that showed it', async () => {
  const joiner = draw();
  const invitation = parseInvitation(` ${await formatInvitation(joiner)}\n`);
  assert.equal((await mailboxOfInvitation(invitation.bytes)).length, 16);
  await demandInvited(invitation, joiner);
  for (const other of [draw(), { ...joiner, kemPublic: draw().kemPublic }, { ...joiner, devicePublic: systemRandom(32) }])
    await assert.rejects(demandInvited(invitation, other), refused);
});

test('a meeting brings the account to the device that spoke', async () => {
  const joiner = draw();
  const transfer = await drawTransfer();
  const host = hostOf(transfer);
  const guest = await openReveal(encodeReveal(joiner), await commitmentOf(joiner));
  const sealed = await sealTransfer(guest, meetingOf(guest, host), transfer, systemRandom);
  assert.ok(sealed.length < 4_096);
  assert.deepEqual(await openTransfer(joiner, meetingOf(joiner, openAnswer(encodeAnswer(host))), sealed), transfer);
});

test('what was handed over opens for the one device and the one meeting, and not once changed', async () => {
  const joiner = draw();
  const transfer = await drawTransfer();
  const meeting = meetingOf(joiner, hostOf(transfer));
  const sealed = await sealTransfer(joiner, meeting, transfer, systemRandom);
  await assert.rejects(openTransfer(draw(), meeting, sealed), refused);
  await assert.rejects(openTransfer(joiner, meetingOf(draw(), hostOf(transfer)), sealed), refused);
  await assert.rejects(openTransfer(joiner, meetingOf(joiner, hostOf(transfer)), sealed), refused);
  for (let at = 0; at < sealed.length; at += 37) {
    const changed = sealed.slice();
    changed[at] = (changed[at] as number) ^ 1;
    await assert.rejects(openTransfer(joiner, meeting, changed), refused, `byte ${at}`);
  }
  for (const length of [0, 1_119, 1_120, sealed.length - 1])
    await assert.rejects(openTransfer(joiner, meeting, sealed.slice(0, length)), refused);
  await assert.rejects(openTransfer(joiner, meeting, refusal), { ...refused, facts: { reason: 'not let in' } });
});

test('an account other than the one whose words were compared is refused, though its letter is well made', async () => {
  const joiner = draw();
  const meeting = meetingOf(joiner, hostOf(await drawTransfer()));
  const sealed = await sealTransfer(joiner, meeting, await drawTransfer(), systemRandom);
  await assert.rejects(openTransfer(joiner, meeting, sealed), { ...refused, facts: { reason: 'another account' } });
});

test('keys of another identity than their user id are refused, though the seal is whole', async () => {
  const joiner = draw();
  const transfer = await drawTransfer();
  const foreign = { ...transfer, content: { ...transfer.content, userId: systemRandom(32) } };
  const meeting = meetingOf(joiner, hostOf(foreign));
  await assert.rejects(openTransfer(joiner, meeting, await sealTransfer(joiner, meeting, foreign, systemRandom)), refused);
});

test('two devices that hear each other see the same four words', async () => {
  const joiner = draw();
  const host = hostOf(await drawTransfer());
  const guest = await openReveal(encodeReveal(joiner), await commitmentOf(joiner));
  const words = await meetingWords(meetingOf(joiner, host));
  assert.deepEqual(await meetingWords(meetingOf(guest, host)), words);
  assert.equal(words.length, 4);
});

test('somebody between them is seen in the words, or is held to what it said first', async () => {
  const [joiner, between] = [draw(), draw()];
  const host = hostOf(await drawTransfer());
  // Each side speaks with the one between; the old device was given that one's commitment before it told its nonce.
  const seenByOld = await meetingWords(meetingOf(await openReveal(encodeReveal(between), await commitmentOf(between)), host));
  const seenByNew = await meetingWords(meetingOf(joiner, { ...host, nonce: systemRandom(32) }));
  assert.notDeepEqual(seenByOld, seenByNew);
  // Another account is another meeting, though nonce and key are the same.
  assert.notDeepEqual(
    await meetingWords(meetingOf(joiner, host)),
    await meetingWords(meetingOf(joiner, { ...host, userId: systemRandom(32) })),
  );
  await assert.rejects(openReveal(encodeReveal(draw()), await commitmentOf(between)), refused);
  await assert.rejects(openReveal(systemRandom(1_290), await commitmentOf(between)), refused);
  const wordy = { ...draw(), label: 'é'.repeat(61) };
  await assert.rejects(openReveal(encodeReveal(wordy), await commitmentOf(wordy)), refused);
  for (const bad of [systemRandom(64), encodeAnswer(host).slice(0, -1), new Uint8Array(0)]) assert.throws(() => openAnswer(bad), refused);
});

test('a code is eight letters, read as people type them', async () => {
  const code = drawMeetingCode(systemRandom);
  assert.match(code, /^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$/);
  assert.deepEqual(await mailboxOfCode(` ${code.toLowerCase().replace('-', ' ')}`), await mailboxOfCode(code));
  for (const bad of ['', 'ABCD', 'ABCD-EFGU', 'ABCD-EFGH-J']) assert.throws(() => mailboxOfCode(bad), refused, bad);
});

test('what is no invitation is refused', () => {
  for (const bad of ['', 'x', 'https://drive.example/s#1.x', 'gQE']) assert.throws(() => parseInvitation(bad), refused, bad);
});
