// What an entry says, by its type: spec/log.md "Types".
import { type Bytes, compareBytes } from '@reprise/kit';
import type { DcborMap, DcborValue } from '../dcbor.ts';
import { entryIdsMax, membersMax, seenMax } from '../limits.ts';
import { badObject, readArray, readBytes, readMap, readTuple, readUint } from '../shape.ts';
import { encodePolicy, type Policy, readPolicy } from './policy.ts';

/** What a space is for. Kind 2 is not used in this version. */
export const spaceKinds = { drive: 0, home: 1, anonymous: 3, chat: 4 } as const;
export type SpaceKind = (typeof spaceKinds)[keyof typeof spaceKinds];

export const roles = { removed: 0, reader: 1, writer: 2, admin: 3, owner: 4 } as const;
export type Role = (typeof roles)[keyof typeof roles];
/** The role of who is a member. */
export type Standing = Exclude<Role, 0>;

/** A sealed root has this length, always. */
export const sealedRootBytes = 340;
/** A sealed earlier epoch key: 32 bytes padded to 64. */
export const sealedHistoryBytes = 148;

/** An entry that another device has seen as the head. */
export type Seen = { readonly deviceId: Bytes; readonly seq: number; readonly id: Bytes };

/** One member's new standing. */
export type MemberChange = {
  readonly identityKey: Bytes;
  readonly role: Role;
  /** `kemRecordHash` of the member's record; null for role 0. */
  readonly kemHash: Bytes | null;
};

export type GenesisBody = {
  readonly type: 'genesis';
  readonly identityKey: Bytes;
  readonly certificate: DcborValue;
  readonly nonce: Bytes;
  readonly policy: Policy;
  /** Of epoch 1, over the nonce in place of the space id. */
  readonly epochCommitment: Bytes;
  readonly kind: SpaceKind;
  /** null in an anonymous space. */
  readonly kemHash: Bytes | null;
};
export type CommitBody = {
  readonly type: 'commit';
  /** Sealed, 340 bytes. */
  readonly root: Bytes;
  /** null if nothing is added. */
  readonly addsHash: Bytes | null;
  readonly addsCount: number;
  readonly deltaHash: Bytes | null;
  readonly seen: readonly Seen[];
};
export type RekeyBody = {
  readonly type: 'rekey';
  /** The new one. */
  readonly epoch: number;
  readonly epochCommitment: Bytes;
  /** Ascending by identity key. */
  readonly changes: readonly MemberChange[];
  readonly wrapsHash: Bytes | null;
  /** The root sealed again under the new epoch; null if there is none yet. */
  readonly root: Bytes | null;
  /** The old epoch's key sealed under the new one, where the owner grants history. */
  readonly history: Bytes | null;
  readonly kemRecordsHash: Bytes | null;
};
export type DeviceBody = {
  readonly type: 'device';
  readonly change: 'certificate' | 'revocation';
  /** Signed by the user's identity, see `verifyCertificate` and `verifyRevocation`. */
  readonly signed: DcborValue;
};
export type PolicyBody = { readonly type: 'policy'; readonly policy: Policy };
export type CheckpointBody = { readonly type: 'checkpoint' };
export type SweepBody = {
  readonly type: 'sweep';
  /** The entry whose whole tree was walked, and its id. */
  readonly seq: number;
  readonly id: Bytes;
  /** null if nothing ends. */
  readonly idsHash: Bytes | null;
  readonly idsCount: number;
  readonly tableHash: Bytes;
};
export type PurgeBody = { readonly type: 'purge'; readonly idsHash: Bytes; readonly idsCount: number };

export type LogBody = GenesisBody | CommitBody | RekeyBody | DeviceBody | PolicyBody | CheckpointBody | SweepBody | PurgeBody;
export type LogType = LogBody['type'];

/** In the order of their numbers. */
const types: readonly LogType[] = ['genesis', 'commit', 'rekey', 'device', 'policy', 'checkpoint', 'sweep', 'purge'];

export function typeNumber(type: LogType): number {
  return types.indexOf(type);
}

/** @throws Failure bad-object for an unknown type */
export function readType(value: DcborValue | undefined): LogType {
  return types[readUint(value, types.length - 1)] as LogType;
}

export function encodeBody(body: LogBody): DcborMap {
  const fields = new Map<number, DcborValue | null>(bodyFields(body));
  for (const [key, value] of fields) if (value === null) fields.delete(key);
  return fields as DcborMap;
}

/** A field that is null is absent. */
function bodyFields(body: LogBody): Iterable<readonly [number, DcborValue]> {
  switch (body.type) {
    case 'genesis':
      return numbered(
        body.identityKey,
        body.certificate,
        body.nonce,
        encodePolicy(body.policy),
        body.epochCommitment,
        body.kind,
        body.kemHash,
      );
    case 'commit':
      return numbered(body.root, body.addsHash, body.addsCount, body.deltaHash, encodeSeen(body.seen));
    case 'rekey': {
      const changes = body.changes.map((change) => [change.identityKey, change.role, change.kemHash]);
      return numbered(body.epoch, body.epochCommitment, changes, body.wrapsHash, body.root, body.history, body.kemRecordsHash);
    }
    case 'device':
      return body.change === 'certificate' ? numbered(body.signed) : numbered(null, body.signed);
    case 'policy':
      return encodePolicy(body.policy);
    case 'checkpoint':
      return [];
    case 'sweep':
      return numbered(body.seq, body.id, body.idsHash, body.idsCount, body.tableHash);
    case 'purge':
      return numbered(body.idsHash, body.idsCount);
  }
}

function numbered(...values: readonly DcborValue[]): (readonly [number, DcborValue])[] {
  return values.map((value, i) => [i + 1, value]);
}

