// Orders to pay out whose answer has not come, written down before they are sent: from another tab or after a reload they are sent again as the same
// order, and nothing is paid twice. Kept under a hash, because an order says where money goes; they leave with the account. spec/paid-links.md "Accounts".
import { type Bytes, encodeUtf8, formatBase64url, formatHex, systemRandom } from '@reprise/kit';
import type { Payout } from '../../app/sales-port.ts';
import { accountDatabase } from '../../engine/account-database.ts';
import { addRow, deleteRow, openDatabase, readKeys, readRow } from '../../engine/rows.ts';

export type PayoutOrder = {
  readonly account: Bytes;
  readonly to: string;
  /** null: the invoice's, or to an address all that there is. */
  readonly sats: number | null;
};
type KeptOrder = {
  readonly request: string;
  /** Payouts to the same target that there were already: none of them is this one. */
  readonly before: readonly string[];
};

const store = 'settings';
const keyPrefix = 'payout ';

/** @param listed what there is, asked for a new order alone @returns the request to send, on the disk by now */
export async function keepOrder(order: PayoutOrder, listed: () => Promise<readonly Payout[]>): Promise<string> {
  const [db, key] = [await openDatabase(accountDatabase), await keyOf(order)];
  const kept = await readRow<KeptOrder>(db, store, key);
  if (kept) return kept.request;
  const before = (await listed()).filter(({ to }) => to === order.to).map(({ id }) => id);
  await addRow(db, store, key, { request: formatBase64url(systemRandom(16)), before } satisfies KeptOrder, 'strict');
  return keepOrder(order, listed);
}

/** Its answer has come. */
export async function dropOrder(order: PayoutOrder): Promise<void> {
  await deleteRow(await openDatabase(accountDatabase), store, await keyOf(order));
}

/** What a person sees in the list has been heard of: the same once more is another payout. */
export async function dropShown(account: Bytes, payouts: readonly Payout[]): Promise<void> {
  const db = await openDatabase(accountDatabase);
  const keys = new Set((await readKeys(db, store)).filter((key) => key.startsWith(keyPrefix)));
  if (keys.size === 0) return;
  for (const { id, to, amount } of payouts)
    for (const sats of [amount, null]) {
      const key = await keyOf({ account, to, sats });
      if (!keys.has(key)) continue;
      const kept = await readRow<KeptOrder>(db, store, key);
      if (kept && !kept.before.includes(id)) await deleteRow(db, store, key);
    }
}

async function keyOf({ account, to, sats }: PayoutOrder): Promise<string> {
  const named = encodeUtf8(`${formatHex(account)} ${sats ?? ''} ${to}`);
  return keyPrefix + formatHex(new Uint8Array(await crypto.subtle.digest('SHA-256', named)));
}
