import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkDisk, checkQuota, leaseNeedsRenewal, missingBytes } from './rules.ts';

test('an allowance may be filled to its last byte', () => {
  assert.deepEqual(
    [missingBytes(0, 100, 100), missingBytes(60, 40, 100), missingBytes(60, 41, 100), missingBytes(200, 0, 100)],
    [0, 0, 1, 100],
  );
  checkQuota(60, 40, 100);
  assert.throws(() => checkQuota(60, 45, 100), { code: 'over-quota', facts: { missingBytes: 5, bytesMax: 100 } });
});

test('the reserve of the disk stays free', () => {
  checkDisk(100, 50, 50);
  assert.throws(() => checkDisk(100, 51, 50), { code: 'disk-full' });
});

test('a lease is renewed once a day of it is gone', () => {
  const weekMs = 7 * 86_400_000;
  assert.equal(leaseNeedsRenewal(weekMs, 0, weekMs), false);
  assert.equal(leaseNeedsRenewal(weekMs, 86_399_999, weekMs), false);
  assert.equal(leaseNeedsRenewal(weekMs, 86_400_001, weekMs), true);
  assert.equal(leaseNeedsRenewal(0, 1, weekMs), true);
});
