// Opens an account here, or one that is there: by its password or its kit. Loaded when a person asks for it. spec/accounts.md "Signing in".
import { AccountChanges, type AccountPorts, type OpenedAccount, recover, signIn, signUp } from '@reprise/sdk/account';
import type { PasswordChoice, SigningStep, SignUpWish } from '../../app/port.ts';
import type { AccountCalls, SessionFacts } from '../../engine/account-calls.ts';
import { EngineError } from '../../engine/rpc.ts';
import { enter, lockedSetting, makeRoom, nameSetting, passwordOf, ports, tellNews as tell, transfers } from './account.ts';
import { nextDevice, readSetting, saveSetting } from './device-rows.ts';

const onStep = (step: SigningStep): void => void tell('stepChanged', { step });

export function signUpHere({ name, signInName, password }: SignUpWish, signal: AbortSignal): Promise<SessionFacts> {
  return enterAnew(
    async (at) => {
      await makeRoom();
      return signUp(at, { name: signInName, password: passwordOf(password), signal, onStep });
    },
    () => saveSetting(nameSetting, name),
  );
}

/** A device that was ended comes back, and keeps what it had sealed for itself. */
export async function signInHere(
  { identifier, password, passkey }: AccountCalls['signIn']['takes'],
  signal: AbortSignal,
): Promise<SessionFacts> {
  try {
    return await enterAnew((at) => signIn(at, { identifier, password, passkey: passkey ?? undefined, signal, onStep }));
  } catch (error) {
    // The password was right before the passkey was asked for.
    const isPasskey = passkey !== null && error instanceof EngineError && error.code === 'wrong-password';
    throw isPasskey ? new EngineError({ code: 'no-passkey', facts: {} }) : error;
  }
}

export function recoverHere(words: readonly string[], password: PasswordChoice, signal: AbortSignal): Promise<SessionFacts> {
  return enterAnew(async (at) => {
    const account = await recover(at, words.join(' '), signal);
    onStep('account');
    await new AccountChanges(at, account).setPassword(passwordOf(password), signal);
    return account;
  });
}

/** @param opened runs once the account is this device's */
export function enterAnew<Opened extends OpenedAccount>(
  open: (ports: AccountPorts) => Promise<Opened>,
  opened?: (account: Opened) => Promise<void>,
): Promise<SessionFacts> {
  return enter(async () => {
    const next = await nextHere();
    const account = await open(next.ports);
    await next.settle();
    await opened?.(account);
    return account;
  });
}

/** Where an account opens beside one that is locked: on a device of its own, which takes this one's place by `settle`. */
export async function nextHere(): Promise<{ readonly ports: AccountPorts; settle(): Promise<void> }> {
  if (!(await readSetting<boolean>(lockedSetting))) return { ports, settle: async () => undefined };
  const { store, settle } = nextDevice();
  return {
    ports: { ...ports, store },
    async settle() {
      await (await transfers()).eraseAllTransfers();
      await settle();
    },
  };
}