function encodeSeen(seen: readonly Seen[]): DcborValue {
  return seen.length === 0 ? null : seen.map(({ deviceId, seq, id }) => [deviceId, seq, id]);
}

/** @throws Failure bad-object */
export function readBody(type: LogType, value: DcborValue | undefined): LogBody {
  switch (type) {
    case 'genesis':
      return readGenesisBody(value);
    case 'commit':
      return readCommit(value);
    case 'rekey':
      return readRekey(value);
    case 'device':
      return readDevice(value);
    case 'policy':
      return { type, policy: readPolicy(value) };
    case 'checkpoint':
      readMap(value, []);
      return { type };
    case 'sweep': {
      const body = readMap(value, [1, 2, 3, 4, 5]);
      return {
        type,
        seq: readUint(body.get(1)),
        id: readBytes(body.get(2), 32),
        ...counted(body, 3, 4, (idsHash, idsCount) => ({ idsHash, idsCount })),
        tableHash: readBytes(body.get(5), 32),
      };
    }
    case 'purge': {
      const body = readMap(value, [1, 2]);
      return { type, idsHash: readBytes(body.get(1), 32), idsCount: readUint(body.get(2), entryIdsMax, 1) };
    }
  }
}

function readGenesisBody(value: DcborValue | undefined): GenesisBody {
  const body = readMap(value, [1, 2, 3, 4, 5, 6, 7]);
  const kind = readUint(body.get(6), spaceKinds.chat);
  if (!isSpaceKind(kind)) throw badObject('a kind of space that this version does not know');
  const kemHash = optionalBytes(body, 7, 32);
  if ((kemHash === null) !== (kind === spaceKinds.anonymous)) throw badObject('every space but an anonymous one names a KEM record');
  return {
    type: 'genesis',
    identityKey: readBytes(body.get(1), 32),
    certificate: present(body.get(2)),
    nonce: readBytes(body.get(3), 32),
    policy: readPolicy(body.get(4)),
    epochCommitment: readBytes(body.get(5), 32),
    kind,
    kemHash,
  };
}

function isSpaceKind(kind: number): kind is SpaceKind {
  return Object.values<number>(spaceKinds).includes(kind);
}

function readCommit(value: DcborValue | undefined): CommitBody {
  const body = readMap(value, [1, 2, 3, 4, 5]);
  return {
    type: 'commit',
    root: readBytes(body.get(1), sealedRootBytes),
    ...counted(body, 2, 3, (addsHash, addsCount) => ({ addsHash, addsCount })),
    deltaHash: optionalBytes(body, 4, 32),
    seen: body.has(5) ? readSeen(body.get(5)) : [],
  };
}

function readSeen(value: DcborValue | undefined): readonly Seen[] {
  const seen = readArray(value, seenMax).map((item) => {
    const [deviceId, seq, id] = readTuple(item, 3);
    return { deviceId: readBytes(deviceId, 32), seq: readUint(seq), id: readBytes(id, 32) };
  });
  if (seen.length === 0) throw badObject('what is empty is absent');
  ascending(seen.map(({ deviceId }) => deviceId));
  return seen;
}

function readRekey(value: DcborValue | undefined): RekeyBody {
  const body = readMap(value, [1, 2, 3, 4, 5, 6, 7]);
  const changes = readArray(body.get(3), membersMax).map(readChange);
  ascending(changes.map(({ identityKey }) => identityKey));
  return {
    type: 'rekey',
    epoch: readUint(body.get(1), 2 ** 32 - 1),
    epochCommitment: readBytes(body.get(2), 32),
    changes,
    wrapsHash: optionalBytes(body, 4, 32),
    root: optionalBytes(body, 5, sealedRootBytes),
    history: optionalBytes(body, 6, sealedHistoryBytes),
    kemRecordsHash: optionalBytes(body, 7, 32),
  };
}

function readChange(value: DcborValue): MemberChange {
  const [identityKey, role, kemHash] = readTuple(value, 3);
  const change = {
    identityKey: readBytes(identityKey, 32),
    role: readUint(role, roles.owner) as Role,
    kemHash: kemHash === null ? null : readBytes(kemHash, 32),
  };
  if ((change.role === roles.removed) !== (change.kemHash === null)) throw badObject('who stays has a KEM record, who goes has none');
  return change;
}

function readDevice(value: DcborValue | undefined): DeviceBody {
  const body = readMap(value, [1, 2]);
  if (body.has(1) === body.has(2)) throw badObject('a certificate or a revocation');
  const change = body.has(1) ? 'certificate' : 'revocation';
  return { type: 'device', change, signed: present(body.get(body.has(1) ? 1 : 2)) };
}

/** The hash of a list of ids, and how many there are; no hash if there are none. */
function counted<Fields>(body: DcborMap, hashKey: number, countKey: number, fields: (hash: Bytes | null, count: number) => Fields): Fields {
  const hash = optionalBytes(body, hashKey, 32);
  const count = readUint(body.get(countKey), entryIdsMax);
  if ((hash === null) !== (count === 0)) throw badObject('a list has a hash if it is not empty');
  return fields(hash, count);
}

function present(value: DcborValue | undefined): DcborValue {
  if (value === undefined) throw badObject('a field is absent');
  return value;
}

function optionalBytes(map: DcborMap, key: number, length: number): Bytes | null {
  return map.has(key) ? readBytes(map.get(key), length) : null;
}

/** @throws Failure bad-object unless each is above the one before */
function ascending(items: readonly Uint8Array[]): void {
  if (items.some((item, i) => i > 0 && compareBytes(items[i - 1] as Uint8Array, item) >= 0)) throw badObject('items out of order');
}
