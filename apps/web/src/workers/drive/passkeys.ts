// Passkeys of the account: the page runs the browser's dialog and hands over what came out; here it opens, seals and unlocks.
// spec/accounts.md "Slots", "Device".
import { equalBytes, systemRandom } from '@reprise/kit';
import { Failure } from '@reprise/protocol/formats';
import { signInWithPasskey } from '@reprise/sdk/account';
import { namePasskey } from '@reprise/sdk/drive';
import { openLocal, sealLocal, webEngine } from '@reprise/vault';
import { passkeyLock } from '@reprise/vault/account';
import type { PasskeyFacts, SessionFacts } from '../../engine/account-calls.ts';
import { EngineError } from '../../engine/rpc.ts';
import { asAccount, nameHere, tellAccount, theAccount, theChanges, unlockHere } from './account.ts';
import { deviceName } from './device-name.ts';
import { enterAnew } from './entering.ts';
import { putSecrets, readSecrets } from './device-rows.ts';
import { readLocks, saveLocks } from './locks.ts';

const table = 'passkey';

/** @param passkey out of two dialogs that gave the same */
export async function addPasskey(passkey: PasskeyFacts): Promise<{ readonly id: string; readonly label: string }> {
  const id = await asAccount(async () => (await theChanges()).addPasskey(passkey));
  await keepLock(id, passkey);
  const label = deviceName();
  // Without a name it is a passkey all the same.
  await nameSlot(id, label).catch(() => nameHere(id, label));
  void tellAccount();
  return { id, label };
}

export async function renamePasskey(id: string, label: string): Promise<void> {
  await asAccount(() => nameSlot(id, label));
  void tellAccount();
}

/** For every device of the account to show. */
async function nameSlot(id: string, label: string): Promise<void> {
  await namePasskey(theAccount().drive.drive, id, label);
  await nameHere(id, label);
}

/** @param passkey any of the account's, to show that it works; null: the password alone opens it again */
export async function demandPasskey(passkey: PasskeyFacts | null): Promise<void> {
  await asAccount(async () => (await theChanges()).demandPasskey(passkey).catch(notKnown));
  void tellAccount();
}

export function enterWithPasskey(passkey: PasskeyFacts, signal: AbortSignal): Promise<SessionFacts> {
  return enterAnew(
    (ports) => signInWithPasskey(ports, passkey, signal).catch(notKnown),
    ({ slot }) => keepLock(slot, passkey),
  );
}

export async function unlockWithPasskey(passkey: PasskeyFacts): Promise<SessionFacts> {
  const { credentialId } = passkey;
  const lock = (await readLocks()).find((each) => equalBytes(each.credentialId, credentialId));
  if (!lock) throw noPasskey();
  const key = await passkeyLock(webEngine, passkey);
  const secrets = await openLocal(webEngine, key, { table, row: credentialId }, lock.sealed).catch(() => {
    throw noPasskey();
  });
  await putSecrets(secrets);
  return unlockHere();
}

export async function passkeysHere(): Promise<Uint8Array<ArrayBuffer>[]> {
  return (await readLocks()).map(({ credentialId }) => credentialId);
}

/** From now on a locked account opens here by the passkey alone. */
async function keepLock(slot: string, passkey: PasskeyFacts): Promise<void> {
  const { credentialId } = passkey;
  const key = await passkeyLock(webEngine, passkey);
  const sealed = await sealLocal(webEngine, key, { table, row: credentialId }, await readSecrets(), systemRandom);
  const others = (await readLocks()).filter((each) => !equalBytes(each.credentialId, credentialId));
  await saveLocks([...others, { slot, credentialId, sealed, madeAt: Date.now() }]);
}

function notKnown(error: unknown): never {
  throw error instanceof Failure && error.code === 'login-refused' ? noPasskey() : error;
}

function noPasskey(): EngineError {
  return new EngineError({ code: 'no-passkey', facts: {} });
}
