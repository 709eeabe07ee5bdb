// A folder is followed from when its machine starts, and the network or the server may come later: that is waited for, and said.
import { sleep } from '@reprise/kit';
import { Failure } from '@reprise/protocol/formats';
import type { CommandContext } from '../command.ts';
import { visible } from '../visible.ts';

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

/** Until the server answers, or the program is told to end. @throws whatever no waiting mends */
export async function onceReached<Result>(
  reach: () => Promise<Result>,
  { quiet, json, folders }: Waiting,
  { terminal, words }: CommandContext,
): Promise<Result> {
  let told = '';
  for (let delayMs = firstAgainMs; ; delayMs = Math.min(againMsMax, 2 * delayMs)) {
    try {
      return await reach();
    } catch (error) {
      if (!(error instanceof Failure) || !passing.has(error.code) || terminal.interrupted.aborted) throw error;
      if (told !== error.code) {
        told = error.code;
        const state = { state: 'offline', failure: error.code, retryAtMs: Date.now() + delayMs };
        for (const folder of folders) {
          if (json) terminal.print(JSON.stringify({ v: 1, folder, ...state }));
          else if (!quiet) terminal.say(`${visible(folder)}: ${words.syncWaits}\n`);
        }
      }
      await sleep(delayMs, terminal.interrupted);
    }
  }
}
