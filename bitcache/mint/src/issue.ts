// NUT-04, NUT-20, NUT-29: coins for quotes that were paid.
import { createHash } from 'node:crypto';
import type { Row } from '@reprise/database';
import { AccountsOf, events, type Journal, msat, type Operation, operationId } from '@reprise/ledger';
import { bookNameOf, keyOf } from './coins.ts';
import { MintFailure } from './failures.ts';
import { freshQuote, readQuoteIds } from './mint-quotes.ts';
import { collisionOf, happenedAllTheSame, hashOf, recall } from './once.ts';
import { blindSignature, checkOutputs, signaturesOf, signedRows, signOutputs, storeSigned } from './outputs.ts';
import type { MintParts } from './ports.ts';
import { type Output, readOptionalText, readOutputs, readQuoteId, readText } from './read-request.ts';
import { assertGoing } from './stopped.ts';
import { keysetOf, type Signatures } from './swap.ts';

type Fields = Readonly<Record<string, unknown>>;
type Part = {
  readonly quote: Row<'mint_quotes'>;
  /** What is issued for it now, in satoshis. */
  readonly amount: bigint;
  readonly signature: string | null;
};

export async function issue(mint: MintParts, body: Fields): Promise<Signatures> {
  const quote = await freshQuote(mint, readQuoteId(readText(body, 'quote', 36)));
  return issueFor(mint, [{ quote, amount: BigInt(quote.amount), signature: readOptionalText(body, 'signature', 128) }], readOutputs(body));
}

/** NUT-29: all quotes or none. */
export async function issueBatch(mint: MintParts, body: Fields): Promise<Signatures> {
  const ids = readQuoteIds(body);
  const [amounts, signatures] = [sameLength(body['quote_amounts'], ids), sameLength(body['signatures'], ids)];
  const parts: Part[] = [];
  for (const [at, id] of ids.entries()) {
    const quote = await freshQuote(mint, id);
    const [amount = BigInt(quote.amount), signature = null] = [amounts?.[at], signatures?.[at]];
    if (typeof amount !== 'bigint' || amount < 1n || (signature !== null && typeof signature !== 'string')) throw new MintFailure(1);
    if (quote.pubkey === null && signature !== null) throw new MintFailure(20008);
    parts.push({ quote, amount, signature });
  }
  return issueFor(mint, parts, readOutputs(body));
}

function sameLength(value: unknown, ids: readonly string[]): readonly unknown[] | null {
  if (value === undefined || value === null) return null;
  if (!Array.isArray(value) || value.length !== ids.length) throw new MintFailure(1);
  return value;
}

async function issueFor(mint: MintParts, parts: readonly Part[], outputs: readonly Output[]): Promise<Signatures> {
  if (outputs.length === 0) throw new MintFailure(1);
  const operations = parts.map(({ quote }) => operationFor(quote.id, outputs));
  const owner = operationId(operations[0] as Operation);
  const known = await recall(mint, operations[0] as Operation);
  if (known === 'other') throw new MintFailure(11003);
  if (known === 'same') return { signatures: await signaturesOf(mint, owner) };
  assertGoing(mint);
  await checkQuoteSignatures(mint, parts, outputs);
  const { unit, sum } = await checkOutputs(mint, outputs);
  for (const { quote, amount } of parts) {
    if (quote.unit !== unit) throw new MintFailure(11010);
    if (quote.amount_paid === 0) throw new MintFailure(20001);
    if (BigInt(quote.amount_paid - quote.amount_issued) < amount) throw new MintFailure(20002);
  }
  if (sum !== parts.reduce((total, { amount }) => total + amount, 0n)) throw new MintFailure(11005);
  const signed = await signOutputs(mint, outputs);
  mint.reached('issue/signed');
  const journals = parts.map(({ quote, amount }) =>
    events.issued(new AccountsOf(quote.shard), bookNameOf(keysetOf(outputs)), msat(amount * 1_000n)),
  ) as readonly Journal[];
  await mint.ledger.open(journals.flatMap(({ legs }) => legs.map(({ account }) => account)));
  const now = mint.clock.now();
  try {
    const isDone = await mint.database.transaction(async (queries) => {
      for (const [at, operation] of operations.entries()) {
        if (await mint.ledger.claim(queries, operation, now)) continue;
        if (at === 0) return false;
        throw new MintFailure(11003);
      }
      mint.reached('issue/claimed');
      await storeSigned(queries, signedRows(signed, owner));
      for (const { quote, amount } of parts) {
        const { numUpdatedRows } = await queries
          .updateTable('mint_quotes')
          .set(({ eb }) => ({ amount_issued: eb('amount_issued', '+', Number(amount)), updated_at: now }))
          .where('id', '=', quote.id)
          .where(({ eb }) => eb(eb('amount_paid', '-', eb.ref('amount_issued')), '>=', Number(amount)))
          .executeTakeFirstOrThrow();
        if (numUpdatedRows !== 1n) throw new MintFailure(20002);
      }
      mint.reached('issue/in-transaction');
      for (const [at, journal] of journals.entries())
        await mint.ledger.post(queries, operationId(operations[at] as Operation), journal, now);
      return true;
    });
    mint.reached('issue/stored');
    return { signatures: isDone ? signed.map(blindSignature) : await signaturesOf(mint, owner) };
  } catch (error) {
    if (await happenedAllTheSame(mint, error, operations[0] as Operation)) return { signatures: await signaturesOf(mint, owner) };
    throw await collisionOf(mint, error, { op: owner, ys: [], bs: outputs.map(({ b }) => b), otherwise: 11003 });
  }
}

function operationFor(quote: string, outputs: readonly Output[]): Operation {
  return {
    kind: 'issue',
    key: `${quote}/${keyOf(outputs.map(({ b }) => b))}`,
    requestHash: hashOf(...outputs.flatMap(({ amount, keyset, b }) => [amount, keyset, b])),
  };
}

/** NUT-20: over the quote's id and all outputs. @throws MintFailure 20008 */
async function checkQuoteSignatures(mint: MintParts, parts: readonly Part[], outputs: readonly Output[]): Promise<void> {
  const all = outputs.map(({ b }) => b).join('');
  const checks = parts.flatMap(({ quote, signature }) => {
    if (quote.pubkey === null) return [];
    const digest = createHash('sha256').update(`${quote.id}${all}`).digest('hex');
    return [{ x: quote.pubkey.slice(2), digest, signature: signature?.toLowerCase() ?? '' }];
  });
  if (checks.length > 0 && !(await mint.signer.check(checks)).every(Boolean)) throw new MintFailure(20008);
}
