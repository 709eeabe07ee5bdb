// Plays a story to its end and holds the laws against it; makes a story that failed as short as it fails.
import { checkLaws } from './laws.ts';
import { countCiphers } from './quiet.ts';
import { type Service, startService } from './service.ts';
import { type Story, World } from './world.ts';

export type Stage = { readonly service: Service; readonly clock: { nowMs: number } } & AsyncDisposable;

const beginsMs = Date.UTC(2026, 10, 21, 14, 5);

/** One server for the stories of a process; each has an account of its own. */
export async function openStage(): Promise<Stage> {
  countCiphers();
  const clock = { nowMs: beginsMs };
  const service = await startService({ now: () => clock.nowMs });
  return { service, clock, [Symbol.asyncDispose]: () => service[Symbol.asyncDispose]() };
}

export type Played = { readonly trace: string; readonly failure: Error | null };

/** @param atEnd is called before the laws are checked */
export async function play(story: Story, { service, clock }: Stage, atEnd?: (world: World) => void): Promise<Played> {
  Object.defineProperty(clock, 'nowMs', { value: beginsMs, writable: true, configurable: true });
  const world = await World.open(story, service, clock);
  let failure: Error | null = null;
  try {
    await world.run();
    atEnd?.(world);
    await checkLaws(world);
  } catch (error) {
    failure = error instanceof Error ? error : new Error(String(error));
  } finally {
    world.close();
  }
  return { trace: world.trace(), failure };
}

/** What a story fails by, without what differs from one story to the next. */
export function kindOf(failure: Error): string {
  return `${failure.message.split('\n')[0]?.replace(/device-\d/g, 'a device')} ${failure.cause instanceof Error ? failure.cause.message.slice(0, 40).replace(/[0-9a-f]{8,}|w\d+/g, '#') : ''}`.trim();
}

/** Leaves out what events it can while the story fails in the same way. @param attemptsMax stories that are played for it at most */
export async function shorten(story: Story, failure: Error, stage: Stage, attemptsMax = 200): Promise<Story> {
  let shortest = story;
  let attempts = 0;
  for (let size = Math.ceil(story.events.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2))
    for (let at = 0; at < shortest.events.length && attempts < attemptsMax; ) {
      attempts++;
      const shorter = { ...shortest, events: shortest.events.toSpliced(at, size) };
      const played = await play(shorter, stage);
      if (played.failure && kindOf(played.failure) === kindOf(failure)) shortest = shorter;
      else at += size;
    }
  return shortest;
}
