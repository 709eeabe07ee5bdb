import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '@reprise/protocol/formats';
import { syncHeartbeatMs } from '@reprise/sdk/drive';
import { betweenMs, isDueToSay, settledMs, type Standing, StandingTeller, standingOf } from './standing.ts';

const none = { removals: 0, conflicts: 0, fullDisk: 0, others: 0 };
const inStep: Standing = { state: 'in-step', holds: none };
const working: Standing = { ...inStep, state: 'working' };
const report = { sent: 0, received: 0, removedHere: 0, removedThere: 0, conflicts: [], troubles: [], held: 0, seq: 1 };
const trouble = (reason: 'held' | 'disk-full' | 'changing') => ({ path: 'a', reason, sinceMs: 0 }) as never;

test('a state is said once it has lasted, not too often, and again after hours', () => {
  const said = { standing: inStep, atMs: 1_000_000 };
  const rows: readonly (readonly [string, boolean, Parameters<typeof isDueToSay>])[] = [
    ['the first, too soon', false, [null, { standing: inStep, sinceMs: 0 }, settledMs - 1]],
    ['the first, settled', true, [null, { standing: inStep, sinceMs: 0 }, settledMs]],
    ['another, within the minute', false, [said, { standing: working, sinceMs: said.atMs }, said.atMs + betweenMs - 1]],
    ['another, after it', true, [said, { standing: working, sinceMs: said.atMs }, said.atMs + betweenMs]],
    [
      'another that came just now',
      false,
      [said, { standing: working, sinceMs: said.atMs + betweenMs }, said.atMs + betweenMs + settledMs - 1],
    ],
    ['the same', false, [said, { standing: { ...inStep }, sinceMs: 0 }, said.atMs + syncHeartbeatMs - 1]],
    ['the same, after hours', true, [said, { standing: { ...inStep }, sinceMs: 0 }, said.atMs + syncHeartbeatMs]],
    ['what passes, after hours', true, [said, { standing: working, sinceMs: said.atMs + syncHeartbeatMs }, said.atMs + syncHeartbeatMs]],
    ['another count', true, [said, { standing: { ...inStep, holds: { ...none, conflicts: 1 } }, sinceMs: 0 }, said.atMs + betweenMs]],
    ['a clock that was set back', true, [said, { standing: inStep, sinceMs: 0 }, said.atMs - 1]],
  ];
  for (const [name, due, given] of rows) assert.equal(isDueToSay(...given), due, name);
});

test('what is said is how the folder stands, and what holds it', () => {
  const retry = { retryAtMs: 1 };
  assert.equal(standingOf({ state: 'offline', failure: new Failure('network', {}), ...retry }, 0), null);
  assert.deepEqual(standingOf({ state: 'syncing' }, 0), working);
  assert.deepEqual(standingOf({ state: 'in-sync', report }, 2), { state: 'in-step', holds: { ...none, conflicts: 2 } });
  assert.deepEqual(standingOf({ state: 'paused', untilMs: 5 }, 0), { state: 'paused', holds: none });
  assert.deepEqual(standingOf({ state: 'stopped', failure: new Failure('target-full', {}), ...retry }, 0), {
    state: 'stopped',
    holds: { ...none, fullDisk: 1 },
  });
  const troubles = [trouble('held'), trouble('held'), trouble('disk-full'), trouble('changing')];
  assert.deepEqual(standingOf({ state: 'attention', report: { ...report, troubles } }, 1), {
    state: 'attention',
    holds: { removals: 2, conflicts: 1, fullDisk: 1, others: 1 },
  });
});

/** A clock that sleeping moves. */
function scene(say: (standing: Standing) => void, untilMs: number) {
  let nowMs = 0;
  const end = new AbortController();
  let counted = 0;
  const teller = new StandingTeller({
    clock: { now: () => nowMs },
    schedule: {
      sleep: async (delayMs) => {
        nowMs += delayMs;
        if (nowMs >= untilMs) end.abort();
      },
      after: () => () => undefined,
    },
    conflicts: () => {
      counted++;
      return 3;
    },
    say: async (standing) => say(standing),
  });
  return { teller, run: () => teller.run(end.signal), counted: () => counted };
}

test('who is quiet says little: once, each few hours, and that it ended; copies are counted where something was done', async () => {
  const said: Standing[] = [];
  const { teller, run, counted } = scene((one) => said.push(one), 2 * syncHeartbeatMs + 10_000);
  teller.hear({ state: 'in-sync', report });
  await run();
  assert.deepEqual(
    said.map(({ state, holds }) => [state, holds.conflicts]),
    [...Array.from({ length: 3 }, () => ['in-step', 3]), ['ended', 3]],
  );
  assert.equal(counted(), 1);
});

test('what nobody heard is said again a minute later, and nobody hears of the end of who was never heard', async () => {
  let tries = 0;
  const { teller, run } = scene(() => {
    tries++;
    if (tries < 3) throw new Failure('network', {});
  }, 3 * betweenMs);
  teller.hear({ state: 'in-sync', report });
  await run();
  assert.equal(tries, 4);
  const silent: Standing[] = [];
  await scene((one) => silent.push(one), 10_000).run();
  assert.deepEqual(silent, []);
});
