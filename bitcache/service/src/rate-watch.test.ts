import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseDecimalPrice } from './decimal-price.ts';
import { RateWatch, type Reading, type RateTrouble } from './rate-watch.ts';
import { inSats } from './rates.ts';
import { sat } from '@reprise/ledger';

const minuteMs = 60_000;
const euros = (price: number): bigint => BigInt(price) * 100_000_000n;

type Answer = number | 'down' | Reading;

/** Sources that answer as a test says, and time that it moves. */
function world(...first: readonly Answer[]) {
  let now = 1_900_000_000_000;
  let answers = first;
  const troubles: RateTrouble[] = [];
  const clock = { now: () => now };
  const sources = first.map((_, i) => ({
    currency: 'EUR' as const,
    name: `source-${i}`,
    read: async (): Promise<Reading> => {
      const answer = answers[i] as Answer;
      if (answer === 'down') throw new Error('down');
      return typeof answer === 'number' ? { price: euros(answer), at: now } : answer;
    },
  }));
  const rates = new RateWatch({ sources, clock, onTrouble: (trouble) => troubles.push(trouble) });
  return {
    rates,
    clock,
    /** What is known after so many minutes, when the sources answer so. */
    after: async (minutes: number, ...next: readonly Answer[]) => {
      now += minutes * minuteMs;
      if (next.length > 0) answers = next;
      troubles.length = 0;
      await rates.refresh();
      const rate = await rates.latest('EUR');
      return { price: rate && Number(rate.price / 100_000_000n), troubles: troubles.map(({ kind }) => kind), source: rate?.source };
    },
  };
}

describe('rates from several sources', () => {
  test('are the median: one that lies moves nothing', async () => {
    const { after } = world(58_000, 58_100, 1);
    assert.deepEqual(await after(0), { price: 58_000, troubles: [], source: 'source-0, source-1, source-2' });
    assert.equal((await after(1, 58_000, 58_100, 90_000_000)).price, 58_100);
    assert.equal((await after(1, 58_000, 58_100, 58_050)).price, 58_050);
  });

  test('of two, half way between them, unless they are far apart', async () => {
    const { after } = world(58_000, 59_000);
    assert.equal((await after(0)).price, 58_500);
    assert.deepEqual(await after(1, 58_000, 70_000), { price: 58_500, troubles: ['sources-differ'], source: 'source-0, source-1' });
  });

  test('go on while half of them answer, and stay as they are below that', async () => {
    const { after } = world(58_000, 58_000, 58_000);
    await after(0);
    assert.deepEqual((await after(1, 'down', 58_200, 58_200)).price, 58_200);
    const { price, troubles } = await after(1, 'down', 'down', 59_000);
    assert.deepEqual([price, troubles], [58_200, ['source-failed', 'source-failed', 'too-few']]);
  });

  test('take no nonsense: nothing, all the money of the world, the future, or last week', async () => {
    const { after, rates } = world(58_000);
    const now = 1_900_000_000_000;
    const nonsense: readonly Reading[] = [
      { price: 0n, at: now },
      { price: -euros(58_000), at: now },
      { price: euros(2_000_000_000), at: now },
      { price: euros(58_000), at: now + 3_600_000 },
      { price: euros(58_000), at: now - 16 * minuteMs },
      { price: euros(58_000), at: Number.NaN },
    ];
    for (const reading of nonsense) assert.deepEqual((await after(0, reading)).troubles, ['source-failed', 'too-few']);
    assert.deepEqual(rates.known, []);
  });

  test('hold a jump until it has lasted for five minutes', async () => {
    const { after } = world(58_000);
    await after(0);
    assert.deepEqual(await after(1, 64_000), { price: 58_000, troubles: ['jump'], source: 'source-0' });
    for (let minute = 0; minute < 4; minute++) assert.equal((await after(1, 64_100)).price, 58_000);
    assert.deepEqual(await after(1, 64_200), { price: 64_200, troubles: [], source: 'source-0' });
  });

  test('forget a jump that goes back, and begin anew with one that goes on', async () => {
    const { after } = world(58_000);
    await after(0);
    await after(1, 10);
    assert.deepEqual((await after(1, 58_100)).troubles, []);
    await after(1, 70_000);
    await after(4, 80_000);
    assert.equal((await after(2, 80_000)).price, 58_100);
    assert.equal((await after(3, 80_000)).price, 80_000);
  });

  test('are not used once they are a quarter of an hour old, and satoshis go on', async () => {
    const { after, rates, clock } = world(50_000);
    await after(0);
    const price = (currency: 'EUR' | 'SAT') =>
      inSats(rates, { price: 500, currency }, { oldest: clock.now() - 15 * minuteMs, max: sat(1_000_000n) });
    assert.equal((await price('EUR')).sats, 10_000n);
    await after(14, 'down');
    assert.equal((await price('EUR')).sats, 10_000n);
    await after(2, 'down');
    await assert.rejects(price('EUR'), { code: 'no-rate' });
    assert.equal((await price('SAT')).sats, 500n);
    await after(1, 50_000);
    assert.equal((await price('EUR')).sats, 10_000n);
  });
});

test('a price is read as decimal digits and nothing else', () => {
  const good: readonly (readonly [string, bigint])[] = [
    ['58000', 5_800_000_000_000n],
    ['63500.5', 6_350_050_000_000n],
    ['0.00000001', 1n],
    [' 1.123456789 ', 112_345_678n],
  ];
  for (const [text, price] of good) assert.equal(parseDecimalPrice(text), price, text);
  for (const text of ['', '0', '0.000000001', '-5', '+5', '1e5', '1,5', '.5', '5.', 'NaN', 'Infinity', '9'.repeat(10), '0x10', '1 2'])
    assert.equal(parseDecimalPrice(text), undefined, text);
});
