// Stories drawn from seeds, on the real engine and the real drive: whatever people do, and whatever breaks, the laws of sync hold at the end. A
// failure is made short and printed as a story; kept in `found`, it is played from then on.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { openStage, play, shorten, type Stage } from './play.ts';
import { type Danger, type Story, tell } from './world.ts';

const isLong = process.env['REPRISE_LONG'] === '1';
const seeds = isLong ? 2_500 : 15;

let stage: Stage;
before(async () => {
  stage = await openStage();
});
after(() => stage?.[Symbol.asyncDispose]());

const kinds: readonly { readonly name: string; readonly danger: Danger; readonly disks: Story['disks'] }[] = [
  { name: 'that nothing disturbs', danger: 'none', disks: ['ext4', 'ext4'] },
  { name: 'that are killed, and lose requests and answers', danger: 'kills', disks: ['ext4', 'ext4', 'ext4'] },
  { name: 'whose disks and networks fail now and then', danger: 'faults', disks: ['ext4', 'plain'] },
  { name: 'whose power is cut', danger: 'power', disks: ['ext4', 'ext4'] },
];

for (const { name, danger, disks } of kinds)
  test(`devices ${name} become equal and lose nothing (${seeds} seeds)`, async () => {
    for (let seed = 1; seed <= seeds; seed++) await passes(tell(seed, disks, 25, danger));
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

async function passes(story: Story): Promise<void> {
  const { failure } = await play(story, stage);
  if (!failure) return;
  const short = await shorten(story, failure, stage, 60);
  throw new Error(`seed ${story.seed}; played again by this story, to be kept in tests/storm/found: ${JSON.stringify(short)}`, {
    cause: failure,
  });
}
