// What a command needs of the process that runs it, read once: arguments, environment, streams. Nothing else in the program touches them.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type Language, languageOf } from './language.ts';

export type Terminal = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly language: Language;
  /** Standard error is a terminal that takes cursor movements. */
  readonly isInteractive: boolean;
  readonly columns: () => number;
  /** Characters beyond ASCII show. */
  readonly isUnicode: boolean;
  readonly stateFolder: string;
  /** What the program was asked for: results. */
  print(line: string): void;
  /** What it says meanwhile. */
  say(text: string): void;
  /** Aborts with the first Ctrl+C or SIGTERM. */
  readonly interrupted: AbortSignal;
};

export function openTerminal(): Terminal {
  const { env, stdout, stderr } = process;
  const controller = new AbortController();
  let signals = 0;
  const stop = () => {
    // Whoever presses twice does not want to wait.
    if (++signals > 1) process.exit(130);
    controller.abort();
  };
  process.on('SIGINT', stop).on('SIGTERM', stop).on('SIGHUP', stop);
  // A reader that ends early, as `head` does, is no error of ours.
  stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  stderr.on('error', () => undefined);
  const locale = env['LC_ALL'] || env['LC_MESSAGES'] || env['LANG'] || '';
  return {
    env,
    language: languageOf(env),
    isInteractive: stderr.isTTY === true && env['TERM'] !== 'dumb',
    columns: () => stderr.columns || 80,
    isUnicode: process.platform === 'win32' || /utf-?8/i.test(`${env['LC_ALL'] || env['LC_CTYPE'] || locale}`),
    stateFolder: path.join(env['XDG_STATE_HOME'] || path.join(os.homedir(), '.local', 'state'), 'reprise'),
    print: (line) => void fs.writeSync(1, `${line}\n`),
    say: (text) => void stderr.write(text),
    interrupted: controller.signal,
  };
}
