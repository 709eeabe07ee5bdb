// What a commit changes, in short, for peers that know the tree before it: spec/epochs.md "Delta".
import type { Bytes, RandomBytes } from '@reprise/kit';
import {
  badObject,
  type DcborValue,
  decodeDcbor,
  deltaBytesMax,
  directoryLevelsMax,
  encodeDcbor,
  readArray,
  readBytes,
  readText,
  readTuple,
  readUint,
} from '@reprise/protocol/formats';
import { type MessageSeal, messageOverheadBytes, openMessage, paddedMessageLength, sealMessage } from './cae.ts';
import type { Engine } from './engine.ts';
import { decodeEntry, encodeEntry } from './entry.ts';
import { sealLabels } from './labels.ts';
import { checkName } from './names.ts';
import { type LogPlace, placeContext } from './space-root.ts';
import type { RewrittenNode, TreeChange, TreeDelta } from './tree-change.ts';
import { decodeRef, encodeRef } from './tree-node.ts';

const fidBytes = 16;

/** @param key of the place's epoch @returns at most 64 KiB, or null if it would be longer: then the commit goes without */
export async function sealDelta(engine: Engine, key: Bytes, place: LogPlace, delta: TreeDelta, random: RandomBytes): Promise<Bytes | null> {
  const message = encodeDelta(delta);
  const padded = paddedMessageLength(message.length);
  if (padded + messageOverheadBytes > deltaBytesMax) return null;
  return sealMessage(engine, deltaSeal(key, place), message, padded, random);
}

/**
 * What comes out is a claim: the tree it leads to must have the signed root.
 * @throws Failure reject or bad-object; then the delta is left aside and the tree is read
 */
export async function openDelta(engine: Engine, key: Bytes, place: LogPlace, sealed: Uint8Array): Promise<TreeDelta> {
  if (sealed.length > deltaBytesMax) throw badObject('a delta has at most 64 KiB');
  return decodeDelta(await openMessage(engine, deltaSeal(key, place), sealed));
}

function deltaSeal(key: Bytes, place: LogPlace): MessageSeal {
  return { label: sealLabels.delta, key, context: placeContext(place) };
}

export function encodeDelta({ changes, nodes }: TreeDelta): Bytes {
  return encodeDcbor([
    1,
    changes.map((change) => (change.kind === 'put' ? [0, change.parent, encodeEntry(change.entry)] : [1, change.parent, change.name])),
    nodes.map(({ directory, level, firstName, ref }) => [directory, level, firstName, encodeRef(ref)]),
  ]);
}

/** @throws Failure bad-object or bad-name */
export function decodeDelta(bytes: Uint8Array): TreeDelta {
  const [version, changes, nodes] = readTuple(decodeDcbor(bytes), 3);
  readUint(version, 1, 1);
  return { changes: readArray(changes).map(readChange), nodes: readArray(nodes).map(readNode) };
}

function readChange(value: DcborValue): TreeChange {
  const [kind, parentFid, what] = readTuple(value, 3);
  const parent = readBytes(parentFid, fidBytes);
  if (readUint(kind, 1) === 0) return { kind: 'put', parent, entry: decodeEntry(what as DcborValue) };
  return { kind: 'remove', parent, name: checkName(readText(what)) };
}

function readNode(value: DcborValue): RewrittenNode {
  const [directory, level, firstName, ref] = readTuple(value, 4);
  return {
    directory: readBytes(directory, fidBytes),
    level: readUint(level, directoryLevelsMax - 1),
    firstName: firstName === '' ? '' : checkName(readText(firstName)),
    ref: decodeRef(ref),
  };
}
