// "Secure my account", the copy of what the account is, and its end: rare, so it is loaded when it is asked for. spec/accounts.md "Securing an account".
import { type AccountProof, exportAccount, planSecuring, readProof, secureAccount, unlock } from '@reprise/sdk/account';
import type { PasswordChoice } from '../../app/port.ts';
import type { PasskeyFacts, SessionFacts } from '../../engine/account-calls.ts';
import { asAccount, enter, keysChanged, leaveEnded, passwordOf, ports, settingsHere, tellNews, theAccount, theChanges } from './account.ts';

/** The kit is made afterwards, on its own page; until then the new password and this device open the account. */
export async function secureHere(password: PasswordChoice, signal: AbortSignal): Promise<SessionFacts> {
  const { account } = theAccount();
  try {
    const facts = await enter(async () => {
      const plan = await planSecuring(ports, account, signal);
      const onStep = (step: 'key' | 'account') => void tellNews('stepChanged', { step });
      return secureAccount(ports, account, plan, { password: passwordOf(password), withKit: false, signal, onStep });
    });
    await keysChanged();
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
