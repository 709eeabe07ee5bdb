// "Secure my account", the copy of what the account is, and its end: rare, so it is loaded when it is asked for. spec/accounts.md "Securing an account".
import { equalBytes } from '@reprise/kit';
import { type AccountProof, exportAccount, planSecuring, readProof, secureAccount, type SecurePlan, unlock } from '@reprise/sdk/account';
import type { Kit, PasswordChoice } from '../../app/port.ts';
import type { PasskeyFacts, SessionFacts } from '../../engine/account-calls.ts';
import {
  asAccount,
  endTakenBack,
  enter,
  keysChanged,
  kitOf,
  leaveEnded,
  passwordOf,
  ports,
  settingsHere,
  tellNews,
  theAccount,
  theChanges,
} from './account.ts';

/** What the person was shown last. It goes with the account that is open here: locked, left, or under other keys, it is drawn anew. */
const planned = new WeakMap<ReturnType<typeof theAccount>, SecurePlan>();

/** The kit of the new keys, to be kept before they are in force. */
export async function planHere(signal: AbortSignal): Promise<Kit> {
  const here = theAccount();
  const { account } = here;
  const plan = await asAccount(() => planSecuring(ports, account, signal));
  planned.set(here, plan);
  return kitOf(account, plan.code, plan.kit, Date.now());
}

/** With the kit that was shown: at no moment does this device alone open the account. */
export async function secureHere(password: PasswordChoice, signal: AbortSignal): Promise<SessionFacts> {
  const here = theAccount();
  const { account } = here;
  const plan = planned.get(here);
  planned.delete(here);
  if (!plan) throw new TypeError('nothing is planned');
  try {
    const facts = await enter(() => {
      const onStep = (step: 'key' | 'account') => void tellNews('stepChanged', { step });
      return secureAccount(ports, account, plan, { password: passwordOf(password), signal, onStep });
    });
    await keysChanged(plan.kit);
    return facts;
  } catch (error) {
    await openAnew(plan).catch(() => undefined);
    throw error;
  }
}

/** It may have come through all the same: whichever keys are in force open it again, and what lies here of the former ones opens nothing more. */
async function openAnew({ keys, kit }: SecurePlan): Promise<void> {
  await enter(() => unlock(ports));
  if (equalBytes(theAccount().account.keys.kem.seed, keys.kem.seed)) await keysChanged(kit);
}

export async function exportHere(): Promise<Blob> {
  const { account, drive } = theAccount();
  const data = await asAccount(async () => ({ ...(await exportAccount(ports, account, drive.drive)), settings: await settingsHere() }));
  return new Blob([JSON.stringify(data, null, 2)], { type: 'application/json' });
}

/** @param text the password, or the words of a kit; without it the passkey alone */
export async function deleteHere(text: string | null, passkey: PasskeyFacts | null): Promise<SessionFacts> {
  return leaveEnded(await asAccount(async () => (await theChanges()).deleteAccount(proofOf(text, passkey))));
}

export async function keepHere(): Promise<void> {
  await asAccount(async () => (await theChanges()).keepAccount());
  await endTakenBack();
}

export function isKit(text: string): boolean {
  return readProof(text).by === 'kit';
}

function proofOf(text: string | null, passkey: PasskeyFacts | null): AccountProof {
  if (text === null) {
    if (!passkey) throw new TypeError('nothing is shown');
    return { by: 'passkey', passkey };
  }
  const proof = readProof(text);
  return proof.by === 'password' && passkey ? { ...proof, passkey } : proof;
}
