// The stream of heads, over real HTTP; src/logs.test.ts runs it on every engine, and with two servers where a database has several.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { formatHex } from '@reprise/kit';
import { contract, formatPath, type SpaceId, type UserId } from '@reprise/protocol';
import { signRevocation } from '@reprise/protocol/formats';
import { Member, openDriveSpace } from '../testing/member.ts';
import { sealedLike } from '../testing/owner.ts';
import type { TestEngine } from '../testing/service.ts';
import { ChangeFeed } from './feed.ts';

type HeadEvent = { readonly space: string; readonly seq: number; readonly head: string; readonly largeSweep?: boolean };

/** Reads a stream of events, one after the other; `next` waits for as long as the test may run. */
export async function openEvents(member: Member, url = member.service.url) {
  const definition = contract['account.events'];
  const authorization = await member.sign(definition, {} as never, undefined, { origin: url });
  const stopping = new AbortController();
  const response = await fetch(url + formatPath(definition, {}), { headers: { authorization }, signal: stopping.signal });
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('content-type'), 'text/event-stream');
  const reader = (response.body as ReadableStream<Uint8Array>)
    .pipeThrough(new TextDecoderStream() as never)
    .getReader() as ReadableStreamDefaultReader<string>;
  let text = '';
  const next = async (): Promise<HeadEvent | undefined> => {
    for (;;) {
      const end = text.indexOf('\n\n');
      if (end >= 0) {
        const block = text.slice(0, end);
        text = text.slice(end + 2);
        if (block.startsWith('event: head\ndata: ')) return JSON.parse(block.slice('event: head\ndata: '.length)) as HeadEvent;
        continue;
      }
      const { done, value } = await reader.read();
      if (done) return undefined;
      text += value;
    }
  };
  return { next, stop: () => stopping.abort() };
}

export function describeEvents({ name, start }: TestEngine): void {
  describe(`events on ${name}`, { concurrency: false }, () => {
    test('a stream begins with the heads of the account’s spaces, and tells each that moves', async () => {
      await using service = await start();
      const home = await Member.open(service);
      const drive = await openDriveSpace(service, home.account);
      const events = await openEvents(home);
      const begun = [await events.next(), await events.next()];
      assert.deepEqual(begun.map((event) => event?.space).sort(), [home.space, drive.space].sort());
      await drive.commit([]);
      assert.deepEqual(await events.next(), { space: drive.space, seq: 1, head: formatHex(drive.state.head) });
      await home.commit([]);
      assert.deepEqual(await events.next(), { space: home.space, seq: 1, head: formatHex(home.state.head) });
      events.stop();
      assert.deepEqual(service.faults, []);
    });

    test('what others do in their spaces is not told', async () => {
      await using service = await start();
      const [home, stranger] = [await Member.open(service), await Member.open(service)];
      const events = await openEvents(home);
      await events.next();
      await stranger.commit([]);
      await home.commit([]);
      assert.equal((await events.next())?.space, home.space);
      events.stop();
    });

    test('a change wakes the streams it concerns, and no others: not even a device that comes or goes', async () => {
      await using service = await start();
      const [home, stranger] = [await Member.open(service), await Member.open(service)];
      const feed = new ChangeFeed(service.database);
      const heard: string[] = [];
      const listenAs = async (member: Member) => {
        const name = member === home ? 'home' : 'stranger';
        const listening = await feed.listen({
          userId: member.account.userId as UserId,
          change: ({ seq }) => heard.push(`${name} ${seq}`),
          look: () => heard.push(`${name} looks`),
          end: () => {},
        });
        listening.watch(new Set([member.space as SpaceId]));
        return listening;
      };
      const [ours, theirs] = [await listenAs(home), await listenAs(stranger)];
      await home.commit([]);
      await home.enrol();
      await stranger.commit([]);
      while (!heard.includes('stranger 1')) await setImmediate();
      assert.deepEqual(heard, ['home 1', 'home looks', 'home 2', 'stranger 1']);
      ours.stop();
      await home.commit([]);
      await stranger.commit([]);
      while (!heard.includes('stranger 2')) await setImmediate();
      assert.equal(heard.length, 5);
      theirs.stop();
      await feed.close();
    });

    test('a large sweep is told as one', async () => {
      await using service = await start();
      const home = await Member.open(service);
      const [kept, ended] = [sealedLike(), sealedLike()];
      await home.add([kept, ended]);
      const events = await openEvents(home);
      await events.next();
      await home.sweep([ended], [kept]);
      assert.equal((await events.next())?.largeSweep, true);
      events.stop();
    });

    test('a stream ends when its device is revoked, and when the server stops', async () => {
      await using service = await start();
      const home = await Member.open(service);
      const other = await home.enrol();
      const [theirs, ours] = [await openEvents(other), await openEvents(home)];
      await theirs.next();
      await ours.next();
      const revocation = await signRevocation(home.account.identity, { deviceId: other.device.deviceId, timeMs: service.clock.now() });
      await home.append({ type: 'device', revocation });
      assert.equal(await theirs.next(), undefined);
      assert.equal((await ours.next())?.seq, home.state.seq);
      await service.drive.close();
      assert.equal(await ours.next(), undefined);
    });

    test('an account runs 64 streams at one time, which is no hindrance for others; what ends gives its place back', async () => {
      await using service = await start();
      const [home, stranger] = [await Member.open(service), await Member.open(service)];
      const other = await home.enrol();
      const streams = await Promise.all(Array.from({ length: 64 }, () => openEvents(other)));
      const refused = await home.call(contract['account.events'], {});
      assert.deepEqual([refused.status, refused.error?.code], [429, 'rate-limited']);
      const theirs = await openEvents(stranger);
      assert.equal((await theirs.next())?.space, stranger.space);
      theirs.stop();
      const revocation = await signRevocation(home.account.identity, { deviceId: other.device.deviceId, timeMs: service.clock.now() });
      await home.append({ type: 'device', revocation });
      for (const stream of streams) while ((await stream.next()) !== undefined);
      const again = await openEvents(home);
      assert.equal((await again.next())?.seq, home.state.seq);
      again.stop();
    });

    test('only so many streams run at one time', async () => {
      await using service = await start({ settings: { eventStreamsMax: 1 } });
      const home = await Member.open(service);
      const events = await openEvents(home);
      await events.next();
      assert.equal((await home.call(contract['account.events'], {})).error?.code, 'unavailable');
      events.stop();
    });
  });
}
