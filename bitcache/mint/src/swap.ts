// NUT-03: coins for coins.
import { AccountsOf, events, msat, operationId, shardOf } from '@reprise/ledger';
import { bookNameOf, coinRows, keyOfCoins, recogniseCoins, refuseKnownCoins, spentOf, storeCoins, unlockCoins } from './coins.ts';
import { MintFailure } from './failures.ts';
import { collisionOf, happenedAllTheSame, hashOf, recall } from './once.ts';
import { type BlindSignature, blindSignature, checkOutputs, signaturesOf, signedRows, signOutputs, storeSigned } from './outputs.ts';
import type { MintParts } from './ports.ts';
import { type Output, readOutputs, readProofs } from './read-request.ts';

export type Signatures = { readonly signatures: readonly BlindSignature[] };

export async function swap(mint: MintParts, body: Readonly<Record<string, unknown>>): Promise<Signatures> {
  const [proofs, outputs] = [readProofs(body), readOutputs(body)];
  if (outputs.length === 0) throw new MintFailure(1);
  const coins = await recogniseCoins(mint, proofs);
  mint.reached('swap/verified');
  const operation = {
    kind: 'swap',
    key: keyOfCoins(coins),
    requestHash: hashOf(...outputs.flatMap(({ amount, keyset, b }) => [amount, keyset, b])),
  };
  const op = operationId(operation);
  const known = await recall(mint, operation);
  if (known === 'other') throw new MintFailure(11001);
  if (known === 'same') return { signatures: await signaturesOf(mint, op) };
  await refuseKnownCoins(mint, coins);
  const given = await checkOutputs(mint, outputs);
  if (given.unit !== coins.unit) throw new MintFailure(11010);
  if (coins.sum - coins.fee !== given.sum) throw new MintFailure(11005);
  await unlockCoins(mint, coins, outputs);
  const signed = await signOutputs(mint, outputs);
  mint.reached('swap/signed');
  const journal = events.swapped(new AccountsOf(shardOf(op, mint.settings.shards)), {
    spent: spentOf(coins),
    given: { keyset: bookNameOf(keysetOf(outputs)), amount: msat(given.sum * 1_000n) },
  });
  await mint.ledger.open(journal?.legs.map(({ account }) => account) ?? []);
  const now = mint.clock.now();
  try {
    const isDone = await mint.database.transaction(async (queries) => {
      if (!(await mint.ledger.claim(queries, operation, now))) return false;
      mint.reached('swap/claimed');
      await storeCoins(queries, coinRows(coins, op, 'spent'));
      await storeSigned(queries, signedRows(signed, op));
      mint.reached('swap/in-transaction');
      if (journal) await mint.ledger.post(queries, op, journal, now);
      return true;
    });
    mint.reached('swap/stored');
    return { signatures: isDone ? signed.map(blindSignature) : await signaturesOf(mint, op) };
  } catch (error) {
    if (await happenedAllTheSame(mint, error, operation)) return { signatures: await signaturesOf(mint, op) };
    throw await collisionOf(mint, error, { op, ys: coins.proofs.map(({ y }) => y), bs: outputs.map(({ b }) => b), otherwise: 11001 });
  }
}

/** All outputs are of the one active keyset of their unit. */
export function keysetOf(outputs: readonly Output[]): string {
  return outputs[0]?.keyset ?? '';
}
