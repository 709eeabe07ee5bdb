// The server loses its power again and again while spaces are committed to. What it answered is there, in an unbroken chain with all its
// objects; what it did not answer is there whole or not at all, and sending it again settles which.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '@reprise/kit';
import { contract } from '@reprise/protocol';
import { advanceLog, encodeEnvelope, type Envelope, startLog } from '@reprise/protocol/formats';
import { AccountOwner } from '../../server/drive/src/testing/account.ts';
import { Member, openDriveSpace } from '../../server/drive/src/testing/member.ts';
import { type Sealed, sealedLike } from '../../server/drive/src/testing/owner.ts';
import type { TestService } from '../../server/drive/src/testing/service.ts';
import { type Host, startHost } from '../support/server.ts';

const isLong = process.env['REPRISE_LONG'] === '1';
const kills = isLong ? 40 : 4;
const spaces = 4;
const commitsPerLife = 12;

/** A space as its client knows it: what it put, and the entry it does not know the fate of. */
type Client = { readonly member: Member; readonly genesis: Envelope; readonly objects: Sealed[]; unanswered: Envelope | undefined };

test(`the log survives ${kills} kills of the server`, { timeout: isLong ? 3_600_000 : 540_000 }, async () => {
  let host: Host = await startHost({ env: { REPRISE_RATE_REQUESTS: 'off' } });
  const { dataFolder, port, url } = host;
  const first = host;
  const service = { url, clock: systemClock } as unknown as TestService;
  try {
    const account = await AccountOwner.open(service);
    const clients = await Promise.all(
      Array.from({ length: spaces }, async (): Promise<Client> => {
        const member = await openDriveSpace(service, account);
        const [genesis] = await member.page({ from: 0, to: 0, attachments: [4] });
        return { member, genesis: genesis as Envelope, objects: [], unanswered: undefined };
      }),
    );
    for (let kill = 0; kill < kills; kill++) {
      let answered = 0;
      const target = 3 + Math.floor(Math.random() * commitsPerLife);
      let reached = () => {};
      const inTheMiddle = new Promise<void>((resolve) => (reached = resolve));
      const lives = clients.map((client) =>
        live(client, () => {
          if (++answered === target) reached();
        }),
      );
      await inTheMiddle;
      await host.kill();
      await Promise.all(lives);
      host = await startHost({ dataFolder, port, env: { REPRISE_RATE_REQUESTS: 'off' } });
      for (const client of clients) await settle(client);
    }
    for (const client of clients) await check(client);
  } finally {
    await host[Symbol.asyncDispose]();
    await first[Symbol.asyncDispose]();
  }
});

/** Puts and commits until the server no longer answers. */
async function live(client: Client, onAnswer: () => void): Promise<void> {
  const { member, objects } = client;
  try {
    for (;;) {
      const object = sealedLike(1_024);
      await member.put([object]);
      const envelope = await member.commitOf([object]);
      client.unanswered = envelope;
      const answer = await member.send(envelope);
      assert.equal(answer.status, 201);
      client.unanswered = undefined;
      objects.push(object);
      onAnswer();
    }
  } catch (error) {
    if (error instanceof assert.AssertionError) throw error;
  }
}

/** Sends the entry again whose answer never came; its object was durable before. */
async function settle(client: Client): Promise<void> {
  const { member, unanswered } = client;
  const head = await member.head();
  assert.equal(head.status, 200);
  assert.ok(head.json.seq - member.state.seq <= (unanswered ? 1 : 0), 'the head went on by nothing that was not sent');
  assert.ok(head.json.seq >= member.state.seq, 'the head went back');
  if (!unanswered) return;
  const again = await member.call(contract['spaces.append'], {}, encodeEnvelope(unanswered));
  assert.equal(again.status, 201);
  member.state = (await advanceLog(member.state, unanswered)).state;
  client.unanswered = undefined;
}

/** The whole chain from the genesis to the head, and every object of every answered commit, byte for byte. */
async function check({ member, genesis, objects }: Client): Promise<void> {
  const reader = new Member(member.service, member.account, member.device, await startLog(genesis, 'all'));
  await reader.follow();
  assert.deepEqual(reader.state.head, member.state.head);
  const { template } = (await member.gets()).json;
  for (const { id, bytes } of objects) {
    const answer = await fetch(member.service.url + (template ?? '').replace('{id}', id));
    assert.ok(Buffer.from(await answer.arrayBuffer()).equals(Buffer.from(bytes)), id);
  }
  const { json } = await member.usage();
  assert.equal(json.history, 0);
}
