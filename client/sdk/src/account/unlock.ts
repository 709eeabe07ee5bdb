// Opens the account that this device has, without asking the server for anything but what a killed sign-up or sign-in left open.
// spec/accounts.md "Device".
import { Failure } from '@reprise/protocol';
import { decodeDeviceRecord, type DeviceRecord } from '@reprise/vault/account';
import { type AccountPorts, isKnown, markEnrolled, type OpenedAccount, openedAccount, openRecord } from './opened.ts';
import { settleKeys } from './settle-keys.ts';

/** @returns null on a device without an account */
export async function readRecord(ports: Pick<AccountPorts, 'store'>): Promise<DeviceRecord | null> {
  const record = await ports.store.load();
  return record ? decodeDeviceRecord(record) : null;
}

/**
 * @throws Failure not-enrolled if this device has no account, or what was begun on it never came to be: then it is as if new;
 *   reject if its record was changed; network, when the server has to say what came of a sign-up
 */
export async function unlock(ports: AccountPorts, signal?: AbortSignal): Promise<OpenedAccount> {
  const record = await readRecord(ports);
  if (!record) throw new Failure('not-enrolled');
  if (record.origin !== ports.connection.origin) throw new Failure('not-enrolled', { origin: record.origin });
  const content = await openRecord(ports, record);
  const account = await openedAccount(ports, record, content.keys, content.checkpoint);
  if (record.enrolled) return settleKeys(ports, account, signal);
  if (!(await isKnown(ports, account, signal))) {
    await ports.store.erase();
    throw new Failure('not-enrolled');
  }
  return { ...account, record: await markEnrolled(ports, record) };
}
