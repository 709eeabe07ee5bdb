// The command that goes on with what was interrupted, as a person may copy it from the screen. A password that stood in it is asked for
// again, and so are coins: what is on the screen ends up in logs and in the history of shells.
import { takePassword } from './arguments.ts';

/** @param args after the command's name */
export function repeatable(command: string, args: readonly string[]): string {
  const { rest, password } = takePassword(args);
  const asks = password === undefined ? [] : ['--password'];
  return ['reprise', command, ...asks, ...rest.map(withoutCoins)].map(quoted).join(' ');
}

function withoutCoins(word: string): string {
  return word.replace(/^(--pay=)?cashu[AB].*$/s, '$1-');
}

/** A word as a shell reads it. */
export function quoted(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
