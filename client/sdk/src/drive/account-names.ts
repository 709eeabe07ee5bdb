// What a person calls the devices of an account, app credentials among them, and its passkeys: kept in the drive, so that every device shows
// the same names. spec/drive.md "Names of devices and passkeys".
import type { DeviceId } from '@reprise/protocol';
import { type AccountNames, namesList } from '@reprise/vault';
import type { Drive } from './drive.ts';
import { changeList, readList } from './kept-lists.ts';

export type { AccountNames };

/** Of the newest tree that was accepted here: by the id of a device, or of a passkey's slot, in hex. @throws Failure bad-object, network … */
export async function readAccountNames(drive: Drive, signal?: AbortSignal): Promise<AccountNames> {
  return new Map((await readList(drive, await drive.parts.space.view(signal), namesList, signal)).items);
}

/** @param name null takes it away @throws Failure limit-exceeded, role-refused, drive-frozen, network … */
export function nameDevice(drive: Drive, device: DeviceId, name: string | null, signal?: AbortSignal): Promise<void> {
  return setName(drive, device, name, signal);
}

/** @param slot of the passkey, in hex @param name null takes it away @throws Failure limit-exceeded, role-refused, drive-frozen, network … */
export function namePasskey(drive: Drive, slot: string, name: string | null, signal?: AbortSignal): Promise<void> {
  return setName(drive, slot, name, signal);
}

async function setName(drive: Drive, id: string, name: string | null, signal: AbortSignal | undefined): Promise<void> {
  if (((await readAccountNames(drive, signal)).get(id) ?? null) === name) return;
  const change = (names: readonly (readonly [string, string])[]) => {
    const others = names.filter(([one]) => one !== id);
    return name === null ? others : [...others, [id, name] as const].toSorted(([a], [b]) => (a < b ? -1 : 1));
  };
  await changeList(drive, namesList, change, signal);
}
