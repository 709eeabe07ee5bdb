// Coins taken for something that is no coin, and coins given without any: what sells keeps its own transaction, and the mint does its part
// inside it. Everything that costs is done before.
import type { InTransaction } from '@reprise/database';
import { events, type Journal, msat, type OperationId, type AccountsOf, type AccountCode } from '@reprise/ledger';
import {
  type Coins,
  bookNameOf,
  coinRows,
  keyOf,
  keyOfCoins,
  recogniseCoins,
  refuseKnownCoins,
  spentOf,
  storeCoins,
  unlockCoins,
} from './coins.ts';
import { splitChange } from './blanks.ts';
import { MintFailure } from './failures.ts';
import { collisionOf, hashOf } from './once.ts';
import {
  type BlindSignature,
  blindSignature,
  checkOutputs,
  signaturesOf,
  signedRows,
  signOutputs,
  type SignedOutput,
  storeSigned,
} from './outputs.ts';
import type { MintParts } from './ports.ts';
import { type Output, readOutputs, readProofs } from './read-request.ts';
import { assertGoing } from './stopped.ts';
import { keysetOf } from './swap.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Coins of ours, whether spent or not. */
export type Offered = {
  /** SHA-256 of the sorted Y: however the coins are written, they are the same. */
  readonly credential: string;
  /** In satoshis. */
  readonly sum: bigint;
  /** Verifies nothing again. @throws MintFailure as `taking` */
  take(price: bigint): Promise<Taking>;
};

/** What a transaction writes besides the rows of whoever sells. */
export type Taking = {
  readonly change: readonly BlindSignature[];
  /** @param to where the price goes */
  journal(on: AccountsOf, to: AccountCode): Journal | null;
  /** What `storeTaken` writes. */
  rows(op: OperationId): TakenRows;
  /** What the transaction ran into, in the words of the NUTs; or the error as it is. */
  collision(error: unknown, op: OperationId): Promise<unknown>;
};

/** The coins of one taking and its change. */
export type TakenRows = {
  readonly coins: ReturnType<typeof coinRows>;
  readonly signed: ReturnType<typeof signedRows>;
};

/** After the operations were claimed, before any other row. @throws a violation of `unique` for a coin or an output that is there */
export async function storeTaken(queries: InTransaction, takings: readonly TakenRows[]): Promise<void> {
  await storeCoins(
    queries,
    takings.flatMap(({ coins }) => coins),
  );
  await storeSigned(
    queries,
    takings.flatMap(({ signed }) => signed),
  );
}

/** @param body `inputs`, and blank `outputs` for what is above the price @throws MintFailure 1, 11007, 11008, 12001, 12003, 11009, 10001 */
export async function offerCoins(mint: MintParts, body: Fields): Promise<Offered> {
  const [proofs, blanks] = [readProofs(body), readOutputs({ outputs: [], ...body })];
  const coins = await recogniseCoins(mint, proofs);
  return { credential: keyOfCoins(coins), sum: coins.sum, take: (price) => taking(mint, coins, blanks, price) };
}

/** @throws MintFailure 11001, 11002, 12001, 12002, 11010, 10001; 11005 if not everything above the price can be given back */
async function taking(mint: MintParts, coins: Coins, blanks: readonly Output[], price: bigint): Promise<Taking> {
  await refuseKnownCoins(mint, coins);
  const above = coins.sum - price;
  const parts = above < 0n ? [] : splitChange(above, blanks.length);
  if (parts.reduce((sum, part) => sum + part, 0n) !== above) throw new MintFailure(11005);
  const outputs = parts.map((amount, at) => ({ ...(blanks[at] as Output), amount }));
  if (outputs.length > 0 && (await checkOutputs(mint, outputs)).unit !== coins.unit) throw new MintFailure(11010);
  await unlockCoins(mint, coins, blanks);
  const change = await signOutputs(mint, outputs);
  const spent = spentOf(coins);
  const given = { keyset: change[0] ? bookNameOf(change[0].keyset) : (spent[0]?.keyset ?? ''), amount: msat(above * 1_000n) };
  const brought = { ys: coins.proofs.map(({ y }) => y), bs: change.map(({ b }) => b), otherwise: 11001 } as const;
  return {
    change: change.map(blindSignature),
    journal: (on, to) => events.boughtWithCoins(on, { spent, given }, to),
    rows: (op) => ({ coins: coinRows(coins, op, 'spent'), signed: signedRows(change, op) }),
    collision: (error, op) => collisionOf(mint, error, { op, ...brought }),
  };
}

/** Coins for money that is owed to somebody. */
export type Giving = {
  readonly signatures: readonly BlindSignature[];
  /** Of what was asked: the same outputs have the same. */
  readonly requestHash: ReturnType<typeof hashOf>;
  /** In the books. */
  readonly keyset: string;
  /** Names the account that the coins are of. */
  to(on: AccountsOf): AccountCode;
  store(queries: InTransaction, op: OperationId): Promise<void>;
  collision(error: unknown, op: OperationId): Promise<unknown>;
};

/** SHA-256 of the outputs and their amounts, before anything is looked up. */
export function requestHashOf(body: Fields): Giving['requestHash'] {
  return hashOf(keyOf(readOutputs(body).map(({ amount, keyset, b }) => `${amount}/${keyset}/${b}`)));
}

/** @param amount in satoshis, exactly that of the outputs @throws MintFailure 1, 2, 11005, 12001, 12002, 11006, 11008, 10001 */
export async function giveCoins(mint: MintParts, body: Fields, amount: bigint): Promise<Giving> {
  const outputs = readOutputs(body);
  if (outputs.length === 0) throw new MintFailure(1);
  assertGoing(mint);
  if ((await checkOutputs(mint, outputs)).sum !== amount) throw new MintFailure(11005);
  const signed: readonly SignedOutput[] = await signOutputs(mint, outputs);
  const keyset = bookNameOf(keysetOf(outputs));
  return {
    signatures: signed.map(blindSignature),
    requestHash: requestHashOf(body),
    keyset,
    to: (on) => on.code('ecash', keyset),
    store: (queries, op) => storeSigned(queries, signedRows(signed, op)),
    collision: (error, op) => collisionOf(mint, error, { op, ys: [], bs: outputs.map(({ b }) => b), otherwise: 11003 }),
  };
}

/** What an operation of a sale signed. */
export function givenBy(mint: MintParts, op: OperationId): Promise<readonly BlindSignature[]> {
  return signaturesOf(mint, op);
}
