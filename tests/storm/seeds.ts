// Seeds in their thousands, of every kind of story: `node tests/storm/seeds.ts --from 1 --count 2500 --state FILE`. It says how far it is, goes on
// where FILE says that it was stopped, and a failure is made short, printed, and does not keep the next seeds from being played.
import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { openStage, play, shorten, type Stage } from './play.ts';
import { type Danger, type Story, tell } from './world.ts';

export type Kind = { readonly name: string; readonly danger: Danger; readonly disks: Story['disks'] };

export const kinds: readonly Kind[] = [
  { name: 'that nothing disturbs', danger: 'none', disks: ['ext4', 'ext4'] },
  { name: 'that are killed, and lose requests and answers', danger: 'kills', disks: ['ext4', 'ext4', 'ext4'] },
  { name: 'whose disks and networks fail now and then', danger: 'faults', disks: ['ext4', 'plain'] },
  { name: 'whose power is cut', danger: 'power', disks: ['ext4', 'ext4'] },
];

const eventsPerStory = 25;
const attemptsMax = 60;
/** A fresh server now and then: what earlier stories left in it costs those that follow. */
const storiesPerStage = 100;
const tellEveryMs = 30_000;

/** @throws Error with the story, made short, if a law is broken */
export async function passes(seed: number, { disks, danger }: Kind, stage: Stage): Promise<void> {
  const story = tell(seed, disks, eventsPerStory, danger);
  const { failure } = await play(story, stage);
  if (!failure) return;
  const short = await shorten(story, failure, stage, attemptsMax);
  throw new Error(`seed ${seed}; played again by this story, to be kept in tests/storm/found: ${JSON.stringify(short)}`, {
    cause: failure,
  });
}

export type Seeds = {
  readonly from: number;
  readonly count: number;
  /** Where it notes how far it came; none, and it begins at `from`. */
  readonly state?: string | undefined;
  /** One line a failure; else they are only told. */
  readonly failures?: string | undefined;
  readonly say: (line: string) => void;
};

/** Each seed in each kind. @returns what failed, of this run and of those that it went on from */
export async function playSeeds({ from, count, state, failures, say }: Seeds): Promise<readonly string[]> {
  const saved = state && existsSync(state) ? (JSON.parse(readFileSync(state, 'utf8')) as { next: number; failed: string[] }) : undefined;
  const failed = [...(saved?.failed ?? [])];
  const end = from + count;
  let next = saved?.next ?? from;
  if (next > from) say(`goes on at seed ${next} of ${from} to ${end - 1}, ${failed.length} failed before`);
  const beganMs = performance.now();
  const began = next;
  let toldMs = beganMs;
  while (next < end) {
    await using stage = await openStage();
    for (let left = storiesPerStage; left > 0 && next < end; next++, left -= kinds.length) {
      for (const kind of kinds) {
        try {
          await passes(next, kind, stage);
        } catch (error) {
          const line = `${kind.danger}: ${String(error)}; ${String((error as Error).cause)}`;
          failed.push(line);
          say(`FAILED ${line}`);
          if (failures) appendFileSync(failures, `${line}\n`);
        }
      }
      if (state) save(state, { next: next + 1, failed });
      if (performance.now() - toldMs < tellEveryMs) continue;
      toldMs = performance.now();
      const perSeed = (toldMs - beganMs) / 1000 / (next + 1 - began) / kinds.length;
      say(`seed ${next} of ${from} to ${end - 1}, ${kinds.length} kinds each; ${perSeed.toFixed(2)} s a story; ${failed.length} failed`);
    }
  }
  return failed;
}

function save(file: string, state: object): void {
  writeFileSync(`${file}.new`, JSON.stringify(state));
  renameSync(`${file}.new`, file);
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      from: { type: 'string', default: '1' },
      count: { type: 'string', default: '2500' },
      state: { type: 'string' },
      failures: { type: 'string' },
    },
  });
  const failed = await playSeeds({ ...values, from: Number(values.from), count: Number(values.count), say: (line) => console.log(line) });
  console.log(`${Number(values.count) * kinds.length} stories, ${failed.length} failed`);
  process.exitCode = failed.length > 0 ? 1 : 0;
}
