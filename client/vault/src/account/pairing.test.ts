import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemRandom } from '@reprise/kit';
import { importSigningKey, userIdOf } from '@reprise/protocol/formats';
import {
  commitmentOf,
  drawJoiner,
  drawMeetingCode,
  encodeReveal,
  formatInvitation,
  guestOf,
  mailboxOfCode,
  mailboxOfInvitation,
  meetingByCode,
  meetingByInvitation,
  meetingOf,
  meetingWords,
  openReveal,
  openTransfer,
  parseInvitation,
  sealTransfer,
  type Transfer,
} from './pairing.ts';

const refused = { code: 'pairing-refused' };
const draw = () => drawJoiner(systemRandom(32), systemRandom);

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

test('an invitation leads to its mailbox and brings the account to the device that showed it', async () => {
  const joiner = draw();
  const text = await formatInvitation(joiner);
  const invitation = parseInvitation(` ${text}\n`);
  const guest = await guestOf(invitation, joiner.kemPublic);
  const meeting = meetingOf(invitation.bytes);
  assert.deepEqual(meeting, await meetingByInvitation(joiner));
  assert.equal((await mailboxOfInvitation(invitation.bytes)).length, 16);
  const transfer = await drawTransfer();
  const sealed = await sealTransfer(guest, meeting, transfer, systemRandom);
  assert.ok(sealed.length < 4_096);
  assert.deepEqual(await openTransfer(joiner, meeting, sealed), transfer);
});

test('a mailbox that answers with another key is refused', async () => {
  const invitation = parseInvitation(await formatInvitation(draw()));
  await assert.rejects(guestOf(invitation, draw().kemPublic), refused);
});

test('what was handed over opens for the one device and the one meeting, and not once changed', async () => {
  const joiner = draw();
  const meeting = await meetingByInvitation(joiner);
  const sealed = await sealTransfer(joiner, meeting, await drawTransfer(), systemRandom);
  await assert.rejects(openTransfer(draw(), meeting, sealed), refused);
  await assert.rejects(openTransfer(joiner, await meetingByInvitation(draw()), sealed), refused);
  for (let at = 0; at < sealed.length; at += 37) {
    const changed = sealed.slice();
    changed[at] = (changed[at] as number) ^ 1;
    await assert.rejects(openTransfer(joiner, meeting, changed), refused, `byte ${at}`);
  }
  for (const length of [0, 1_119, 1_120, sealed.length - 1])
    await assert.rejects(openTransfer(joiner, meeting, sealed.slice(0, length)), refused);
});

test('keys of another identity than their user id are refused, though the seal is whole', async () => {
  const joiner = draw();
  const meeting = await meetingByInvitation(joiner);
  const transfer = await drawTransfer();
  const foreign = { ...transfer, content: { ...transfer.content, userId: systemRandom(32) } };
  await assert.rejects(openTransfer(joiner, meeting, await sealTransfer(joiner, meeting, foreign, systemRandom)), refused);
});

test('two devices that hear each other see the same four words', async () => {
  const joiner = draw();
  const answer = systemRandom(32);
  const guest = await openReveal(encodeReveal(joiner), await commitmentOf(joiner));
  const words = await meetingWords(meetingByCode(joiner, answer));
  assert.deepEqual(await meetingWords(meetingByCode(guest, answer)), words);
  assert.equal(words.length, 4);
});

test('somebody between them is seen in the words, or is held to what it said first', async () => {
  const joiner = draw();
  const between = draw();
  const [answer, forgedAnswer] = [systemRandom(32), systemRandom(32)];
  // Each side speaks with the one between; the old device was given that one's commitment before it told its nonce.
  const seenByOld = await meetingWords(meetingByCode(await openReveal(encodeReveal(between), await commitmentOf(between)), answer));
  const seenByNew = await meetingWords(meetingByCode(joiner, forgedAnswer));
  assert.notDeepEqual(seenByOld, seenByNew);
  await assert.rejects(openReveal(encodeReveal(draw()), await commitmentOf(between)), refused);
  await assert.rejects(openReveal(systemRandom(1_290), await commitmentOf(between)), refused);
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
