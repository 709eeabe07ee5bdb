// The worker that asks a wallet which somebody has elsewhere: it alone holds the connection's secret, and it alone reaches relays, those that the
// operator names. It holds no other key, and cannot reach the server. spec/wallet.md "A wallet of one's own", spec/web.md "Threads", "Policies".
import { type Bytes, concatBytes, systemClock, systemRandom } from '@reprise/kit';
import type { WalletStore } from '@reprise/wallet';
import { type Budget, OutsidePurse } from '@reprise/wallet/outside';
import { sayHere } from '../engine/here.ts';
import { outsideDatabase } from '../engine/outside-database.ts';
import type { OutsideCalls, OutsideKept } from '../engine/outside-wallet.ts';
import { type EngineError, joinPort } from '../engine/rpc.ts';
import { addRow, isSameRow, openDatabase, readRow, replaceRow } from '../engine/rows.ts';
import { toEngineFailure } from './engine/failures.ts';

declare const self: DedicatedWorkerGlobalScope;

const [keyName, rowName, nonceBytes] = ['device', 'wallet', 12];

/** Of the sealed row that each loaded state came from: a row is replaced by whoever has read it. */
const rowsRead = new WeakMap<Bytes, Bytes>();

/** Sealed under a key that cannot be exported: nonce, then the sealed bytes. On the disk once it is saved, for money hangs on it. */
const store: WalletStore = {
  async load() {
    const row = await readRow<Bytes>(await openDatabase(outsideDatabase), 'kept', rowName);
    if (!row) return undefined;
    const opened = await crypto.subtle.decrypt(gcm(row.slice(0, nonceBytes)), await deviceKey(), row.slice(nonceBytes));
    const state = new Uint8Array(opened);
    rowsRead.set(state, row);
    return state;
  },
  async save(bytes, expected) {
    const nonce = systemRandom(nonceBytes);
    const sealed = new Uint8Array(await crypto.subtle.encrypt(gcm(nonce), await deviceKey(), bytes));
    return replaceRow<Bytes>(await openDatabase(outsideDatabase), 'kept', rowName, {
      next: concatBytes(nonce, sealed),
      isExpected: (there) => isSameRow(there, expected && rowsRead.get(expected)),
      durability: 'strict',
    });
  },
};

const purse = new OutsidePurse({ store, clock: systemClock, dial: (url) => new WebSocket(url) });

joinPort<Record<never, never>, OutsideCalls>(self, {
  outsideKept: () => kept(null),
  outsideConnect: async ({ text, relays }) => kept(budgetOf(await purse.connect(text, relays))),
  async outsideDisconnect() {
    await purse.disconnect();
    return kept(null);
  },
  async outsideLook() {
    try {
      if ((await purse.facts()).asked.some(({ state }) => state === 'asked')) await purse.lookUp();
      return { ...(await kept(budgetOf(await purse.budget()))), trouble: null };
    } catch (error) {
      return { ...(await kept(null)), trouble: toEngineFailure(error as EngineError) };
    }
  },
  outsidePay: (wanted) => purse.pay(wanted),
});
sayHere();

type Shown = NonNullable<OutsideKept['connected']>['budget'];

async function kept(budget: Shown): Promise<OutsideKept> {
  const { connected, asked } = await purse.facts();
  return { connected: connected && { ...connected, budget }, asked };
}

function budgetOf(budget: Budget | null): Shown {
  if (!budget) return 'none';
  const { total, used, renewsAt } = budget;
  return { total: Math.floor(total / 1_000), left: Math.max(0, Math.floor((total - used) / 1_000)), renewsAt };
}

async function deviceKey(): Promise<CryptoKey> {
  const db = await openDatabase(outsideDatabase);
  const known = await readRow<CryptoKey>(db, 'keys', keyName);
  if (known) return known;
  await addRow(db, 'keys', keyName, await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']));
  return deviceKey();
}

function gcm(nonce: Bytes): AesGcmParams {
  return { name: 'AES-GCM', iv: nonce, additionalData: new TextEncoder().encode('outside wallet') };
}
