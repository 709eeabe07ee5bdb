// What an entry changes about its space, once its author is known to be who may: spec/log.md "Types".
import { equalBytes } from '@reprise/kit';
import { capabilities, userIdOf, verifyRevocation } from '../certificate.ts';
import { type DeviceId, formatId, type UserId } from '../ids.ts';
import { membersMax, userDevicesEverMax, userDevicesMax } from '../limits.ts';
import { badObject } from '../shape.ts';
import { isAdmissibleKey } from '../signature.ts';
import {
  type CommitBody,
  type DeviceBody,
  type MemberChange,
  type PolicyBody,
  type RekeyBody,
  roles,
  spaceKinds,
  type SweepBody,
} from './body.ts';
import type { LogEntry } from './entry.ts';
import type { Device, LogState, Member } from './state.ts';

type Changes = Partial<LogState>;

/** @param device the entry's author, in force, or new by this entry @throws Failure bad-object if the change may not be */
export async function changesOf(state: LogState, entry: LogEntry, device: Device): Promise<Changes> {
  const { body } = entry;
  switch (body.type) {
    case 'commit':
      return commitChanges(state, entry, body);
    case 'rekey':
      return rekeyChanges(state, entry, body);
    case 'device':
      return body.change === 'certificate' ? certifiedChanges(state, entry, device) : revokedChanges(state, entry, body, device);
    case 'policy':
      return policyChanges(state, body);
    case 'sweep':
      return sweepChanges(state, body);
    case 'genesis':
    case 'checkpoint':
    case 'purge':
      return {};
  }
}

function commitChanges(state: LogState, entry: LogEntry, body: CommitBody): Changes {
  for (const { deviceId, seq } of body.seen) {
    if (seq > state.seq) throw badObject('what was seen is not yet there');
    if (!state.devices.has(formatId<DeviceId>(deviceId))) throw badObject('seen by an unknown device');
  }
  return { root: { sealed: body.root, seq: entry.seq, prev: entry.prev, epoch: state.epoch } };
}

async function rekeyChanges(state: LogState, entry: LogEntry, body: RekeyBody): Promise<Changes> {
  const isHome = state.kind === spaceKinds.home;
  if (body.epoch !== state.epoch + 1) throw badObject('epochs follow one another');
  if ((body.root === null) !== (state.root === null)) throw badObject('a root is sealed again if there is one');
  if ((body.wrapsHash === null) !== isHome) throw badObject('keys are wrapped, except at home');
  if ((body.kemRecordsHash === null) !== body.changes.every(({ role }) => role === roles.removed))
    throw badObject('records come with members that are put in');
  const members = new Map(state.members);
  for (const change of body.changes) await applyChange(members, change);
  checkMembers(members, isHome);
  return {
    epoch: body.epoch,
    epochCommitment: body.epochCommitment,
    members,
    root: body.root && { sealed: body.root, seq: entry.seq, prev: entry.prev, epoch: body.epoch },
  };
}

async function applyChange(members: Map<UserId, Member>, { identityKey, role, kemHash }: MemberChange): Promise<void> {
  const userId = formatId<UserId>(await userIdOf(identityKey));
  if (role !== roles.removed) {
    if (!isAdmissibleKey(identityKey)) throw badObject('the identity key is not admissible');
    members.set(userId, { identityKey, role, kemHash });
  } else if (!members.delete(userId)) throw badObject('who is removed is no member');
}

function checkMembers(members: ReadonlyMap<UserId, Member>, isHome: boolean): void {
  if (members.size > (isHome ? 1 : membersMax)) throw badObject('too many members');
  if (![...members.values()].some(({ role }) => role === roles.owner)) throw badObject('nobody would own the space');
  if (!isHome && [...members.values()].some(({ kemHash }) => kemHash === null)) throw badObject('a member has no key to wrap for');
}

function certifiedChanges(state: LogState, entry: LogEntry, device: Device): Changes {
  const theirs = [...state.devices.values()].filter(({ userId }) => userId === device.userId);
  if (theirs.filter(({ revokedAtSeq }) => revokedAtSeq === null).length >= userDevicesMax) throw badObject('too many devices');
  if (theirs.length >= userDevicesEverMax) throw badObject('too many devices over time');
  return { devices: new Map(state.devices).set(formatId<DeviceId>(entry.deviceId), device) };
}

async function revokedChanges(state: LogState, entry: LogEntry, body: DeviceBody, device: Device): Promise<Changes> {
  const author = state.members.get(device.userId) as Member;
  const revocation = await verifyRevocation(body.signed, author.identityKey);
  const target = formatId<DeviceId>(revocation.deviceId);
  const known = state.devices.get(target);
  if (!known || known.userId !== device.userId) throw badObject('the device is not one of the user’s');
  if (known.revokedAtSeq !== null) throw badObject('the device was revoked before');
  const isItself = equalBytes(revocation.deviceId, entry.deviceId);
  if (!isItself && (device.caps & capabilities.account) === 0) throw badObject('the device may only end itself');
  return { devices: new Map(state.devices).set(target, { ...known, revokedAtSeq: entry.seq }) };
}

function policyChanges(state: LogState, { policy }: PolicyBody): Changes {
  if (policy.versionMin < state.policy.versionMin || policy.suiteMin < state.policy.suiteMin) throw badObject('versions only rise');
  return { policy };
}

function sweepChanges(state: LogState, { seq }: SweepBody): Changes {
  if (state.root === null) throw badObject('there is no tree to walk');
  if (seq > state.seq || seq < state.sweptSeq) throw badObject('sweeps walk later and later entries');
  return { sweptSeq: seq };
}
