// What commands of the operator share: how they are called, what they refuse, and how they print what strangers wrote.
import type { Database } from '@reprise/database';

/** @returns what to print */
export type Command = (database: Database, words: readonly string[]) => Promise<string>;

/** What the person typed does not fit a command. */
export class Usage extends Error {
  override readonly name = 'Usage';
}

/** What was understood and cannot be done as things stand; nothing was changed. */
export class NotNow extends Error {
  override readonly name = 'NotNow';
}

export function fail(message: string): never {
  throw new Usage(message);
}

/** Text of strangers on a terminal: control characters could rewrite what is on the screen. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '�').replaceAll('\n', '\n  ');
}
