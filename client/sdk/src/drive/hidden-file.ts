// A file of `.reprise`: a short list that the account keeps for itself, read whole and written anew in one commit. spec/drive.md.
import type { Bytes } from '@reprise/kit';
import { badObject, sha256 } from '@reprise/protocol/formats';
import { buildContent, type Extent, type NodeWriter, planRun, sealChunk } from '@reprise/vault';
import { gateOf } from '../gate.ts';
import { ObjectBatches } from '../object-batches.ts';
import { planHiddenFile } from './changes.ts';
import type { Drive } from './drive.ts';
import type { Plan } from './drive-space.ts';
import { hiddenName } from './path.ts';
import type { TreeView } from './tree-view.ts';

/** Here, so that it is looked for without what reads it. */
export const offersFileName = 'offers';

/** Of any of these files; the longest list has a tenth of it. */
const bytesMax = 64 * 2 ** 20;

/** null where there is no such file yet. @throws Failure bad-object, reject, network … */
export async function readHiddenFile(drive: Drive, view: TreeView, name: string, signal?: AbortSignal): Promise<Bytes | null> {
  const file = await view.entryAt([hiddenName, name]);
  if (!file) return null;
  const isFile = file.content.kind === 'file' || file.content.kind === 'manifest';
  if (!isFile || file.size > bytesMax) throw badObject(`.reprise/${name}`);
  const bytes = new Uint8Array(file.size);
  for await (const piece of drive.reader.readFile(file, signal && { signal })) bytes.set(piece.bytes, piece.offset);
  return bytes;
}

/** When the account wrote a file, ms since 1970 by the server's clock; null where there is no such file. */
export async function hiddenFileTime(view: TreeView, name: string): Promise<number | null> {
  const file = await view.entryAt([hiddenName, name]);
  return file && Number(file.mtimeNs / 1_000_000n);
}

/** Who loses the race to another device reads what it wrote and makes the change again. */
export async function changeHiddenFile(
  drive: Drive,
  name: string,
  edit: (bytes: Bytes | null) => Bytes | Promise<Bytes>,
  signal: AbortSignal | undefined,
): Promise<void> {
  await drive.commit(
    async (view) => planHiddenBytes(drive, view, name, await edit(await readHiddenFile(drive, view, name, signal)), signal),
    signal,
  );
}

/** A file of `.reprise` with this content, whatever it held before. */
export async function planHiddenBytes(
  drive: Drive,
  view: TreeView,
  name: string,
  bytes: Bytes,
  signal: AbortSignal | undefined,
): Promise<Plan> {
  return planHiddenFile(view, name, await sealFile(drive, bytes, signal), drive.tools());
}

async function sealFile(drive: Drive, bytes: Bytes, signal: AbortSignal | undefined) {
  const { engine, random, space } = drive.parts;
  using gate = gateOf(signal);
  const places = space.places(gate.gate, () => undefined);
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
