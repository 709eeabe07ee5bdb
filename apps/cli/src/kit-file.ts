// The recovery kit as a text file: what opens the account when every device is lost. Written for its owner only, never over another file.
import fs from 'node:fs';
import { Failure } from '@reprise/protocol/formats';

export type KitText = { readonly server: string; readonly name: string; readonly code: string; readonly words: readonly string[] };

const wordsPerLine = 6;

/** A new file that waits for its kit; unless one is written into it, it goes again. */
export interface KitFile extends Disposable {
  /** @throws Failure target-refused */
  write(kit: KitText): void;
}

/** Made before there is a kit: a kit that has no place is told before an account is opened for it. @throws Failure target-exists, target-refused */
export function openKitFile(file: string): KitFile {
  const refuse = (cause: unknown) => {
    const reason = (cause as NodeJS.ErrnoException).code ?? 'unknown';
    return new Failure(reason === 'EEXIST' ? 'target-exists' : 'target-refused', { path: file, reason }, { cause });
  };
  let descriptor: number;
  try {
    descriptor = fs.openSync(file, 'wx', 0o600);
  } catch (cause) {
    throw refuse(cause);
  }
  let isWritten = false;
  return {
    write: (kit) => {
      try {
        fs.writeFileSync(descriptor, kitText(kit), { flush: true });
        isWritten = true;
      } catch (cause) {
        throw refuse(cause);
      }
    },
    [Symbol.dispose]: () => {
      fs.closeSync(descriptor);
      if (!isWritten) fs.rmSync(file, { force: true });
    },
  };
}

export function kitText({ server, name, code, words }: KitText): string {
  const lines = Array.from({ length: Math.ceil(words.length / wordsPerLine) }, (_, i) =>
    words.slice(i * wordsPerLine, (i + 1) * wordsPerLine).join(' '),
  );
  return ['Reprise', `server: ${server}`, `user: ${name}`, `code: ${code}`, 'words:', ...lines, ''].join('\n');
}

/** Reads a kit file, or a file of nothing but its words. @returns what it holds; empty texts for what it does not @throws Failure source-vanished */
export function readKit(file: string): { readonly code: string; readonly words: string } {
  let text: string;
  try {
    text = fs.readFileSync(file, 'utf8');
  } catch (cause) {
    throw new Failure('source-vanished', { path: file, reason: (cause as NodeJS.ErrnoException).code ?? 'unreadable' }, { cause });
  }
  const code = /^code:\s*(\S.*)$/m.exec(text)?.[1]?.trim() ?? '';
  const at = /^words:/m.exec(text);
  const words = at ? text.slice(at.index + at[0].length) : code === '' ? text : '';
  return { code, words: words.trim().split(/\s+/).join(' ') };
}
