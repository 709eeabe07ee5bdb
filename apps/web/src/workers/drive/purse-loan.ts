// What the wallet worker is lent by an account: the hidden file `wallet` of its home space, and the seeds of its branches.
// spec/wallet.md "Seeds", "Store".
import type { OpenedAccount } from '@reprise/sdk/account';
import { type Drive, walletFile } from '@reprise/sdk/drive';
import { webEngine } from '@reprise/vault';
import { accountWalletSeed, walletBranch } from '@reprise/vault/wallet';
import { endPurse, type PurseCalls, type PurseLoanCalls } from '../../engine/purse.ts';
import { type Call, EngineError, joinPort } from '../../engine/rpc.ts';
import { callPage } from '../engine/page.ts';
import { paymentFacts } from '../engine/payment-facts.ts';

type Lender = {
  readonly account: OpenedAccount;
  readonly drive: Drive;
  /** The account is locked, or another: nothing is lent any more. */
  readonly over: AbortSignal;
};

/** @returns the wallet; null where the server has no mint */
export async function lendPurse({ account, drive, over }: Lender): Promise<Call<PurseCalls> | null> {
  const [facts, seed] = await Promise.all([paymentFacts(), accountWalletSeed(webEngine, account.keys.amk)]);
  if (!facts) return null;
  const file = walletFile(drive);
  const locked = { code: 'locked', facts: {} };
  const open = () => {
    if (over.aborted) throw new EngineError(locked);
  };
  const port = await callPage('startWorker', { name: 'wallet' });
  const { call, close } = joinPort<PurseCalls, PurseLoanCalls>(port, {
    purseLoan: () => ({
      mint: facts.mint,
      isSandbox: facts.isSandbox,
      relays: facts.relays,
      device: account.session.deviceId,
      isSeedNew: false,
    }),
    purseRate: async () => (await paymentFacts())?.rate ?? null,
    purseBranch: ({ branch }) => (open(), walletBranch(webEngine, seed, branch)),
    purseLoad: async () => (open(), (await file.load()) ?? null),
    purseSave: ({ bytes, expected }) => (open(), file.save(bytes, expected ?? undefined)),
  });
  // With the worker go the seed and the coins it was lent; nobody is left to wait for its answers.
  const end = () => {
    close(locked);
    port.postMessage(endPurse);
  };
  over.addEventListener('abort', end, { once: true });
  if (over.aborted) end();
  return call;
}
