// What the wallet worker is lent by the account: the hidden file `wallet` of its home space, and the seeds of its branches. Both ends when the
// account is locked. spec/wallet.md "Seeds", "Store".
import { walletFile } from '@reprise/sdk/drive';
import { webEngine } from '@reprise/vault';
import { accountWalletSeed, walletBranch } from '@reprise/vault/wallet';
import type { PurseAct, PurseCalls, PurseLoanCalls } from '../../engine/purse.ts';
import { type Call, joinPort } from '../../engine/rpc.ts';
import { server } from '../engine/connection.ts';
import { callPage } from '../engine/page.ts';
import { theAccount } from './account.ts';

type Lent = ReturnType<typeof theAccount>;
const lent = new WeakMap<Lent, Promise<Call<PurseCalls> | null>>();

/** @returns null where the server has no mint */
export async function actOnPurse(act: PurseAct, given: readonly unknown[], signal: AbortSignal): Promise<unknown> {
  const here = theAccount();
  const known = lent.get(here) ?? lend(here);
  lent.set(here, known);
  known.catch(() => lent.delete(here));
  const call = await known;
  return call && call('purse', { act, given }, { signal });
}

async function lend(here: Lent): Promise<Call<PurseCalls> | null> {
  const { payments } = await server().call('server.get', { params: {} });
  if (!payments) return null;
  const { account, drive } = here;
  const seed = await accountWalletSeed(webEngine, account.keys.amk);
  const file = walletFile(drive.drive);
  /** Nothing is lent by an account that is locked, or another. */
  const open = () => {
    if (theAccount() !== here) throw new Error('locked');
  };
  const { call } = joinPort<PurseCalls, PurseLoanCalls>(await callPage('startWorker', { name: 'wallet' }), {
    purseLoan: () => ({ mint: payments.mint, isSandbox: payments.sandbox, device: account.session.deviceId }),
    purseBranch: ({ branch }) => (open(), walletBranch(webEngine, seed, branch)),
    purseLoad: async () => (open(), (await file.load()) ?? null),
    purseSave: ({ bytes, expected }) => (open(), file.save(bytes, expected ?? undefined)),
  });
  return call;
}
