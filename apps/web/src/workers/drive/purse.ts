// What the wallet worker is lent by the account: the hidden file `wallet` of its home space, and the seeds of its branches. Both ends when the
// account is locked. spec/wallet.md "Seeds", "Store".
import { walletFile } from '@reprise/sdk/drive';
import { webEngine } from '@reprise/vault';
import { accountWalletSeed, walletBranch } from '@reprise/vault/wallet';
import type { PurseAct, PurseCalls, PurseLoanCalls } from '../../engine/purse.ts';
import { type Call, EngineError, joinPort } from '../../engine/rpc.ts';
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
  const locked = { code: 'locked', facts: {} };
  /** Nothing is lent by an account that is locked, or another. */
  const open = () => {
    if (drive.over.aborted) throw new EngineError(locked);
  };
  const port = await callPage('startWorker', { name: 'wallet' });
  const { call, close } = joinPort<PurseCalls, PurseLoanCalls>(port, {
    purseLoan: () => ({ mint: payments.mint, isSandbox: payments.sandbox, device: account.session.deviceId }),
    purseBranch: ({ branch }) => (open(), walletBranch(webEngine, seed, branch)),
    purseLoad: async () => (open(), (await file.load()) ?? null),
    purseSave: ({ bytes, expected }) => (open(), file.save(bytes, expected ?? undefined)),
  });
  // The page ends the worker; nobody is left to wait for its answers.
  const end = () => {
    close(locked);
    port.close();
  };
  drive.over.addEventListener('abort', end, { once: true });
  if (drive.over.aborted) end();
  return call;
}
