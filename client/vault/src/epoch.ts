// How members come by the key of an epoch: wrapped for each by an owner, held by the commitment in the log. spec/epochs.md.
import { assert, type Bytes, compareBytes, concatBytes, equalBytes, type RandomBytes, u32 } from '@reprise/kit';
import {
  decodeWraps,
  encodeDcbor,
  encodeWraps,
  epochCommitment,
  type LogState,
  reject,
  sha256,
  type SigningKey,
  signKemRecord,
} from '@reprise/protocol/formats';
import { type MessageSeal, openMessage, sealMessage } from './cae.ts';
import type { Engine } from './engine.ts';
import { type HpkeUse, kemPublicOf, openWith, sealTo } from './hpke.ts';
import { hpkeLabels, sealLabels } from './labels.ts';

export const epochKeyBytes = 32;
const historyPaddedBytes = 64;

/** What a rekey says about its epoch: enough to bind a wrap to it. */
export type EpochPlace = {
  readonly space: Bytes;
  readonly epoch: number;
  /** The entry before the rekey. */
  readonly prev: Bytes;
  /** Of the new epoch. */
  readonly commitment: Bytes;
};

export type Recipient = { readonly userId: Bytes; readonly kemPublic: Bytes };

/** The record of an identity's own key. @param seed 32 bytes @param number above that of every earlier record */
export function makeKemRecord(identity: SigningKey, seed: Uint8Array, number: number): Promise<Bytes> {
  return signKemRecord(identity, { kemPublic: kemPublicOf(seed), number });
}

/** The place of the epoch that a rekey after this state begins, and its commitment. */
export async function nextEpoch(state: Pick<LogState, 'space' | 'head' | 'epoch'>, key: Bytes): Promise<EpochPlace> {
  const epoch = state.epoch + 1;
  return { space: state.space, epoch, prev: state.head, commitment: await epochCommitment(state.space, key, epoch) };
}

/** @throws Failure reject unless the log committed to this key as that of its present epoch. */
export async function checkEpochKey(
  state: Pick<LogState, 'space' | 'nonce' | 'epoch' | 'epochCommitment'>,
  key: Uint8Array,
): Promise<void> {
  const place = state.epoch === 1 ? state.nonce : state.space;
  if (!equalBytes(await epochCommitment(place, key, state.epoch), state.epochCommitment)) throw reject();
}

/** Attachment 3 of a rekey. @param recipients every member that the rekey leaves @throws Failure bad-object for a key that is none */
export async function wrapEpochKey(recipients: readonly Recipient[], place: EpochPlace, key: Bytes, random: RandomBytes): Promise<Bytes> {
  assert(key.length === epochKeyBytes, 'an epoch key has 32 bytes');
  const wraps = [];
  for (const { userId, kemPublic } of recipients.toSorted((a, b) => compareBytes(a.userId, b.userId)))
    wraps.push({ userId, ...(await sealTo(kemPublic, await wrapUse(place, userId, kemPublic), key, random)) });
  return encodeWraps(wraps);
}

/** The key that the wraps hold for one member. @throws Failure reject, also if the log committed to another key; bad-object */
export async function openEpochKey(
  wraps: Uint8Array,
  self: { readonly userId: Bytes; readonly kemSeed: Uint8Array },
  place: EpochPlace,
): Promise<Bytes> {
  const wrap = decodeWraps(wraps).find(({ userId }) => equalBytes(userId, self.userId));
  if (!wrap) throw reject();
  const key = await openWith(self.kemSeed, await wrapUse(place, self.userId, kemPublicOf(self.kemSeed)), wrap);
  if (!equalBytes(await epochCommitment(place.space, key, place.epoch), place.commitment)) throw reject();
  return key;
}

async function wrapUse({ space, epoch, prev, commitment }: EpochPlace, userId: Bytes, kemPublic: Bytes): Promise<HpkeUse> {
  const context = encodeDcbor([space, epoch, userId, await sha256(kemPublic), prev]);
  return { label: hpkeLabels.epoch, context, associated: commitment };
}

/** Which key opens a history: that of the epoch it came with. */
export type HistoryPlace = { readonly space: Bytes; readonly epoch: number };

/** The key of the epoch before, for who holds the new one. @returns 148 bytes */
export function sealHistory(engine: Engine, newKey: Bytes, place: HistoryPlace, oldKey: Bytes, random: RandomBytes): Promise<Bytes> {
  assert(oldKey.length === epochKeyBytes, 'an epoch key has 32 bytes');
  return sealMessage(engine, historySeal(newKey, place), oldKey, historyPaddedBytes, random);
}

/**
 * @param commitment to the key of the epoch before, from the log as it was then
 * @param before what stands first in that commitment: the space's id, or the genesis nonce where that epoch is 1
 * @throws Failure reject
 */
export async function openHistory(
  engine: Engine,
  newKey: Bytes,
  place: HistoryPlace,
  sealed: Uint8Array,
  { commitment, before }: { readonly commitment: Bytes; readonly before: Bytes },
): Promise<Bytes> {
  const oldKey = await openMessage(engine, historySeal(newKey, place), sealed);
  if (oldKey.length !== epochKeyBytes || !equalBytes(await epochCommitment(before, oldKey, place.epoch - 1), commitment)) throw reject();
  return oldKey;
}

function historySeal(key: Bytes, { space, epoch }: HistoryPlace): MessageSeal {
  return { label: sealLabels.history, key, context: concatBytes(space, u32(epoch)) };
}
