// Which names of a link this platform's disk can hold, and what stands in for those it cannot. spec/directories.md "Names": the tree holds
// more names than some disks do.
import { createHash } from 'node:crypto';

const reservedOnWindows = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(\..*)?$/i;
// biome-ignore lint/suspicious/noControlCharactersInRegex: Windows refuses them in names
const refusedOnWindows = /[<>:"/\\|?*\u0000-\u001f]/g;

/** The name to write; the same unless the platform cannot hold it. */
export function nameOnDisk(name: string, platform: NodeJS.Platform): string {
  if (platform !== 'win32') return name;
  const characters = name.replace(refusedOnWindows, '_').replace(/[. ]+$/, (end) => '_'.repeat(end.length));
  return reservedOnWindows.test(characters) ? `_${characters}` : characters;
}

/** Names that a disk may take for one and the same: it may ignore case, and the two ways of writing an accent. */
export function twinKey(name: string, platform: NodeJS.Platform): string {
  return platform === 'win32' || platform === 'darwin' ? name.normalize('NFD').toLowerCase() : name;
}

const partSuffix = '.reprise-part';
const nameBytesMax = 255;

/** What a file is called while it is not complete. */
export function partName(name: string): string {
  const plain = name + partSuffix;
  return Buffer.byteLength(plain) <= nameBytesMax ? plain : otherPartName(name);
}

/** Another one, the same each time. */
export function otherPartName(name: string): string {
  return `.${createHash('sha256').update(name).digest('hex').slice(0, 32)}${partSuffix}`;
}
