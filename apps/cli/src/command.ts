// What every command is given, and how a failure becomes words and an exit code.
import { Failure, type FailureCode } from '@reprise/protocol/formats';
import { exitCodeOf, exitCodes } from './exit-codes.ts';
import type { Terminal } from './terminal.ts';
import { visible } from './visible.ts';
import { failureText, type Words } from './words.ts';

export type CommandContext = { readonly terminal: Terminal; readonly words: Words };

/** @returns the exit code */
export type Command = (args: readonly string[], context: CommandContext) => Promise<number>;

/** Tells a failure on standard error, and as JSON where that was asked for. */
export function tellFailure(
  error: unknown,
  { terminal, words }: CommandContext,
  options: { readonly command: string; readonly isJson: boolean },
): number {
  const failure = error instanceof Failure ? error : undefined;
  if (!failure) {
    const lines = (error instanceof Error ? (error.stack ?? error.message) : String(error)).split('\n');
    terminal.say(`${words.error} ${lines.map(visible).join('\n')}\n`);
    if (options.isJson) terminal.print(JSON.stringify({ error: { code: 'unexpected' } }));
    return exitCodes.failed;
  }
  terminal.say(`${words.error} ${failureText(words, failure)}\n`);
  if (failure.code === 'usage') terminal.say(`${words.seeHelp(options.command)}\n`);
  if (options.isJson) terminal.print(JSON.stringify({ error: failureJson(failure) }));
  return exitCodeOf(failure.code);
}

/** As JSON shows it. */
export function failureJson({ code, facts }: Failure): { readonly code: FailureCode; readonly facts?: object } {
  return Object.keys(facts).length > 0 ? { code, facts } : { code };
}

/** What was left out, as JSON shows it. */
export function leftOutJson(
  items: readonly { readonly path: string; readonly failure: { readonly code: FailureCode } }[],
): { path: string; code: FailureCode }[] {
  return items.map(({ path, failure }) => ({ path, code: failure.code }));
}
