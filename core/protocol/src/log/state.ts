// What a log amounts to so far: all that is needed to judge the next entry, and nothing that grows with their number. spec/log.md "State".
import { type Bytes, formatHex, parseHex } from '@reprise/kit';
import { type DcborValue, decodeDcbor, encodeDcbor } from '../dcbor.ts';
import type { DeviceId, UserId } from '../ids.ts';
import { badObject, readArray, readBytes, readTuple, readUint } from '../shape.ts';
import { roles, sealedRootBytes, type SpaceKind, spaceKinds, type Standing } from './body.ts';
import { encodePolicy, type Policy, readPolicy } from './policy.ts';
import type { SkipTable } from './skips.ts';

export type Member = {
  readonly identityKey: Bytes;
  readonly role: Standing;
  /** null for the owner of an anonymous space only. */
  readonly kemHash: Bytes | null;
};

export type Device = {
  readonly userId: UserId;
  readonly publicKey: Bytes;
  /** Bits of `capabilities`. */
  readonly caps: number;
  /** What its certificate claims. */
  readonly createdMs: number;
  readonly certifiedAtSeq: number;
  /** null while it is in force. */
  readonly revokedAtSeq: number | null;
};

/** A sealed root, and all its context but the space: seq and prev of its entry, and the epoch whose key seals it. */
export type SealedRoot = { readonly sealed: Bytes; readonly seq: number; readonly prev: Bytes; readonly epoch: number };

export type LogState = {
  readonly space: Bytes;
  readonly kind: SpaceKind;
  /** Id of the genesis as an entry; the space's id is another hash of it. */
  readonly genesisId: Bytes;
  /** What the commitment to the key of epoch 1 has in the place of the space's id. */
  readonly nonce: Bytes;
  /** Of the head. */
  readonly seq: number;
  /** Id of the newest entry. */
  readonly head: Bytes;
  readonly skips: SkipTable;
  readonly epoch: number;
  readonly epochCommitment: Bytes;
  readonly policy: Policy;
  /** Who is in the space now. */
  readonly members: ReadonlyMap<UserId, Member>;
  /** Every device that was ever certified here, also of who has left. */
  readonly devices: ReadonlyMap<DeviceId, Device>;
  /** The newest; null before the first commit. */
  readonly root: SealedRoot | null;
  /** The entry that the newest sweep walked; 0 before the first. */
  readonly sweptSeq: number;
};

/** A snapshot: the server's row, a client's durable head. One state has one encoding. */
export function encodeLogState(state: LogState): Bytes {
  return encodeDcbor([
    1,
    [state.space, state.kind, state.genesisId, state.nonce],
    [state.seq, state.head, state.skips],
    [state.epoch, state.epochCommitment, encodePolicy(state.policy)],
    sorted(state.members).map(([userId, member]) => [bytesOf(userId), member.identityKey, member.role, member.kemHash]),
    sorted(state.devices).map(([deviceId, device]) => [
      bytesOf(deviceId),
      bytesOf(device.userId),
      device.publicKey,
      device.caps,
      device.createdMs,
      device.certifiedAtSeq,
      device.revokedAtSeq,
    ]),
    state.root && [state.root.sealed, state.root.seq, state.root.prev, state.root.epoch],
    state.sweptSeq,
  ]);
}

/** Reads a snapshot that one has kept oneself: it is taken at its word. @throws Failure bad-object */
export function decodeLogState(bytes: Uint8Array): LogState {
  const [version, origin, head, epoch, members, devices, root, sweptSeq] = readTuple(decodeDcbor(bytes), 8);
  readUint(version, 1, 1);
  const [space, kind, genesisId, nonce] = readTuple(origin, 4);
  const [seq, headId, skips] = readTuple(head, 3);
  const [epochNumber, epochCommitment, policy] = readTuple(epoch, 3);
  return {
    space: readBytes(space, 32),
    kind: readUint(kind, spaceKinds.chat) as SpaceKind,
    genesisId: readBytes(genesisId, 32),
    nonce: readBytes(nonce, 32),
    seq: readUint(seq),
    head: readBytes(headId, 32),
    skips: readArray(skips).map((id) => readBytes(id, 32)),
    epoch: readUint(epochNumber),
    epochCommitment: readBytes(epochCommitment, 32),
    policy: readPolicy(policy),
    members: new Map(readArray(members).map(readMember)),
    devices: new Map(readArray(devices).map(readDevice)),
    root: root === null ? null : readRoot(root),
    sweptSeq: readUint(sweptSeq),
  };
}

function readMember(value: DcborValue): [UserId, Member] {
  const [userId, identityKey, role, kemHash] = readTuple(value, 4);
  const member = {
    identityKey: readBytes(identityKey, 32),
    role: readUint(role, roles.owner, roles.reader) as Standing,
    kemHash: kemHash === null ? null : readBytes(kemHash, 32),
  };
  return [formatHex(readBytes(userId, 32)) as UserId, member];
}

function readDevice(value: DcborValue): [DeviceId, Device] {
  const [deviceId, userId, publicKey, caps, createdMs, certifiedAtSeq, revokedAtSeq] = readTuple(value, 7);
  const device = {
    userId: formatHex(readBytes(userId, 32)) as UserId,
    publicKey: readBytes(publicKey, 32),
    caps: readUint(caps, 15),
    createdMs: readUint(createdMs),
    certifiedAtSeq: readUint(certifiedAtSeq),
    revokedAtSeq: revokedAtSeq === null ? null : readUint(revokedAtSeq),
  };
  return [formatHex(readBytes(deviceId, 32)) as DeviceId, device];
}

function readRoot(value: DcborValue | undefined): SealedRoot {
  const [sealed, seq, prev, epoch] = readTuple(value, 4);
  return { sealed: readBytes(sealed, sealedRootBytes), seq: readUint(seq), prev: readBytes(prev, 32), epoch: readUint(epoch) };
}

/** By key, as text: for ids in hex that is the order of their bytes. */
function sorted<Key extends string, Value>(map: ReadonlyMap<Key, Value>): [Key, Value][] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}

function bytesOf(id: string): Bytes {
  const bytes = parseHex(id);
  if (!bytes) throw badObject('an id is hex');
  return bytes;
}
