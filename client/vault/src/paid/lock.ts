// What a purchase unlocks: the reference of the directory, sealed under both halves of a key, one in the link, one at the release agent.
// spec/paid-links.md "Locked".
import { type Bytes, concatBytes, equalBytes, type RandomBytes } from '@reprise/kit';
import { decodeDcbor, encodeDcbor, Failure, hashLabels, linkObjectsMax, taggedHash } from '@reprise/protocol/formats';
import { type MessageSeal, openMessage, sealMessage } from '../cae.ts';
import { type Engine, kdf } from '../engine.ts';
import { kdfLabels, sealLabels } from '../labels.ts';
import { forged } from '../sharer.ts';
import { decodeRef, encodeRef, type Ref } from '../tree-node.ts';
import type { OpenedOffer } from './offer.ts';

export const halfBytes = 32;
const paddedBytes = 256;

/** What the two halves are, and the offer that they are for. */
export type Halves = {
  /** The link's secret. */
  readonly secret: Bytes;
  /** The seller's half. */
  readonly half: Bytes;
};

/** @returns 340 bytes */
export async function lockRoot(
  engine: Engine,
  halves: Halves,
  offer: Pick<OpenedOffer, 'id' | 'hash'>,
  root: Ref,
  random: RandomBytes,
): Promise<Bytes> {
  return sealMessage(engine, await rootSeal(engine, halves, offer), encodeDcbor(encodeRef(root)), paddedBytes, random);
}

/**
 * @throws Failure reject if the halves do not fit the offer; link-forged if what opens is not the directory that was offered; bad-object
 */
export async function unlockRoot(
  engine: Engine,
  halves: Halves,
  offer: Pick<OpenedOffer, 'id' | 'hash' | 'root'>,
  locked: Uint8Array,
): Promise<Ref> {
  const root = decodeRef(decodeDcbor(await openMessage(engine, await rootSeal(engine, halves, offer), locked)));
  if (!equalBytes(root.id, offer.root)) throw forged('root');
  return root;
}

async function rootSeal(engine: Engine, { secret, half }: Halves, { id, hash }: Pick<OpenedOffer, 'id' | 'hash'>): Promise<MessageSeal> {
  const key = await kdf(engine, concatBytes(secret, half), kdfLabels.paid, concatBytes(id, hash), 32);
  return { label: sealLabels.paidRoot, key, context: id };
}

/** What an offer commits to: the seller's half, 32 bytes. */
export function commitmentOf(offerId: Bytes, half: Bytes): Promise<Bytes> {
  return taggedHash(hashLabels.paidSecret, offerId, half);
}

/** Of all objects that a link holds, each once, whatever their order. @param ids 32 bytes each @throws Failure limit-exceeded */
export function listHash(ids: readonly Bytes[]): Promise<Bytes> {
  if (ids.length > linkObjectsMax) throw new Failure('limit-exceeded', { limit: 'objects of a link' });
  return taggedHash(hashLabels.list, ...ids.toSorted(compareBytes));
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return (a[i] as number) - (b[i] as number);
  return 0;
}
