// Asks a person on the terminal: for a password or for money without showing it, or for a yes.
import { Failure } from '@reprise/protocol/formats';
import type { Terminal } from './terminal.ts';

/** @returns what REPRISE_PASSWORD or the person says; undefined where neither can */
export async function askPassword(terminal: Terminal, question: string): Promise<string | undefined> {
  const fromEnvironment = terminal.env['REPRISE_PASSWORD'];
  if (fromEnvironment) return fromEnvironment;
  if (process.stdin.isTTY !== true) return undefined;
  terminal.say(question);
  try {
    return await readHidden(terminal);
  } finally {
    terminal.say('\n');
  }
}

function readHidden(terminal: Terminal): Promise<string> {
  const { stdin } = process;
  stdin.setRawMode(true);
  stdin.setEncoding('utf8');
  stdin.resume();
  let typed = '';
  return new Promise<string>((resolve, reject) => {
    const end = (settle: () => void) => {
      stdin.off('data', onData);
      stdin.setRawMode(false);
      stdin.pause();
      settle();
    };
    const onData = (text: string) => {
      for (const character of text) {
        if (character === '\r' || character === '\n' || character === '\u0004') return end(() => resolve(typed));
        if (character === '\u0003') return end(() => reject(new Failure('cancelled')));
        typed = character === '\u007f' || character === '\b' ? [...typed].slice(0, -1).join('') : typed + character;
      }
    };
    stdin.on('data', onData);
    terminal.interrupted.addEventListener('abort', () => end(() => reject(new Failure('cancelled'))), { once: true });
  });
}

/**
 * Something that nobody else is to see, and that may be long: a terminal that edits lines by itself cuts them after 4 095 characters.
 * @returns what the person says, else the next line of standard input
 */
export async function askSecret(terminal: Terminal, question: string): Promise<string> {
  if (process.stdin.isTTY !== true) return readLine(terminal);
  terminal.say(question);
  try {
    return await readHidden(terminal);
  } finally {
    terminal.say('\n');
  }
}

/** Asks a question that a letter answers. @returns whether the person said yes; false where nobody is there to answer */
export async function askYes(terminal: Terminal, question: string): Promise<boolean> {
  terminal.say(question);
  const answer = await readLine(terminal);
  if (process.stdin.isTTY !== true) terminal.say('\n');
  return /^\s*(y|yes|o|oui)\s*$/i.test(answer);
}

/**
 * The next line of standard input; what is there of it when it ends.
 * @param question for a person, where one types
 * @throws Failure cancelled
 */
export function readLine(terminal: Terminal, question = ''): Promise<string> {
  const { stdin } = process;
  if (stdin.isTTY === true) terminal.say(question);
  if (stdin.readableEnded) return Promise.resolve('');
  stdin.setEncoding('utf8');
  let typed = '';
  return new Promise<string>((resolve, reject) => {
    const end = (settle: () => void) => {
      stdin.off('data', onData).off('end', onEnd).pause();
      terminal.interrupted.removeEventListener('abort', onAbort);
      settle();
    };
    const onEnd = () => end(() => resolve(typed));
    const onAbort = () => end(() => reject(new Failure('cancelled')));
    const onData = (text: string) => {
      typed += text;
      if (typed.includes('\n')) end(() => resolve(typed.slice(0, typed.indexOf('\n'))));
    };
    terminal.interrupted.addEventListener('abort', onAbort, { once: true });
    stdin.on('data', onData).on('end', onEnd).resume();
  });
}
