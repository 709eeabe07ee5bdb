// What somebody with a stolen credential writes into the lists that an account keeps in its drive.
import assert from 'node:assert/strict';
import { formatHex, systemRandom } from '@reprise/kit';
import { decodeDcbor, type DcborValue, encodeDcbor } from '@reprise/protocol/formats';
import { type Drive, hiddenName } from '@reprise/sdk/drive';
import { memoryFile } from '../drive/content.ts';

/** The entries of a list as they stand there, null where there is none. */
export async function rawList(drive: Drive, name: string): Promise<readonly [version: DcborValue, entries: readonly DcborValue[]] | null> {
  const file = await (await drive.parts.space.view()).entryAt([hiddenName, name]);
  if (!file) return null;
  const bytes = new Uint8Array(file.size);
  for await (const piece of drive.reader.readFile(file)) bytes.set(piece.bytes, piece.offset);
  return decodeDcbor(bytes) as unknown as readonly [DcborValue, readonly DcborValue[]];
}

/** What stands in no list: no entry, and one of a version to come. */
export const rubbish: readonly DcborValue[] = [7, new Map<number, DcborValue>([[99, 'of another program']])];

/** Writes that in front of the entries of a list, and makes the list if there is none. */
export async function plant(drive: Drive, name: string): Promise<void> {
  const [version, entries] = (await rawList(drive, name)) ?? [2, []];
  await overwrite(drive, name, encodeDcbor([version, [...rubbish, ...entries]]));
}

/** Puts bytes in the place of a list. They come through a file of a name that was never used: a second one of its name would be called otherwise. */
export async function overwrite(drive: Drive, name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  const through = `${name}-${formatHex(systemRandom(8))}.list`;
  const upload = await drive.put('/', [memoryFile(through, bytes)]);
  await upload.finished;
  await drive.commit(async (view) => {
    const [parent, made] = [await view.entryAt([hiddenName]), await view.entryAt([through])];
    assert.ok(parent && made);
    const entry = { ...made, fid: systemRandom(16), name };
    return { edits: [{ kind: 'put', parent: parent.fid, entry }], places: new Map([[formatHex(parent.fid), [hiddenName]]]), adds: [] };
  });
}
