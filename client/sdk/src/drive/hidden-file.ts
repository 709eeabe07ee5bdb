// A file of `.reprise`: a short list that the account keeps for itself, read whole and written anew in one commit. spec/drive.md.
import type { Bytes } from '@reprise/kit';
import { sha256 } from '@reprise/protocol/formats';
import { buildContent, type Extent, type NodeWriter, planRun, sealChunk } from '@reprise/vault';
import { Gate } from '../gate.ts';
import { ObjectBatches } from '../object-batches.ts';
import { planHiddenFile } from './changes.ts';
import type { Drive } from './drive.ts';
import { hiddenName } from './path.ts';
import type { TreeView } from './tree-view.ts';

/** null where there is no such file yet. @throws Failure reject, network … */
export async function readHiddenFile(drive: Drive, view: TreeView, name: string): Promise<Bytes | null> {
  const file = await view.entryAt([hiddenName, name]);
  if (!file) return null;
  const bytes = new Uint8Array(file.size);
  for await (const piece of drive.reader.readFile(file)) bytes.set(piece.bytes, piece.offset);
  return bytes;
}

/** Who loses the race to another device reads what it wrote and makes the change again. */
export async function changeHiddenFile(
  drive: Drive,
  name: string,
  edit: (bytes: Bytes | null) => Bytes | Promise<Bytes>,
  signal: AbortSignal | undefined,
): Promise<void> {
  await drive.commit(async (view) => {
    const bytes = await edit(await readHiddenFile(drive, view, name));
    return planHiddenFile(view, name, await sealFile(drive, bytes), drive.tools());
  }, signal);
}

async function sealFile(drive: Drive, bytes: Bytes) {
  const { engine, random, space } = drive.parts;
  const places = space.places(new Gate(), () => undefined);
  const batches = new ObjectBatches(places, 'bulk');
  const writer: NodeWriter = { engine, random, put: (object) => batches.add(object) };
  const extents = await sealRun(bytes, writer);
  await batches.flush();
  const content = await buildContent(extents, writer);
  await batches.flush();
  return { content, size: bytes.length, digest: await sha256(bytes), adds: batches.ids };
}

/** Seals bytes as the chunks of one run. */
async function sealRun(bytes: Bytes, writer: NodeWriter): Promise<Extent[]> {
  const extents: Extent[] = [];
  for (const { start, length, paddedLength, sealedLength } of planRun(bytes.length)) {
    const plain = new Uint8Array(paddedLength);
    plain.set(bytes.subarray(start, start + length));
    const key = writer.random(32);
    const object = await sealChunk(writer.engine, key, plain);
    await writer.put(object);
    extents.push({ id: object.id, key, sealedLength, offset: 0, length });
  }
  return extents;
}
