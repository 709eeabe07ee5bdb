// "Secure my account", the copy of what the account is, and its end: rare, so it is loaded when it is asked for. spec/accounts.md "Securing an account".
import { type AccountProof, exportAccount, planSecuring, readProof, secureAccount, type SecurePlan, unlock } from '@reprise/sdk/account';
import type { Kit, PasswordChoice } from '../../app/port.ts';
import type { PasskeyFacts, SessionFacts } from '../../engine/account-calls.ts';
import {
  asAccount,
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

/** What the person was shown last; never kept beyond this tab. */
let planned: SecurePlan | undefined;

/** The kit of the new keys, to be kept before they are in force. */
export async function planHere(signal: AbortSignal): Promise<Kit> {
  const { account } = theAccount();
  const plan = await asAccount(() => planSecuring(ports, account, signal));
  planned = plan;
  return kitOf(account, plan.code, plan.kit, Date.now());
}

/** With the kit that was shown: at no moment does this device alone open the account. */
export async function secureHere(password: PasswordChoice, signal: AbortSignal): Promise<SessionFacts> {
  const { account } = theAccount();
  const plan = planned;
  planned = undefined;
  if (!plan) throw new TypeError('nothing is planned');
  try {
    const facts = await enter(() => {
      const onStep = (step: 'key' | 'account') => void tellNews('stepChanged', { step });
      return secureAccount(ports, account, plan, { password: passwordOf(password), signal, onStep });
    });
    await keysChanged(plan.kit);
    return facts;
  } catch (error) {
    // It may have come through all the same: whichever keys are in force open it again.
    await enter(() => unlock(ports)).catch(() => undefined);
    throw error;
  }
}

export async function exportHere(): Promise<Blob> {
  const { account, drive } = theAccount();
  const data = await asAccount(async () => ({ ...(await exportAccount(ports, account, drive.drive)), settings: await settingsHere() }));
  return new Blob([JSON.stringify(data, null, 2)], { type: 'application/json' });
}

/** @param text the password, or the words of a kit; without it the passkey alone */
export async function deleteHere(text: string | null, passkey: PasskeyFacts | null): Promise<SessionFacts> {
  await asAccount(async () => (await theChanges()).deleteAccount(proofOf(text, passkey)));
  return leaveEnded();
}

function proofOf(text: string | null, passkey: PasskeyFacts | null): AccountProof {
  if (text === null) {
    if (!passkey) throw new TypeError('nothing is shown');
    return { by: 'passkey', passkey };
  }
  const proof = readProof(text);
  return proof.by === 'password' && passkey ? { ...proof, passkey } : proof;
}
