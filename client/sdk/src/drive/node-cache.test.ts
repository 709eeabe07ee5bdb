import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Bytes, equalBytes } from '@reprise/kit';
import type { Wanted } from '@reprise/vault';
import { nodeEngine } from '@reprise/vault/node';
import { cachedFetch, memoryNodeCache } from './node-cache.ts';

async function object(fill: number, length: number): Promise<{ bytes: Bytes; wanted: Wanted }> {
  const bytes = new Uint8Array(length).fill(fill);
  return { bytes, wanted: { id: await nodeEngine.sha256(bytes), sealedLength: length } };
}

test('a cache keeps what was used last, within its bytes', async () => {
  const cache = memoryNodeCache(300);
  const [a, b, c, d] = await Promise.all([1, 2, 3, 4].map((fill) => object(fill, 100)));
  for (const one of [a, b, c]) cache.put(one!.wanted.id, one!.bytes);
  assert.ok(cache.get(a!.wanted.id));
  cache.put(d!.wanted.id, d!.bytes);
  assert.equal(await cache.get(b!.wanted.id), undefined);
  for (const one of [a, c, d]) assert.ok(await cache.get(one!.wanted.id));
  const huge = await object(9, 301);
  cache.put(huge.wanted.id, huge.bytes);
  assert.equal(await cache.get(huge.wanted.id), undefined);
  assert.ok(await cache.get(a!.wanted.id));
});

test('what was fetched once is not fetched again, and the order asked is kept', async () => {
  const objects = await Promise.all([1, 2, 3].map((fill) => object(fill, 50)));
  const asked: number[] = [];
  const fetch = cachedFetch(memoryNodeCache(), nodeEngine, async (wanted) => {
    asked.push(wanted.length);
    return wanted.map(({ id }) => objects.find((one) => equalBytes(one.wanted.id, id))!.bytes);
  });
  await fetch([objects[1]!.wanted]);
  const all = await fetch(objects.map((one) => one.wanted));
  assert.deepEqual(
    all.map((bytes) => bytes[0]),
    [1, 2, 3],
  );
  await fetch(objects.map((one) => one.wanted));
  assert.deepEqual(asked, [1, 2]);
});

test('what does not have its id is handed on to be refused, and not kept', async () => {
  const { wanted } = await object(1, 50);
  let asked = 0;
  const fetch = cachedFetch(memoryNodeCache(), nodeEngine, async () => {
    asked++;
    return [new Uint8Array(50)];
  });
  await fetch([wanted]);
  await fetch([wanted]);
  assert.equal(asked, 2);
});

test('what is being fetched is waited for; what another failed to fetch is fetched again', async () => {
  const objects = await Promise.all([1, 2].map((fill) => object(fill, 50)));
  const [first, second] = objects as [(typeof objects)[0], (typeof objects)[0]];
  const asked: number[] = [];
  const answers: ((work: 'give' | 'fail') => void)[] = [];
  const fetch = cachedFetch(memoryNodeCache(), nodeEngine, async (wanted) => {
    asked.push(wanted.length);
    const answer = await new Promise((resolve) => answers.push(resolve));
    if (answer === 'fail') throw new Error('the line broke');
    return wanted.map(({ id }) => objects.find((one) => equalBytes(one.wanted.id, id))!.bytes);
  });
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  const one = fetch([first.wanted]);
  await turn();
  const both = fetch([second.wanted, first.wanted]);
  await turn();
  assert.deepEqual(asked, [1, 1]);
  answers[1]?.('give');
  answers[0]?.('fail');
  await assert.rejects(one, /line broke/);
  while (asked.length < 3) await turn();
  answers[2]?.('give');
  assert.deepEqual(
    (await both).map((bytes) => bytes[0]),
    [2, 1],
  );
  assert.deepEqual(asked, [1, 1, 1]);
});

test('what is kept is given though the signal is aborted, and nothing is asked for', async () => {
  const { wanted, bytes } = await object(1, 50);
  const fetch = cachedFetch(memoryNodeCache(), nodeEngine, async (_, signal) => {
    signal?.throwIfAborted();
    return [bytes];
  });
  await fetch([wanted]);
  assert.equal((await fetch([wanted], AbortSignal.abort()))[0], bytes);
  const other = await object(2, 50);
  await assert.rejects(fetch([other.wanted], AbortSignal.abort()), { name: 'AbortError' });
});
