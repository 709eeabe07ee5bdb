// Writes the next entry of a log: hashes what travels beside it, fills in its place, signs. spec/log.md "Entry".
import type { Bytes } from '@reprise/kit';
import { deviceIdOf, type SignedCertificate, type SignedRevocation } from '../certificate.ts';
import type { DcborValue } from '../dcbor.ts';
import { kemRecordHash } from '../kem-record.ts';
import type { SigningKey } from '../signature.ts';
import { attachmentHash, attachmentNumbers, encodeKemRecords } from './attachments.ts';
import type { LogBody, MemberChange, Seen, SpaceKind } from './body.ts';
import { encodeEntry } from './entry.ts';
import { type Envelope, signEnvelope } from './envelope.ts';
import { encodeLiveTable, type LiveTable } from './live-table.ts';
import type { Policy } from './policy.ts';
import { skipIds } from './skips.ts';
import { spaceIdOf } from './start.ts';
import type { LogState } from './state.ts';

/** A space about to be made. */
export type NewSpace = {
  readonly kind: SpaceKind;
  readonly identityKey: Bytes;
  /** Of the device that signs, with every capability. */
  readonly certificate: SignedCertificate;
  /** 32 random bytes. */
  readonly nonce: Bytes;
  readonly policy: Policy;
  /** `epochCommitment(nonce, 1, key)`. */
  readonly epochCommitment: Bytes;
  /** The owner's, see `signKemRecord`; null in an anonymous space. */
  readonly kemRecord: Bytes | null;
  readonly timeMs: number;
};

/** What an entry is to say. Roots and deltas are sealed for the place after the state: seq + 1, and its head as prev. */
export type Draft =
  | {
      readonly type: 'commit';
      readonly root: Bytes;
      /** `joinSortedIds` of the objects that are new, at most 131,072. */
      readonly adds: Bytes;
      /** Sealed, at most 64 KiB. */
      readonly delta: Bytes | null;
      readonly seen?: readonly Seen[];
    }
  | {
      readonly type: 'rekey';
      readonly epochCommitment: Bytes;
      /** Ascending by identity key. */
      readonly changes: readonly MemberChange[];
      /** `encodeWraps`, one for each member after the entry; null at home. */
      readonly wraps: Bytes | null;
      readonly root: Bytes | null;
      readonly history: Bytes | null;
      /** One for each change with a role other than 0, in the order of the changes. */
      readonly kemRecords: readonly Bytes[];
    }
  | { readonly type: 'device'; readonly certificate: SignedCertificate }
  | { readonly type: 'device'; readonly revocation: SignedRevocation }
  | { readonly type: 'policy'; readonly policy: Policy }
  | { readonly type: 'checkpoint' }
  | {
      readonly type: 'sweep';
      /** The entry whose tree was walked. */
      readonly seq: number;
      readonly id: Bytes;
      /** `joinSortedIds` of what ends. */
      readonly ids: Bytes;
      /** Of what shall remain live. */
      readonly table: LiveTable;
    }
  | { readonly type: 'purge'; readonly ids: Bytes };

/** Signs the first entry of a space. @returns its id too */
export async function writeGenesis(device: SigningKey, space: NewSpace): Promise<{ readonly space: Bytes; readonly envelope: Envelope }> {
  const { kind, identityKey, certificate, nonce, policy, epochCommitment, kemRecord, timeMs } = space;
  const kemHash = kemRecord && (await kemRecordHash(kemRecord));
  const entry = encodeEntry({
    space: null,
    seq: 0,
    prev: new Uint8Array(32),
    skips: [],
    epoch: 0,
    deviceId: await deviceIdOf(device.publicKey),
    timeMs,
    body: { type: 'genesis', identityKey, certificate: certificate as DcborValue, nonce, policy, epochCommitment, kind, kemHash },
  });
  const attachments = new Map(kemRecord ? [[attachmentNumbers.kemRecords, encodeKemRecords([kemRecord])]] : []);
  return { space: await spaceIdOf(entry), envelope: await signEnvelope(device, entry, attachments) };
}

/**
 * Signs the entry that follows the state. Whether it may be is judged by `advanceLog`, before it is sent.
 * @param device the key of a device of the space, or of the one whose certificate the draft brings
 */
export async function writeEntry(state: LogState, device: SigningKey, draft: Draft, timeMs: number): Promise<Envelope> {
  const seq = state.seq + 1;
  const { body, attachments } = await attach(state, draft);
  const entry = encodeEntry({
    space: state.space,
    seq,
    prev: state.head,
    skips: skipIds(seq, state.skips, state.genesisId),
    epoch: state.epoch,
    deviceId: await deviceIdOf(device.publicKey),
    timeMs,
    body,
  });
  return signEnvelope(device, entry, attachments);
}

type Attached = { readonly body: LogBody; readonly attachments: ReadonlyMap<number, Bytes> };

async function attach(state: LogState, draft: Draft): Promise<Attached> {
  const { adds, delta, wraps, kemRecords, sweptIds, liveTable } = attachmentNumbers;
  const attachments = new Map<number, Bytes>();
  const held = async (number: number, bytes: Bytes): Promise<Bytes> => {
    attachments.set(number, bytes);
    return attachmentHash(number, bytes);
  };
  const heldIds = async (number: number, ids: Bytes): Promise<Bytes | null> => (ids.length > 0 ? held(number, ids) : null);
  const body = async (): Promise<LogBody> => {
    switch (draft.type) {
      case 'commit':
        return {
          type: 'commit',
          root: draft.root,
          addsHash: await heldIds(adds, draft.adds),
          addsCount: draft.adds.length / 32,
          deltaHash: draft.delta && (await held(delta, draft.delta)),
          seen: draft.seen ?? [],
        };
      case 'rekey':
        return {
          type: 'rekey',
          epoch: state.epoch + 1,
          epochCommitment: draft.epochCommitment,
          changes: draft.changes,
          wrapsHash: draft.wraps && (await held(wraps, draft.wraps)),
          root: draft.root,
          history: draft.history,
          kemRecordsHash: draft.kemRecords.length > 0 ? await held(kemRecords, encodeKemRecords(draft.kemRecords)) : null,
        };
      case 'device':
        return 'certificate' in draft
          ? { type: 'device', change: 'certificate', signed: draft.certificate as DcborValue }
          : { type: 'device', change: 'revocation', signed: draft.revocation as DcborValue };
      case 'policy':
      case 'checkpoint':
        return draft;
      case 'sweep':
        return {
          type: 'sweep',
          seq: draft.seq,
          id: draft.id,
          idsHash: await heldIds(sweptIds, draft.ids),
          idsCount: draft.ids.length / 32,
          tableHash: await held(liveTable, encodeLiveTable(draft.table)),
        };
      case 'purge':
        return { type: 'purge', idsHash: await held(sweptIds, draft.ids), idsCount: draft.ids.length / 32 };
    }
  };
  return { body: await body(), attachments };
}
