import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accountEndMs } from '@reprise/protocol/formats';
import { checkAccountCapability, checkName, checkNotApp, checkSlots, checkStanding, checkVersion, isHeardAnew } from './rules.ts';

test('a name has one spelling', () => {
  for (const name of ['anna', 'márta.k', '山田_1', '0a1b2c3d']) checkName(name);
  for (const name of ['Anna', 'ﬁne', 'ma\u0301rta', 'ＡＢＣ']) assert.throws(() => checkName(name), { code: 'bad-request' });
});

test('only a device with the account capability changes the account', () => {
  for (const caps of [8, 9, 15]) checkAccountCapability(caps);
  for (const caps of [0, 1, 3, 7]) assert.throws(() => checkAccountCapability(caps), { code: 'role-refused' });
});

test('a tool’s device is one that may at most commit', () => {
  for (const caps of [2, 3, 4, 8, 15]) checkNotApp(caps);
  for (const caps of [0, 1]) assert.throws(() => checkNotApp(caps), { code: 'role-refused' });
});

test('versions only rise', () => {
  checkVersion(undefined, 1);
  checkVersion(1, 2);
  for (const given of [1, 2]) assert.throws(() => checkVersion(2, given), { code: 'version-conflict', facts: { version: 2 } });
});

test('slots have ids of their own', () => {
  checkSlots([{ slot: 'a' }, { slot: 'b' }]);
  assert.throws(() => checkSlots([{ slot: 'a' }, { slot: 'a' }]), { code: 'account-refused' });
});

test('when a device was heard is written once an hour', () => {
  assert.equal(isHeardAnew(0, 3_599_999), false);
  assert.equal(isHeardAnew(0, 3_600_000), true);
});

test('a way in stands from the beginning if it came with the account, and else after as long as an end waits', () => {
  checkStanding(1_000, 1_000, 1_000);
  checkStanding(2_000, 1_000, 2_000 + accountEndMs);
  for (const now of [2_000, 1_999 + accountEndMs])
    assert.throws(() => checkStanding(2_000, 1_000, now), { code: 'proof-too-new', facts: { countsAt: 2_000 + accountEndMs } });
});
