import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limitedTransport, type RateClock, RateLimit } from './rate-limit.ts';
import type { HttpResponse } from './transport.ts';

/** Time that passes when somebody waits, and not otherwise. */
class Hours implements RateClock {
  at = 0;
  #waiting: { readonly until: number; wake(): void }[] = [];
  now(): number {
    return this.at;
  }
  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ until: this.at + ms, wake: resolve });
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
  }
  /** Until nobody waits any more, or for so many ms. */
  async pass(ms = Number.POSITIVE_INFINITY): Promise<void> {
    const end = this.at + ms;
    for (;;) {
      for (let i = 0; i < 20; i++) await Promise.resolve();
      const next = this.#waiting.toSorted((a, b) => a.until - b.until)[0];
      if (!next || next.until > end) break;
      this.#waiting = this.#waiting.filter((one) => one !== next);
      this.at = Math.max(this.at, next.until);
      next.wake();
    }
    if (Number.isFinite(end)) this.at = end;
  }
}

test('bytes leave at the rate that was set, in the order they were asked for', async () => {
  const clock = new Hours();
  const limit = new RateLimit(1_000_000, clock);
  const left: [number, number][] = [];
  for (let i = 0; i < 10; i++) void limit.take(500_000).then(() => left.push([i, clock.at]));
  await clock.pass();
  assert.deepEqual(
    left,
    Array.from({ length: 10 }, (_, i) => [i, 500 * i]),
  );
});

test('a body larger than the bucket goes out, and what follows waits for it', async () => {
  const clock = new Hours();
  const limit = new RateLimit(100_000, clock);
  await limit.take(4_000_000);
  const next = limit.take(1);
  await clock.pass();
  await next;
  assert.equal(clock.at, 40_000);
});

test('a pause is not made up for by more than a second’s bytes', async () => {
  const clock = new Hours();
  const limit = new RateLimit(1_000, clock);
  await clock.pass(3_600_000);
  await limit.take(1_000);
  await limit.take(1_000);
  const third = limit.take(1_000);
  await clock.pass();
  await third;
  assert.equal(clock.at, 3_600_000 + 1_000);
});

test('another limit, or none, holds at once for who waits already', async () => {
  const clock = new Hours();
  const limit = new RateLimit(1_000, clock);
  await limit.take(1_000_000);
  const second = limit.take(10_000);
  await clock.pass(5_000);
  limit.set(10_000);
  await second;
  assert.equal(clock.at, 5_000, 'the debt of the slower limit is forgiven');
  const third = limit.take(50);
  limit.set(null);
  await third;
  await Promise.all(Array.from({ length: 100 }, () => limit.take(1e9)));
  assert.equal(clock.at, 5_000);
});

test('who gives up while waiting takes nothing, and does not hold up the next', async () => {
  const clock = new Hours();
  const limit = new RateLimit(1_000, clock);
  await limit.take(1_000);
  const ending = new AbortController();
  const given = limit.take(1e9, ending.signal);
  const next = limit.take(1_000);
  for (let i = 0; i < 20; i++) await Promise.resolve();
  ending.abort(new Error('enough'));
  await assert.rejects(given, /enough/);
  await clock.pass();
  await next;
  assert.equal(clock.at, 1_000);
});

test('a transport holds bodies and answers back, and lets questions without a body go', async () => {
  const clock = new Hours();
  const [up, down] = [new RateLimit(1_000, clock), new RateLimit(1_000, clock)];
  const answer: HttpResponse = {
    status: 200,
    header: () => null,
    bytes: async () => new Uint8Array(0),
    fill: async (into) => void into.fill(7),
    async *pieces() {
      yield new Uint8Array(500);
      yield new Uint8Array(500);
    },
  };
  const transport = limitedTransport(async () => answer, { up, down });
  const sending = (async () => {
    await transport({ method: 'PUT', url: 'http://x/', body: [new Uint8Array(1_500), new Uint8Array(500)] });
    await transport({ method: 'GET', url: 'http://x/' });
    assert.equal(clock.at, 0);
    const response = await transport({ method: 'PUT', url: 'http://x/', body: new Uint8Array(1) });
    assert.equal(clock.at, 2_000);
    const into = new Uint8Array(3_000);
    await response.fill(into);
    assert.equal(into[2_999], 7);
    let read = 0;
    for await (const piece of response.pieces()) read += piece.length;
    return read;
  })();
  await clock.pass();
  assert.equal(await sending, 1_000);
  assert.equal(clock.at, 2_000 + 2_000 + 500, 'a second’s bytes had gathered, 3 000 were read, then two times 500');
});
