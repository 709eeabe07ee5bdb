// A secret of this machine, drawn once: of two programs that start at the same time, the one that is first decides what it is.
import fs from 'node:fs';
import { type Bytes, formatHex, systemRandom } from '@reprise/kit';
import { Failure } from '@reprise/protocol/formats';

/** Never takes the place of what is there. @returns what is kept */
export function keepOnce(file: string, secret: Bytes): Bytes {
  if (fs.existsSync(file)) return readSecret(file, secret.length);
  const draft = `${file}.${formatHex(systemRandom(6))}`;
  fs.writeFileSync(draft, secret, { mode: 0o600, flush: true });
  try {
    fs.linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    fs.rmSync(draft, { force: true });
  }
  return readSecret(file, secret.length);
}

/** @throws Failure bad-journal */
export function readSecret(file: string, bytes: number): Bytes {
  const secret = new Uint8Array(fs.readFileSync(file));
  if (secret.length !== bytes) throw new Failure('bad-journal', { path: file });
  return secret;
}
