// What `plan buy` asks for, written down before it is asked for: an order whose answer was lost is the same order in the next run, and is paid for
// once. spec/paid-links.md "Plans".
import path from 'node:path';
import { type Bytes, decodeUtf8, encodeUtf8, formatBase64url, formatHex } from '@reprise/kit';
import { Failure, type FailureCode } from '@reprise/protocol/formats';
import type { AccountSession } from '@reprise/sdk/account';
import { purchaseFolder } from '@reprise/sdk/node';
import { nodeEngine } from '@reprise/vault/node';

export type PlanOrder = {
  /** 16 random bytes, base64url: with the same one nothing is bought twice. */
  readonly request: string;
  /** Satoshis. */
  readonly most: string;
};

export type PlanWish = {
  readonly stateFolder: string;
  readonly plan: string;
  /** Which of the two requests: one pays at once, the other makes an invoice. */
  readonly by: 'balance' | 'invoice';
  /** For an order that is not written down yet. */
  readonly most: string;
};

/** With these the server says that nothing was spent. */
const refusals: ReadonlySet<FailureCode> = new Set([
  'plan-dearer',
  'not-found',
  'no-rate',
  'balance-too-low',
  'account-frozen',
  'key-reused',
]);

/**
 * Asks with the order that is written down, or a new one; it is forgotten with the answer.
 * @throws Failure of `ask`; target-refused, target-full where nothing can be written, and nothing is asked
 */
export async function askOnce<Answer>(
  session: AccountSession,
  { stateFolder, plan, by, most }: PlanWish,
  ask: (order: PlanOrder) => Promise<Answer>,
): Promise<Answer> {
  const { connection, userId } = session;
  const store = purchaseFolder(path.join(stateFolder, 'orders'));
  const name = await nameOf([connection.origin, userId, plan, by]);
  for (;;) {
    const kept = await store.load(name);
    const order = kept ? readOrder(kept) : { request: formatBase64url(connection.random(16)), most };
    // Where another run has written one down meanwhile, that is the one.
    if (!kept && !(await store.save(name, encodeUtf8(JSON.stringify(order)), null))) continue;
    try {
      const answer = await ask(order);
      await store.remove(name);
      return answer;
    } catch (error) {
      if (!(error instanceof Failure && refusals.has(error.code))) throw error;
      await store.remove(name);
      // What was agreed to before no longer covers the price, and what is agreed to now may.
      if (!kept || error.code !== 'plan-dearer') throw error;
    }
  }
}

async function nameOf(facts: readonly string[]): Promise<string> {
  return formatHex(await nodeEngine.sha256(encodeUtf8(JSON.stringify(facts)))).slice(0, 32);
}

function readOrder(bytes: Bytes): PlanOrder {
  return JSON.parse(decodeUtf8(bytes)) as PlanOrder;
}
