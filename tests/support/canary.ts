// A canary: a secret that is placed where only its owner may see it, then searched for in every byte a server could have kept or heard, in all the
// forms in which bytes commonly travel.
import { createReadStream, lstatSync, readdirSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';

export type Finding = { readonly file: string; readonly form: string; readonly offset: number };

/** Letters only, so that it is itself in a file name, a URL and a JSON string; long enough never to occur by chance. */
export function makeCanary(name: string): string {
  const letters = [...randomBytes(24)].map((byte) => String.fromCharCode(97 + (byte % 26))).join('');
  return `${name}${letters}`;
}

/** A server that is at work renames and removes files meanwhile. */
const passesMax = 50;

/** Every form of the secret that occurs in the files, or in the files below the folders. @throws Error for a place that is not there */
export async function findCanary(secret: string | Uint8Array, places: readonly string[]): Promise<readonly Finding[]> {
  const forms = formsOf(secret);
  const found: Finding[] = [];
  for (const place of places) found.push(...(await searchPlace(place, forms)));
  return found;
}

/** A pass in which a file went is made again from the start: what was in it may stand where the pass has been already. */
async function searchPlace(place: string, forms: readonly Form[]): Promise<readonly Finding[]> {
  for (let pass = 1; ; pass++) {
    const found: Finding[] = [];
    try {
      for (const file of filesUnder(place)) found.push(...(await searchFile(file, forms)));
      return found;
    } catch (error) {
      const { code, path } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT' || path === place || pass === passesMax) throw error;
    }
  }
}

type Form = { readonly name: string; readonly bytes: Buffer };

/** @throws RangeError for a secret so short that chance would find it */
function formsOf(secret: string | Uint8Array): readonly Form[] {
  const raw = Buffer.from(secret as string);
  if (raw.length < 12) throw new RangeError('a canary of under 12 bytes proves nothing');
  const hex = raw.toString('hex');
  const forms: Form[] = [
    { name: 'raw', bytes: raw },
    { name: 'hex', bytes: Buffer.from(hex) },
    { name: 'HEX', bytes: Buffer.from(hex.toUpperCase()) },
    { name: 'UTF-16LE', bytes: Buffer.from(raw.toString('latin1'), 'utf16le') },
    { name: 'reversed', bytes: Buffer.from(raw.toReversed()) },
  ];
  const percent = encodeURIComponent(raw.toString('utf8'));
  if (percent !== raw.toString('utf8')) forms.push({ name: 'percent', bytes: Buffer.from(percent) });
  // Within a longer string the secret starts at one of three places of a base64 group: only the characters that its own bytes decide are sought.
  for (const before of [0, 1, 2]) {
    const text = Buffer.concat([Buffer.alloc(before), raw])
      .toString('base64')
      .replace(/=+$/, '');
    const sure = text.slice(before === 0 ? 0 : before + 1, Math.floor(((before + raw.length) * 8) / 6));
    forms.push({ name: `base64 at ${before}`, bytes: Buffer.from(sure) });
    const url = sure.replaceAll('+', '-').replaceAll('/', '_');
    if (url !== sure) forms.push({ name: `base64url at ${before}`, bytes: Buffer.from(url) });
  }
  return forms;
}

async function searchFile(file: string, forms: readonly Form[]): Promise<readonly Finding[]> {
  const overlap = Math.max(...forms.map(({ bytes }) => bytes.length)) - 1;
  const found: Finding[] = [];
  let tail: Buffer = Buffer.alloc(0);
  let start = 0;
  for await (const piece of createReadStream(file, { highWaterMark: 4 << 20 })) {
    const window = Buffer.concat([tail, piece as Buffer]);
    for (const { name, bytes } of forms) {
      const at = window.indexOf(bytes);
      if (at >= 0) found.push({ file, form: name, offset: start + at });
    }
    tail = window.subarray(Math.max(0, window.length - overlap));
    start += window.length - tail.length;
  }
  return found;
}

function filesUnder(place: string): readonly string[] {
  const kind = lstatSync(place);
  if (kind.isFile()) return [place];
  if (!kind.isDirectory()) return [];
  return readdirSync(place).flatMap((name) => filesUnder(join(place, name)));
}
