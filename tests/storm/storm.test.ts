// Stories drawn from seeds, on the real engine and the real drive: whatever people do, and whatever breaks, the laws of sync hold at the end. A
// failure is made short and printed as a story; kept in `found`, it is played from then on.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { openStage, play, type Stage } from './play.ts';
import { kinds, passes, playSeeds } from './seeds.ts';
import { type Story, tell } from './world.ts';

const isLong = process.env['REPRISE_LONG'] === '1';
const seeds = 15;
/** In each kind. Goes on where it was stopped if `REPRISE_STORM_STATE` names a file for that. */
const longSeeds = 2_500;

let stage: Stage;
before(async () => {
  stage = await openStage();
});
after(() => stage?.[Symbol.asyncDispose]());

for (const kind of kinds)
  test(`devices ${kind.name} become equal and lose nothing (${seeds} seeds)`, async () => {
    for (let seed = 1; seed <= seeds; seed++) await passes(seed, kind, stage);
  });

if (isLong)
  test(`${longSeeds * kinds.length} stories lose nothing`, { timeout: 12 * 3_600_000 }, async () => {
    const state = process.env['REPRISE_STORM_STATE'];
    const failed = await playSeeds({ from: 1, count: longSeeds, state, say: (line) => console.error(line) });
    assert.deepEqual(failed, []);
  });

const found = join(import.meta.dirname, 'found');
for (const file of readdirSync(found).filter((name) => name.endsWith('.json')))
  test(`what failed once does not fail again: ${file.replace(/\.json$/, '')}`, async () => {
    const { failure } = await play(JSON.parse(readFileSync(join(found, file), 'utf8')) as Story, stage);
    assert.ifError(failure);
  });

test('a story has one outcome: played twice, all that was asked came in the same order', async () => {
  const story = tell(5, ['ext4', 'ext4'], 25, 'kills');
  const [first, second] = [await play(story, stage), await play(story, stage)];
  assert.equal(first.trace, second.trace);
});

test('a device that forgets what it saw is caught', async () => {
  const story = tell(3, ['ext4', 'ext4'], 25, 'none');
  const { failure } = await play(story, stage, (world) => {
    // As an engine would that lost a file: the word was written, and nobody took it away.
    world.ledger.alive.add('w999999;');
  });
  assert.match(failure?.message ?? '', /L2/);
});
