import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RateLimiter, addressGroup } from './rates.ts';

test('a burst is taken at once, then one at a time as the bucket fills, each address for itself', () => {
  let now = 0;
  const limiter = new RateLimiter({ perMinute: 60, burst: 3 }, { now: () => now });
  for (let i = 0; i < 3; i++) limiter.take('a');
  assert.throws(() => limiter.take('a'), { code: 'rate-limited', facts: { retryAfterMs: 1_000 } });
  limiter.take('b');
  now = 999;
  assert.throws(() => limiter.take('a'), { code: 'rate-limited' });
  now = 2_000;
  for (let i = 0; i < 2; i++) limiter.take('a');
  assert.throws(() => limiter.take('a'), { code: 'rate-limited' });
  now = 3_600_000;
  for (let i = 0; i < 3; i++) limiter.take('a');
  assert.throws(() => limiter.take('a'), { code: 'rate-limited' });
});

test('a clock that goes back gives nothing away', () => {
  let now = 10_000;
  const limiter = new RateLimiter({ perMinute: 60, burst: 1 }, { now: () => now });
  limiter.take('a');
  now = 0;
  assert.throws(() => limiter.take('a'), { code: 'rate-limited' });
});

test('without a rate nothing is refused or remembered', () => {
  const limiter = new RateLimiter(null, { now: () => 0 });
  for (let i = 0; i < 1_000; i++) limiter.take('a');
  assert.equal(limiter.size, 0);
});

test('a million addresses take bounded memory, and who came lately is still known', () => {
  const limiter = new RateLimiter({ perMinute: 1, burst: 1 }, { now: () => 0 });
  limiter.take('first');
  for (let i = 0; i < 24_000; i++) limiter.take(`x${i}`);
  assert.throws(() => limiter.take('first'), { code: 'rate-limited' });
  for (let i = 0; i < 1_000_000; i++) limiter.take(`y${i}`);
  assert.ok(limiter.size <= 50_000, String(limiter.size));
});

test('a household of IPv6 is one address', () => {
  const table = [
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8:1:2::9', '2001:db8:1:2'],
    ['2001:0db8:0001:0002:ffff::', '2001:db8:1:2'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['::1', '0:0:0:0'],
    ['', ''],
    ['not an address', 'not an address'],
  ] as const;
  for (const [address, group] of table) assert.equal(addressGroup(address), group, address);
});
