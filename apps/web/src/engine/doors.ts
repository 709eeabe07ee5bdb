// Two devices that meet, as the page sees it from either side. spec/accounts.md "Adding a device".
import type { DriveEngine, JoiningState, OpenAccount } from '../app/port.ts';
import type { AccountCalls } from './account-calls.ts';
import { source, type Source } from './observable.ts';
import type { Call } from './rpc.ts';

let joining: Source<JoiningState> | undefined;

export function joiningChanged(state: JoiningState): void {
  joining?.set(state);
}

/** Of the page before an account is open. */
export function doorsInto(call: Call<AccountCalls>): Pick<DriveEngine, 'joinByDevice'> {
  return {
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
  };
}

/** Of an open account. */
export function doorsOf(call: Call<AccountCalls>): Pick<OpenAccount, 'invite'> {
  return {
    async invite(text) {
      const { words, label } = await call('invite', { text });
      return { words, label, approve: () => call('admitGuest', null), refuse: () => call('refuseGuest', null) };
    },
  };
}
