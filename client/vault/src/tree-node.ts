// A node of a tree: dCBOR, padded with zeros, sealed under a key of its own, named by a reference. spec/directories.md "Nodes".
import { type Bytes, type RandomBytes } from '@reprise/kit';
import {
  badObject,
  type DcborValue,
  decodeDcbor,
  encodeDcbor,
  nodeBytesMax,
  nodePaddedBytesMin,
  padme,
  readBytes,
  readTuple,
  readUint,
  sealedLength,
} from '@reprise/protocol/formats';
import { type ObjectRef, openObject, type SealedObject, sealObject } from './cae.ts';
import type { Engine } from './engine.ts';
import type { ObjectLabel } from './labels.ts';

/** Names a node: its id, its key, and the bytes of its plaintext before padding. */
export type Ref = { readonly id: Bytes; readonly key: Bytes; readonly length: number };

/** What writing a tree needs. `put` takes each sealed node, children before parents. */
export type NodeWriter = {
  readonly engine: Engine;
  readonly random: RandomBytes;
  readonly put: (object: SealedObject) => void | Promise<void>;
};

/** An object to fetch. */
export type Wanted = { readonly id: Bytes; readonly sealedLength: number };

/** What reading a tree needs. `fetch` answers with the objects' bytes in the order asked, unchecked. */
export type NodeReader = {
  readonly engine: Engine;
  readonly fetch: (wanted: readonly Wanted[]) => Promise<readonly Uint8Array[]>;
};

/** Nodes asked for in one go. */
export const nodesPerFetch = 64;

export function nodeSealedLength(ref: Pick<Ref, 'length'>): number {
  return sealedLength(Math.max(nodePaddedBytesMin, padme(ref.length)));
}

export function nodeObject(ref: Ref): ObjectRef {
  return { id: ref.id, key: ref.key, sealedLength: nodeSealedLength(ref) };
}

/** Seals a node under the next key of the writer, gives the object to it, and names it. @throws Failure bad-object if the node is too long */
export function sealNode(label: ObjectLabel, value: DcborValue, writer: NodeWriter): Promise<Ref> {
  return sealEncodedNode(label, encodeDcbor(value), writer);
}

/** @param bytes the node's dCBOR @throws as `sealNode` */
export async function sealEncodedNode(label: ObjectLabel, bytes: Bytes, writer: NodeWriter): Promise<Ref> {
  const { padded, length } = padNode(bytes);
  const key = writer.random(32);
  const object = await sealObject(writer.engine, label, key, padded);
  await writer.put(object);
  return { id: object.id, key, length };
}

/** Fetches nodes in one go and opens each. @throws Failure reject or bad-object */
export async function openNodes(label: ObjectLabel, refs: readonly Ref[], reader: NodeReader): Promise<DcborValue[]> {
  return (await openEncodedNodes(label, refs, reader)).map(decodeDcbor);
}

/** As `openNodes`, but the nodes stay encoded. */
export async function openEncodedNodes(label: ObjectLabel, refs: readonly Ref[], reader: NodeReader): Promise<Bytes[]> {
  const sealed = await reader.fetch(refs.map(nodeObject));
  const nodes: Bytes[] = [];
  for (const [i, ref] of refs.entries()) {
    const padded = await openObject(reader.engine, label, nodeObject(ref), sealed[i] ?? new Uint8Array());
    nodes.push(withoutPadding(ref, padded));
  }
  return nodes;
}

function padNode(bytes: Bytes): { readonly padded: Bytes; readonly length: number } {
  if (bytes.length > nodeBytesMax) throw badObject('a node has at most 1 MiB');
  const padded = new Uint8Array(Math.max(nodePaddedBytesMin, padme(bytes.length)));
  padded.set(bytes);
  return { padded, length: bytes.length };
}

/** @throws Failure bad-object unless nothing but zeros follows the node. */
function withoutPadding(ref: Ref, padded: Bytes): Bytes {
  if (padded.subarray(ref.length).some((byte) => byte !== 0)) throw badObject('a node is padded with zeros');
  return padded.subarray(0, ref.length);
}

export function encodeRef(ref: Ref): DcborValue {
  return [ref.id, ref.key, ref.length];
}

/** @throws Failure bad-object */
export function decodeRef(value: DcborValue | undefined): Ref {
  const [id, key, length] = readTuple(value, 3);
  return { id: readBytes(id, 32), key: readBytes(key, 32), length: readUint(length, nodeBytesMax, 1) };
}
