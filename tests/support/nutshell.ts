// Where nutshell, the mint and wallet in Python, is on this machine. Nothing here installs it.
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** @returns `absence`: false where it is there, else how it comes there */
export function findNutshell(name: 'cashu' | 'mint'): { readonly program: string; readonly absence: string | false } {
  const place = process.env['REPRISE_NUTSHELL'] ?? join(homedir(), '.cache/reprise/nutshell');
  const program = join(place, 'bin', name);
  const install = `python3 -m venv ${place} && ${place}/bin/pip install cashu==0.19.2 'marshmallow<4' 'limits<5'`;
  return { program, absence: !existsSync(program) && `no nutshell: ${install}, or name its folder in REPRISE_NUTSHELL` };
}
