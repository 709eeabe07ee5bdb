import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkDisk, checkQuota, leaseNeedsRenewal, logBytesAllowed, logBytesMax, missingBytes } from './rules.ts';

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

test('logs have a share of the plan, small plans a least one, and what ends objects or devices twice that', () => {
  assert.deepEqual([logBytesMax(0, 100), logBytesMax(1_600, 100), logBytesMax(3_200, 100)], [100, 100, 200]);
  assert.deepEqual([logBytesAllowed('commit', 100), logBytesAllowed('policy', 100), logBytesAllowed('checkpoint', 100)], [100, 100, 100]);
  assert.deepEqual([logBytesAllowed('sweep', 100), logBytesAllowed('device', 100), logBytesAllowed('rekey', 100)], [200, 200, 200]);
});
