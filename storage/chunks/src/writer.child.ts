// A process that writes packs until it is killed or refused, for filesystem.test.ts: `node writer.child.ts FOLDER LANES PACKS`.
// Each pack is SHA-256 of the rest, then the rest, so that any reader can tell whether it is whole. One line for each outcome.
import { writeSync } from 'node:fs';
import { concatBytes, systemRandom } from '@reprise/kit';
import { Failure, sha256 } from '@reprise/protocol';
import { openFilesystemStore } from './filesystem.ts';

const [folder, lanes, packs] = process.argv.slice(2) as [string, string, string];
const packBytesMax = 1_000_000;
const pieceBytes = 100_000;

await using store = await openFilesystemStore({ folder, reserveBytes: 0 });
writeSync(1, 'ready\n');

async function writePack(): Promise<string> {
  const rest = systemRandom(1 + Math.floor(Math.random() * packBytesMax));
  const bytes = concatBytes(await sha256(rest), rest);
  try {
    const writer = await store.beginPack('bulk');
    for (let at = 0; at < bytes.length; at += pieceBytes) await writer.write(bytes.subarray(at, at + pieceBytes));
    return `committed ${await writer.commit()} ${bytes.length}`;
  } catch (error) {
    if (error instanceof Failure) return `refused ${error.code}`;
    throw error;
  }
}

async function lane(): Promise<void> {
  for (let i = 0; i < Number(packs); i++) writeSync(1, `${await writePack()}\n`);
}

await Promise.all(Array.from({ length: Number(lanes) }, lane));
