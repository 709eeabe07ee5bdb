// What a person calls the devices of an account, app credentials among them, and its passkeys: kept in the drive, so that every device shows
// the same names. spec/drive.md "Names of devices and passkeys".
import type { Bytes } from '@reprise/kit';
import type { DeviceId } from '@reprise/protocol';
import { type AccountNames, decodeAccountNames, encodeAccountNames, namesFileName } from '@reprise/vault';
import type { Drive } from './drive.ts';
import { changeHiddenFile, readHiddenFile } from './hidden-file.ts';

export type { AccountNames };

/** Of the newest tree that was accepted here: by the id of a device, or of a passkey's slot, in hex. @throws Failure bad-object, network … */
export async function readAccountNames(drive: Drive, signal?: AbortSignal): Promise<AccountNames> {
  const bytes = await readHiddenFile(drive, await drive.parts.space.view(signal), namesFileName);
  return bytes ? decodeAccountNames(bytes) : new Map();
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
  const change = (bytes: Bytes | null) => {
    const names = new Map(bytes ? decodeAccountNames(bytes) : []);
    if (name === null) names.delete(id);
    else names.set(id, name);
    return encodeAccountNames(names);
  };
  await changeHiddenFile(drive, namesFileName, change, signal);
}
