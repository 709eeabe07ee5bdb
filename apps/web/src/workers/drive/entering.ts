// Opens an account here, or one that is there: by its password or its kit. Loaded when a person asks for it. spec/accounts.md "Signing in".
import { AccountChanges, recover, signIn, signUp } from '@reprise/sdk/account';
import type { PasswordChoice, SignUpWish } from '../../app/port.ts';
import type { SessionFacts } from '../../engine/account-calls.ts';
import { enter, makeRoom, nameSetting, passwordOf, ports, tellNews as tell } from './account.ts';
import { saveSetting } from './device-rows.ts';

export function signUpHere(wish: SignUpWish, signal: AbortSignal): Promise<SessionFacts> {
  return enter(async () => {
    await makeRoom();
    const password = passwordOf(wish.password);
    const account = await signUp(ports, { name: wish.signInName, password, signal, onStep: (step) => void tell('stepChanged', { step }) });
    await saveSetting(nameSetting, wish.name);
    return account;
  });
}

/** A device that was ended comes back, and keeps what it had sealed for itself. */
export function signInHere(identifier: string, password: string, signal: AbortSignal): Promise<SessionFacts> {
  return enter(() => signIn(ports, { identifier, password, signal, onStep: (step) => void tell('stepChanged', { step }) }));
}

export function recoverHere(words: readonly string[], password: PasswordChoice, signal: AbortSignal): Promise<SessionFacts> {
  return enter(async () => {
    const account = await recover(ports, words.join(' '), signal);
    void tell('stepChanged', { step: 'account' });
    await new AccountChanges(ports, account).setPassword(passwordOf(password), signal);
    return account;
  });
}
