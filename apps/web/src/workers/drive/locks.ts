// What a passkey keeps for this browser: the secrets of the device, sealed under what only the passkey computes. Where there is one, a locked
// account opens by it and by nothing else here. spec/accounts.md "Device".
import type { Bytes } from '@reprise/kit';
import { locksSetting, readSetting, saveSetting } from './device-rows.ts';

export type PasskeyLock = { readonly slot: string; readonly credentialId: Bytes; readonly sealed: Bytes; readonly madeAt: number };

export async function readLocks(): Promise<readonly PasskeyLock[]> {
  return (await readSetting<readonly PasskeyLock[]>(locksSetting)) ?? [];
}

export function saveLocks(locks: readonly PasskeyLock[]): Promise<void> {
  return saveSetting(locksSetting, locks);
}
