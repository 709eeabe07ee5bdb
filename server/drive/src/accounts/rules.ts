// What makes an account, and what may be changed about it. Pure: what was read comes in, a decision goes out (spec/accounts.md).
import { Failure } from '@reprise/protocol';
import { accountEndMs, capabilities, decodeEntry, decodeEnvelope, isAppDevice, type LogState, spaceKinds } from '@reprise/protocol/formats';

/** @throws Failure account-refused unless the log begins a home space of one owner */
export function checkHome(state: LogState): void {
  if (state.kind !== spaceKinds.home) throw refused('the genesis is not of a home space');
  const owner = [...state.members.values()][0];
  if (state.members.size !== 1 || !owner?.kemHash) throw refused('the genesis names no KEM record');
}

/** What comes with new ways in is the epoch that they open. @throws Failure log-refused */
export function checkRekey(envelope: Uint8Array): void {
  if (decodeEntry(decodeEnvelope(envelope).entry).body.type !== 'rekey') throw new Failure('log-refused', { step: 'type' });
}

export type SlotId = { readonly slot: string };

/** @throws Failure account-refused when two slots have one id */
export function checkSlots(slots: readonly SlotId[]): void {
  if (new Set(slots.map(({ slot }) => slot)).size !== slots.length) throw refused('two slots have one id');
}

/** Names compare by their one spelling. @throws Failure bad-request */
export function checkName(name: string): void {
  if (name.normalize('NFKC').toLowerCase() !== name) throw new Failure('bad-request', { field: 'name', reason: 'NFKC in lower case' });
}

/** @throws Failure role-refused unless the device may act for the account */
export function checkAccountCapability(caps: number): void {
  if ((caps & capabilities.account) === 0) throw new Failure('role-refused');
}

/** What opens the account is of no use to a tool. @throws Failure role-refused for the device of an app credential */
export function checkNotApp(caps: number): void {
  if (isAppDevice(caps)) throw new Failure('role-refused');
}

/** A version only rises, so that an older slot cannot come back. @throws Failure version-conflict */
export function checkVersion(stored: number | undefined, given: number): void {
  if (stored !== undefined && given <= stored) throw new Failure('version-conflict', { version: stored });
}

/**
 * A way in stands if it came with the account, or has been there for as long as the end of an account waits. Whoever has a device and nothing
 * else can make a way in, or change the password, and prove that: its owner has the time to see it.
 * @throws Failure proof-too-new
 */
export function checkStanding(slotMadeAt: number, accountOpenedAt: number, now: number): void {
  const countsAt = slotMadeAt <= accountOpenedAt ? accountOpenedAt : slotMadeAt + accountEndMs;
  if (now < countsAt) throw new Failure('proof-too-new', { countsAt });
}

/** A password alone counts once it has for as long: a device can take the demand for a passkey away as well. @throws Failure proof-too-new */
export function checkLifted(demandLiftedAt: number | null, now: number): void {
  if (demandLiftedAt !== null && now < demandLiftedAt + accountEndMs)
    throw new Failure('proof-too-new', { countsAt: demandLiftedAt + accountEndMs });
}

/** Whether the time a device was last heard is worth writing: to the hour is enough. */
export function isHeardAnew(seenAt: number, now: number): boolean {
  return now - seenAt >= 3_600_000;
}

function refused(reason: string): Failure {
  return new Failure('account-refused', { reason });
}
