// Orders that pay, written down before they are sent and kept until their answer came: from another tab or after a reload the same order goes out again
// under the same request, and nothing is paid twice. Kept under a hash, because an order says where money goes; they leave with the account.
// spec/paid-links.md "Accounts".
import { type Bytes, encodeUtf8, formatBase64url, formatHex, systemRandom } from '@reprise/kit';
import { accountDatabase } from '../../engine/account-database.ts';
import { addRow, change, openDatabase, readKeys, readRow } from '../../engine/rows.ts';

export type Order = {
  readonly account: Bytes;
  readonly kind: 'payout' | 'plan';
  /** Whoever orders the same once more says the same here. */
  readonly what: string;
};
/** `Facts`: what else a repeat needs to be the same, as it was when the request was drawn. */
export type KeptOrder<Facts> = Facts & { readonly request: string };

const store = 'settings';
/** What this tab sent and heard no answer to: what another tab heard of is still this tab's to repeat. */
const sentHere = new Map<string, KeptOrder<unknown>>();

/** @param facts asked for a new order alone @returns what to send, on the disk by now */
export async function keepOrder<Facts>(order: Order, facts: () => Promise<Facts>): Promise<KeptOrder<Facts>> {
  const kept = await readOrder<Facts>(order);
  const [db, key] = [await openDatabase(accountDatabase), await keyOf(order)];
  await addRow(db, store, key, kept ?? { ...(await facts()), request: formatBase64url(systemRandom(16)) }, 'strict');
  const there = (await readRow<KeptOrder<Facts>>(db, store, key)) ?? kept;
  // Answered in another tab in this very moment.
  if (!there) return keepOrder(order, facts);
  sentHere.set(key, there);
  return there;
}

/** @returns undefined where nothing is unanswered */
export async function readOrder<Facts>(order: Order): Promise<KeptOrder<Facts> | undefined> {
  const key = await keyOf(order);
  return (sentHere.get(key) ?? (await readRow(await openDatabase(accountDatabase), store, key))) as KeptOrder<Facts> | undefined;
}

/** It was answered, or heard of. One that was drawn since stays. */
export async function dropOrder(order: Order, request: string): Promise<void> {
  const [db, key] = [await openDatabase(accountDatabase), await keyOf(order)];
  await change(db, store, (rows) => {
    const there = rows.get(key);
    there.onsuccess = () => {
      if ((there.result as KeptOrder<unknown> | undefined)?.request === request) rows.delete(key);
    };
  });
  if (sentHere.get(key)?.request === request) sentHere.delete(key);
}

/** Until `work` has ended the order is under way; several tabs may send it at once. */
export async function underWay<Result>(order: Order, work: () => Promise<Result>): Promise<Result> {
  return await navigator.locks.request(await keyOf(order), { mode: 'shared' }, work);
}

/** @returns undefined, and nothing is done, while any tab has the order under way */
export async function unlessUnderWay<Result>(order: Order, work: () => Promise<Result>): Promise<Result | undefined> {
  return await navigator.locks.request(await keyOf(order), { ifAvailable: true }, async (lock) => (lock ? work() : undefined));
}

export async function anyOrder(kind: Order['kind']): Promise<boolean> {
  const keys = [...sentHere.keys(), ...(await readKeys(await openDatabase(accountDatabase), store))];
  return keys.some((key) => key.startsWith(`${kind} `));
}

async function keyOf({ account, kind, what }: Order): Promise<string> {
  const named = encodeUtf8(`${formatHex(account)} ${what}`);
  return `${kind} ${formatHex(new Uint8Array(await crypto.subtle.digest('SHA-256', named)))}`;
}
