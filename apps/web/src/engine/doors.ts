// Ways into an account beside its password, as the page sees them: two devices that meet, and passkeys. spec/accounts.md "Adding a device", "Slots".
import type { DriveEngine, JoiningState, OpenAccount } from '../app/port.ts';
import type { AccountCalls, PasskeyFacts, SessionFacts } from './account-calls.ts';
import { source, type Source } from './observable.ts';
import { askPasskey, canPasskey, makePasskey } from './passkey.ts';
import type { Call } from './rpc.ts';

type Enter = (answer: Promise<SessionFacts>) => Promise<void>;

let joining: Source<JoiningState> | undefined;

export function joiningChanged(state: JoiningState): void {
  joining?.set(state);
}

/** Of the page before an account is open. @param enter shows what then stands here */
export function doorsInto(
  call: Call<AccountCalls>,
  enter: Enter,
): Pick<DriveEngine, 'joinByDevice' | 'canPasskey' | 'signInWithPasskey' | 'unlock'> {
  const asksPasskeys = source(false);
  void canPasskey().then((can) => asksPasskeys.set(can));
  return {
    canPasskey: asksPasskeys,
    async joinByDevice(signal) {
      const { qrText, code, endsAt } = await call('join', null, { signal });
      const state = source<JoiningState>({ kind: 'waiting', expiresAt: endsAt });
      joining = state;
      signal.addEventListener('abort', () => void call('leaveJoin', null), { once: true });
      const confirm = (same: boolean): void => {
        if (same) state.set({ kind: 'entering' });
        void call('confirmJoin', { same });
      };
      return { qrText, code, state, confirm };
    },
    async signInWithPasskey() {
      const passkey = await askPasskey();
      await enter(call('enterWithPasskey', passkey, moved(passkey)));
    },
    async unlock(door) {
      if (door === 'device') return enter(call('unlock', null));
      const passkey = await askPasskey(await call('passkeysHere', null));
      await enter(call('unlockWithPasskey', passkey, moved(passkey)));
    },
  };
}

/** Of an open account. */
export function doorsOf(call: Call<AccountCalls>, name: string): Pick<OpenAccount, 'invite' | 'addPasskey' | 'demandPasskey'> {
  return {
    async invite(text) {
      const { words, label } = await call('invite', { text });
      return { words, label, approve: () => call('admitGuest', null), refuse: () => call('refuseGuest', null) };
    },
    async addPasskey() {
      const passkey = await makePasskey(name, await call('passkeysHere', null));
      return call('addPasskey', passkey, moved(passkey));
    },
    async demandPasskey(on) {
      await call('demandPasskey', on ? await askPasskey() : null);
    },
  };
}

/** The page keeps nothing of it. */
function moved({ prf }: PasskeyFacts): { readonly transfer: readonly Transferable[] } {
  return { transfer: [prf.buffer] };
}
