// A device that was stopped while the account was being secured holds two sets of keys: the log says which of them is in force.
// spec/accounts.md "Securing an account".
import { Failure, type LogState } from '@reprise/protocol/formats';
import { checkEpochKey, type Engine, homeEpochKey } from '@reprise/vault';
import { type AccountKeys, type DeviceRecord, encodeDeviceRecord } from '@reprise/vault/account';
import { homeOf, newestHome, pointOf } from './home-log.ts';
import { type AccountPorts, type OpenedAccount, openedAccount, openRecord } from './opened.ts';
import type { LogPoint } from './session.ts';

/** Asks the server only where new keys are on their way; without a network, what was accepted here last decides. */
export async function settleKeys(ports: AccountPorts, account: OpenedAccount, signal?: AbortSignal): Promise<OpenedAccount> {
  const { record } = account;
  if (!record.next) return account;
  const { keys } = await openRecord(ports, { ...record, slot: record.next });
  const log = await newestHome(homeOf(ports, account), signal);
  if (!log.isStarted || !(await isUnder(ports.engine, log.state, keys))) return account;
  return takeNext(ports, record, keys, pointOf(log.state));
}

/** The new keys are in force: the former ones go, and with them the slot that this device came in by. */
export async function takeNext(ports: AccountPorts, record: DeviceRecord, keys: AccountKeys, start: LogPoint): Promise<OpenedAccount> {
  const settled = { ...record, slot: record.next ?? record.slot, next: null, door: null };
  await ports.store.save(encodeDeviceRecord(settled));
  return openedAccount(ports, settled, keys, start);
}

/** Whether the epoch in force follows from these keys. */
export async function isUnder(engine: Engine, state: LogState, { amk }: Pick<AccountKeys, 'amk'>): Promise<boolean> {
  try {
    await checkEpochKey(state, await homeEpochKey(engine, amk, state.epoch));
    return true;
  } catch (error) {
    if (error instanceof Failure && error.code === 'reject') return false;
    throw error;
  }
}
