// What comes for a payment: the seller's half, sealed to a key that the buyer made for this purchase, and a receipt of the release agent.
// spec/paid-links.md "Buyer key and release".
import { type Bytes, equalBytes } from '@reprise/kit';
import {
  badObject,
  decodeDcbor,
  readBytes,
  readTuple,
  readUint,
  sha256,
  signatureLabels,
  verifySignature,
} from '@reprise/protocol/formats';
import { type HpkeMessage, type HpkeUse, openWith } from '../hpke.ts';
import { noBytes } from '../engine.ts';
import { hpkeLabels } from '../labels.ts';
import { forged } from '../sharer.ts';
import { commitmentOf, halfBytes } from './lock.ts';
import type { OpenedOffer } from './offer.ts';

const encBytes = 1_120;
export const releaseBytes = encBytes + halfBytes + 16;

/**
 * @param seed of the buyer's key, 32 bytes
 * @returns the seller's half
 * @throws Failure reject for another buyer or another offer; link-forged if it is not the half that the offer commits to; bad-object
 */
export async function openRelease(seed: Bytes, offer: Pick<OpenedOffer, 'id' | 'hash' | 'commitment'>, release: Bytes): Promise<Bytes> {
  if (release.length !== releaseBytes) throw badObject(`${releaseBytes} bytes expected`);
  const message: HpkeMessage = { enc: release.slice(0, encBytes), ciphertext: release.slice(encBytes) };
  const half = await openWith(seed, releaseUse(offer.hash), message);
  if (!equalBytes(await commitmentOf(offer.id, half), offer.commitment)) throw forged('commitment');
  return half;
}

function releaseUse(offerHash: Bytes): HpkeUse {
  return { label: hpkeLabels.release, context: offerHash, associated: noBytes };
}

/**
 * @param buyerKey public, 1,216 bytes
 * @returns when it was sold, ms since 1970
 * @throws Failure link-forged if the offer's agent has not signed it, or it is for another offer or buyer; bad-object
 */
export async function checkReceipt(offer: Pick<OpenedOffer, 'id' | 'hash' | 'agentKey'>, buyerKey: Bytes, receipt: Bytes): Promise<number> {
  const [body, signature] = readTuple(decodeDcbor(receipt), 2).map((part) => readBytes(part)) as [Bytes, Bytes];
  const [id, hash, keyHash, time] = readTuple(decodeDcbor(body), 4);
  if (!verifySignature(signatureLabels.receipt, offer.agentKey, body, signature)) throw forged('receipt');
  const isOurs =
    equalBytes(readBytes(id), offer.id) &&
    equalBytes(readBytes(hash), offer.hash) &&
    equalBytes(readBytes(keyHash), await sha256(buyerKey));
  if (!isOurs) throw forged('receipt');
  return readUint(time);
}
