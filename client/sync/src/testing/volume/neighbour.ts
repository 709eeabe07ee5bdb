// Another program on a volume in memory.
import { decodeUtf8, encodeUtf8 } from '@reprise/kit';
import type { Neighbour } from '../disk-conformance.ts';
import { blockBytes } from './content.ts';
import type { Volume } from './volume.ts';

export function neighbourOn(volume: Volume): Neighbour {
  return {
    write: (path, text) => void volume.writeFile(path, encodeUtf8(text)),
    read: (path) => decodeUtf8(volume.readFile(path)),
    makeFolder: (path) => void volume.makeFolder(path),
    remove: (path) => volume.remove(path),
    rename: (from, to) => volume.rename(from, to, true),
    makeLink: (path, target) => void volume.makeLink(path, target),
    makeSpecial: (path) => void volume.makeSpecial(path),
    writeRaw: (folder, name) => void volume.makeFile(folder === '' ? rawName(name) : `${folder}/${rawName(name)}`),
    roomOf: (path) => volume.inode(path).content.blockCount * blockBytes,
    deny: (folder, isDenied) => {
      volume.inode(folder).isReadable = !isDenied;
      return true;
    },
  };
}

/** Bytes that are no UTF-8 stand as lone surrogates, as in Python's PEP 383. */
export function rawName(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte < 0x80 ? byte : 0xdc00 + byte)).join('');
}
