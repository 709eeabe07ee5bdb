// The coins of this browser that belong to no account: refunds, and what is left of a token that was worth more than a price. Seed and state lie in
// one database, which leaves with the browser's data: whoever wants them elsewhere takes them out. spec/wallet.md "Seeds", "Store".
import { type Bytes, equalBytes, systemRandom } from '@reprise/kit';
import { webEngine } from '@reprise/vault';
import { visitorWalletSeed, walletBranch, walletEntropyBytes } from '@reprise/vault/wallet';
import type { PurseCalls, PurseLoanCalls } from '../../engine/purse.ts';
import { type Call, joinPort } from '../../engine/rpc.ts';
import { change, openDatabase, readRow } from '../../engine/rows.ts';
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
    purseLoan: () => ({ mint: facts.mint, isSandbox: facts.isSandbox, device, isSeedNew: true }),
    purseRate: async () => (await paymentFacts())?.rate ?? null,
    purseBranch: ({ branch }) => walletBranch(webEngine, seed, branch),
    purseLoad: async () => (await readRow<Bytes>(await openDatabase(shape), 'coins', stateName)) ?? null,
    purseSave: ({ bytes, expected }) => replace(bytes, expected),
  });
  return call;
}

/** One transaction: of two tabs that replace the same state one is told no. On the disk once it resolves, for money hangs on it. */
async function replace(bytes: Bytes, expected: Bytes | null): Promise<boolean> {
  const db = await openDatabase(shape);
  let isSaved = false;
  await change(
    db,
    'coins',
    (rows) => {
      const known = rows.get(stateName);
      known.onsuccess = () => {
        const there = known.result as Bytes | undefined;
        isSaved = there && expected ? equalBytes(there, expected) : (there ?? null) === expected;
        if (isSaved) rows.put(bytes, stateName);
      };
    },
    'strict',
  );
  return isSaved;
}

async function entropyHere(): Promise<Bytes> {
  const db = await openDatabase(shape);
  const known = await readRow<Bytes>(db, 'coins', entropyName);
  if (known) return known;
  // Two tabs may come here at once: the first entropy stays.
  const keep = (rows: IDBObjectStore) => {
    rows.add(systemRandom(walletEntropyBytes), entropyName).onerror = (event) => {
      event.preventDefault();
      event.stopPropagation();
    };
  };
  await change(db, 'coins', keep, 'strict');
  return (await readRow<Bytes>(db, 'coins', entropyName)) as Bytes;
}
