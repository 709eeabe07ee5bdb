// Asks for a password on the terminal without showing it.
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
