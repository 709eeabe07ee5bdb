import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type LinkFacts, checkLive, checkWait, downloadsLeft, expiryOf, linkState, waitAfter, wrongTries } from './rules.ts';

const now = 1_000_000;
const live: LinkFacts = {
  expires_at: null,
  downloads_max: null,
  finished: 0,
  ended_at: null,
  removed_reference: null,
  removed_ground: null,
  removed_at: null,
};

test('a link is live until the first of its ends', () => {
  const table: readonly (readonly [Partial<LinkFacts>, string])[] = [
    [{}, 'live'],
    [{ expires_at: now + 1 }, 'live'],
    [{ expires_at: now }, 'expired'],
    [{ downloads_max: 2, finished: 1 }, 'live'],
    [{ downloads_max: 2, finished: 2 }, 'used-up'],
    [{ downloads_max: 1, finished: 5 }, 'used-up'],
    [{ removed_at: 1 }, 'removed'],
    [{ removed_at: 1, expires_at: 1 }, 'removed'],
    [{ removed_at: 1, ended_at: 1 }, 'revoked'],
    [{ ended_at: now + 5 }, 'revoked'],
  ];
  for (const [facts, state] of table) assert.equal(linkState({ ...live, ...facts }, now), state, JSON.stringify(facts));
});

test('an ended link says why to who may know', () => {
  checkLive(live, now);
  assert.throws(() => checkLive({ ...live, ended_at: 1 }, now), { code: 'link-unavailable', facts: { reason: 'revoked' } });
  assert.throws(() => checkLive({ ...live, removed_at: 7, removed_reference: 'N-1', removed_ground: 'law' }, now), {
    code: 'link-removed',
    facts: { reference: 'N-1', ground: 'law', removedAt: 7 },
  });
});

test('the life of a link is what was asked, or the default, and never above the longest', () => {
  const table = [
    [null, null, null, null],
    [null, 10, null, now + 10],
    [null, null, 20, now + 20],
    [null, 30, 20, now + 20],
    [now + 5, null, null, now + 5],
    [now + 5, 10, 20, now + 5],
    [now + 50, 10, 20, now + 20],
  ] as const;
  for (const [asked, lifeDefault, lifeMax, expiry] of table) assert.equal(expiryOf(asked, now, lifeDefault, lifeMax), expiry);
});

test('waits begin after ten wrong tries and double up to five minutes', () => {
  assert.deepEqual([0, 9, 10, 11, 12, 17, 18, 1_000].map(waitAfter), [0, 0, 2_000, 4_000, 8_000, 256_000, 300_000, 300_000]);
  checkWait(undefined, now);
  checkWait({ lastAt: now, wrong: 9 }, now);
  assert.throws(() => checkWait({ lastAt: now, wrong: 10 }, now + 500), { code: 'too-many-tries', facts: { retryAfterMs: 1_500 } });
  checkWait({ lastAt: now, wrong: 10 }, now + 2_000);
  assert.equal(wrongTries({ lastAt: now, wrong: 99 }, now + 86_400_000), 0);
  assert.equal(wrongTries({ lastAt: now, wrong: 99 }, now + 86_399_999), 99);
});

test('running downloads take places too', () => {
  assert.deepEqual([downloadsLeft(null, 9, 9), downloadsLeft(5, 1, 1), downloadsLeft(5, 3, 2), downloadsLeft(1, 3, 3)], [null, 3, 0, 0]);
});
