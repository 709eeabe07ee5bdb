// NUT-05, NUT-08, NUT-23: coins become a Lightning payment. Two transactions round one call: the coins are held before the node hears of
// the payment, and are spent or given back only on the node's word. spec/mint.md "Melt".
import { insertRows } from '@reprise/database';
import { type Operation, operationId, shardOf } from '@reprise/ledger';
import type { Outcome } from '@reprise/lightning';
import { storeBlanks } from './blanks.ts';
import { coinRows, keyOfCoins, recogniseCoins, storeCoins } from './coins.ts';
import { MintFailure } from './failures.ts';
import { endMelt, type Melt, leaveMelt, renewLease } from './melt-end.ts';
import { payInside } from './melt-inside.ts';
import { checkMelt, meltCollision, type MeltRequest } from './melt-request.ts';
import { type MeltQuote, type MeltQuoteRow, meltQuoteRow, paymentOf, written } from './melt-quotes.ts';
import { hashOf, recall } from './once.ts';
import type { MintParts } from './ports.ts';
import { readOutputs, readProofs, readQuoteId, readText } from './read-request.ts';
import { assertGoing } from './stopped.ts';

/** A process that was held up for so long after its commit hands nothing over any more: another may think it is dead soon. */
const handOverShare = 0.5;

/** @param keepWorking is told what goes on after the answer, when the wallet does not want to wait */
export async function melt(
  mint: MintParts,
  body: Readonly<Record<string, unknown>>,
  keepWorking: (work: Promise<unknown>) => void,
): Promise<MeltQuote> {
  const id = readQuoteId(readText(body, 'quote', 36));
  const proofs = readProofs(body);
  const blanks = body['outputs'] === undefined || body['outputs'] === null ? [] : readOutputs(body);
  const quote = await meltQuoteRow(mint, id);
  const coins = await recogniseCoins(mint, proofs);
  mint.reached('melt/verified');
  const request = { quote, coins, blanks };
  const requestHash = hashOf(id, keyOfCoins(coins), ...blanks.flatMap(({ keyset, b }) => [keyset, b]));
  if (quote.state !== 'UNPAID') return answerAgain(mint, quote, requestHash);
  assertGoing(mint);
  await checkMelt(mint, request);
  const attempt = quote.attempts + 1;
  const operation = { kind: 'melt', key: `${id}/${attempt}`, requestHash };
  const inside = await payInside(mint, request, operation);
  if (inside) return inside;
  const started = await reserve(mint, request, operation, attempt);
  if (!started) return answerAgain(mint, await meltQuoteRow(mint, id), requestHash);
  const work = carryOut(mint, started);
  if (body['prefer_async'] === true) {
    keepWorking(work);
    return written(mint, await meltQuoteRow(mint, id));
  }
  const outcome = await work;
  if (outcome.state === 'failed') throw new MintFailure(20004);
  return written(mint, await meltQuoteRow(mint, id));
}

/** The same coins for the same quote: how it stands. Others: it is taken. */
async function answerAgain(mint: MintParts, quote: MeltQuoteRow, requestHash: Operation['requestHash']): Promise<MeltQuote> {
  const isSame = (await recall(mint, { kind: 'melt', key: `${quote.id}/${quote.attempts}`, requestHash })) === 'same';
  if (isSame && quote.state !== 'UNPAID') return written(mint, quote);
  throw new MintFailure(quote.state === 'PAID' ? 20006 : 20005);
}

/** @returns undefined if this very attempt was begun by somebody else */
async function reserve(mint: MintParts, request: MeltRequest, operation: Operation, attempt: number): Promise<Melt | undefined> {
  const { quote, coins, blanks } = request;
  const op = operationId(operation);
  const now = mint.clock.now();
  const shard = shardOf(op, mint.settings.shards);
  const started: Melt = { op, quote: quote.id, attempt, fence: 1, shard, inputs: coins.sum, inputFee: coins.fee, startedAt: now };
  try {
    const isMine = await mint.database.transaction(async (queries) => {
      if (!(await mint.ledger.claim(queries, operation, now))) return false;
      mint.reached('melt/claimed');
      await storeCoins(queries, coinRows(coins, op, 'reserved'));
      await storeBlanks(queries, blanks, op);
      const row = {
        op,
        quote: quote.id,
        attempt,
        step: 'dispatching' as const,
        input_amount: Number(coins.sum),
        input_fee: Number(coins.fee),
        shard,
        fence: 1,
        lease_until: now + mint.settings.leaseMs,
        created_at: now,
        updated_at: now,
      };
      await insertRows(queries, 'mint_melts', [row]);
      const { numUpdatedRows } = await queries
        .updateTable('mint_melt_quotes')
        .set({ state: 'PENDING', op, attempts: attempt })
        .where('id', '=', quote.id)
        .where('state', '=', 'UNPAID')
        .where('attempts', '=', attempt - 1)
        .executeTakeFirstOrThrow();
      if (numUpdatedRows !== 1n) throw new MintFailure(20005);
      mint.reached('melt/in-transaction');
      return true;
    });
    mint.reached('melt/reserved');
    return isMine ? started : undefined;
  } catch (error) {
    throw await meltCollision(mint, error, op, request);
  }
}

async function carryOut(mint: MintParts, started: Melt): Promise<Outcome> {
  const lease = setInterval(() => void renewLease(mint, started).catch(() => {}), mint.settings.leaseMs / 3);
  try {
    const outcome = await handOver(mint, started);
    mint.reached('melt/answered');
    if (await endMelt(mint, started, outcome)) return outcome;
    await leaveMelt(mint, started);
    return { state: 'in-flight' };
  } finally {
    clearInterval(lease);
  }
}

async function handOver(mint: MintParts, started: Melt): Promise<Outcome> {
  const payment = await paymentOf(mint, started);
  if (mint.clock.now() - started.startedAt > mint.settings.leaseMs * handOverShare)
    return { state: 'unknown', why: 'this process was held up' };
  try {
    return await mint.backend.pay(payment);
  } catch {
    return { state: 'unknown', why: 'the backend failed' };
  }
}
