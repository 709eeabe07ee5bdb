// Reads a command's arguments by Node's own parser; what does not fit is a Failure that the person can act on.
import fs from 'node:fs';
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { Failure } from '@reprise/protocol/formats';

type Options = NonNullable<ParseArgsConfig['options']>;

const sharedOptions = {
  help: { type: 'boolean', short: 'h' },
  json: { type: 'boolean' },
  quiet: { type: 'boolean', short: 'q' },
} as const satisfies Options;

/** @throws Failure usage */
export function parseArguments<const O extends Options>(args: readonly string[], options: O) {
  try {
    const all = { ...sharedOptions, ...options };
    return parseArgs({ args: [...args], options: all, allowPositionals: true, strict: true }) as ReturnType<
      typeof parseArgs<{ args: string[]; options: O & typeof sharedOptions; allowPositionals: true; strict: true }>
    >;
  } catch (cause) {
    const value = /'([^']*)'/.exec((cause as Error).message)?.[1] ?? '';
    throw new Failure('usage', { reason: 'option', value }, { cause });
  }
}

/** A number of times, at least 1. @throws Failure usage */
export function parseCount(text: string, option: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new Failure('usage', { reason: 'count', value: `${option} ${text}` });
  return Number(text);
}

/** @throws Failure usage */
export function parseServer(text: string): string {
  try {
    const url = new URL(text.includes('://') ? text : `http://${text}`);
    if (url.protocol === 'http:' || url.protocol === 'https:') return url.origin;
  } catch {
    // told below
  }
  throw new Failure('usage', { reason: 'server', value: text });
}

export const defaultServer = 'http://localhost:8080';

/**
 * `--password` may stand alone, then the program asks, or be followed by the password. What follows counts as the password unless it
 * is an option, a link, or a file that exists.
 * @returns the arguments without it, and the password: a text, `ask`, or undefined if there was no such option
 */
export function takePassword(args: readonly string[]): {
  readonly rest: readonly string[];
  readonly password: { text: string } | 'ask' | undefined;
} {
  const end = args.indexOf('--');
  const at = args.findIndex((arg, i) => (end < 0 || i < end) && (arg === '--password' || arg === '-p' || arg.startsWith('--password=')));
  if (at < 0) return { rest: args, password: undefined };
  const option = args[at] as string;
  const next = args[at + 1];
  if (option.startsWith('--password=')) return { rest: args.toSpliced(at, 1), password: { text: option.slice('--password='.length) } };
  const stands = next === undefined || next.startsWith('-') || /^https?:\/\//.test(next) || /^#?1\./.test(next) || fs.existsSync(next);
  if (stands) return { rest: args.toSpliced(at, 1), password: 'ask' };
  return { rest: args.toSpliced(at, 2), password: { text: next } };
}
