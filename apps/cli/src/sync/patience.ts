// A folder is followed from when its machine starts, and the network, the server, a disk or room on it may come later: that is waited for, and said.
import { sleep } from '@reprise/kit';
import { Failure } from '@reprise/protocol/formats';
import type { CommandContext } from '../command.ts';
import { visible } from '../visible.ts';
import { failureText, type Words } from '../words.ts';

export type Waiting = {
  readonly quiet: boolean;
  readonly json: boolean /** Those that are to be followed. */;
  readonly folders: readonly string[];
};

const firstAgainMs = 1_000;
const againMsMax = 60_000;
const passing: ReadonlySet<string> = new Set([
  'network',
  'stalled',
  'unavailable',
  'rate-limited',
  'server-error',
  'request-timeout',
  'bad-answer',
]);

/** Until the server answers and the state's disk has room, or the program is told to end. @throws whatever no waiting mends */
export async function onceReached<Result>(
  reach: () => Promise<Result>,
  { quiet, json, folders }: Waiting,
  { terminal, words }: CommandContext,
): Promise<Result> {
  let told = '';
  const isPassing = ({ code }: Failure): boolean => passing.has(code) || code === 'target-full';
  const tell = (failure: Failure, retryAtMs: number): void => {
    if (told === failure.code) return;
    told = failure.code;
    const isFull = failure.code === 'target-full';
    const state = { state: isFull ? 'stopped' : 'offline', failure: failure.code, retryAtMs };
    for (const folder of folders) {
      if (json) terminal.print(JSON.stringify({ v: 1, folder, ...state }));
      else if (!quiet) terminal.say(`${visible(folder)}: ${isFull ? stoppedText(words, failure) : words.syncWaits}\n`);
    }
  };
  return await whenPossible(reach, isPassing, tell, terminal.interrupted);
}

/** Of what is waited for and is no network. */
export function stoppedText(words: Words, failure: Failure): string {
  const { path } = failure.facts;
  return failure.code === 'target-full' && typeof path === 'string' ? words.syncWaitsForRoom(visible(path)) : failureText(words, failure);
}

/** Again and again, at longer and longer distances, while what fails is of a kind that passes. @throws whatever else fails */
export async function whenPossible<Result>(
  attempt: () => Result | Promise<Result>,
  isPassing: (failure: Failure) => boolean,
  tell: (failure: Failure, retryAtMs: number) => void,
  signal: AbortSignal,
): Promise<Result> {
  for (let delayMs = firstAgainMs; ; delayMs = Math.min(againMsMax, 2 * delayMs)) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof Failure) || !isPassing(error) || signal.aborted) throw error;
      tell(error, Date.now() + delayMs);
      await sleep(delayMs, signal);
    }
  }
}
