// The coins of this browser that belong to no account: refunds, and what is left of a token that was worth more than a price. Seed and state lie in
// one database, which leaves with the browser's data: whoever wants them elsewhere takes them out. spec/wallet.md "Seeds", "Store".
import { type Bytes, systemRandom } from '@reprise/kit';
import { webEngine } from '@reprise/vault';
import { visitorWalletSeed, walletBranch, walletEntropyBytes } from '@reprise/vault/wallet';
import type { PurseCalls, PurseLoanCalls } from '../../engine/purse.ts';
import { type Call, joinPort } from '../../engine/rpc.ts';
import { addRow, isSameRow, openDatabase, readRow, replaceRow } from '../../engine/rows.ts';
import { callPage } from './page.ts';
import { paymentFacts } from './payment-facts.ts';

const shape = { name: 'reprise-coins', stores: ['coins'] } as const;
const entropyName = 'entropy';
const stateName = 'state';
/** Tabs share a store, and draw from one branch. */
const device = 'browser';

/** Whether this browser ever had coins: else no worker is started for them. */
export async function hasCoins(): Promise<boolean> {
  return (await readRow(await openDatabase(shape), 'coins', stateName)) !== undefined;
}

/** @returns null where the server has no mint */
export async function visitorPurse(): Promise<Call<PurseCalls> | null> {
  const facts = await paymentFacts();
  if (!facts) return null;
  const seed = await visitorWalletSeed(webEngine, await entropyHere());
  const { call } = joinPort<PurseCalls, PurseLoanCalls>(await callPage('startWorker', { name: 'wallet' }), {
    purseLoan: () => ({ mint: facts.mint, isSandbox: facts.isSandbox, relays: facts.relays, device, isSeedNew: true }),
    purseRate: async () => (await paymentFacts())?.rate ?? null,
    purseBranch: ({ branch }) => walletBranch(webEngine, seed, branch),
    purseLoad: async () => (await readRow<Bytes>(await openDatabase(shape), 'coins', stateName)) ?? null,
    // On the disk once it resolves, for money hangs on it.
    purseSave: async ({ bytes, expected }) =>
      replaceRow<Bytes>(await openDatabase(shape), 'coins', stateName, {
        next: bytes,
        isExpected: (there) => isSameRow(there, expected),
        durability: 'strict',
      }),
  });
  return call;
}

async function entropyHere(): Promise<Bytes> {
  const db = await openDatabase(shape);
  const known = await readRow<Bytes>(db, 'coins', entropyName);
  if (known) return known;
  await addRow(db, 'coins', entropyName, systemRandom(walletEntropyBytes), 'strict');
  return (await readRow<Bytes>(db, 'coins', entropyName)) as Bytes;
}
