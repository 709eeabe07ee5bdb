// A request is carried out once. Asked again, it is answered from what it wrote: the same bytes, however often (NUT-19, without a term).
import { createHash } from 'node:crypto';
import { among, isUndecided, violationOf } from '@reprise/database';
import { type Bytes, equalBytes } from '@reprise/kit';
import { LedgerFailure, type Operation, type OperationId, operationId } from '@reprise/ledger';
import { type MintCode, MintFailure } from './failures.ts';
import type { MintParts } from './ports.ts';

export type Known = 'new' | 'same' | 'other';

/** Whether this operation has happened, and with this content. */
export async function recall(mint: MintParts, operation: Operation): Promise<Known> {
  const row = await mint.database.db
    .selectFrom('ledger_operations')
    .select('request_hash')
    .where('id', '=', operationId(operation))
    .executeTakeFirst();
  if (!row) return 'new';
  return equalBytes(row.request_hash, operation.requestHash) ? 'same' : 'other';
}

export function hashOf(...parts: readonly (string | number | bigint | null)[]): Bytes {
  return new Uint8Array(
    createHash('sha256')
      .update(JSON.stringify(parts.map(String)))
      .digest(),
  );
}

export function isOtherContent(error: unknown): boolean {
  return error instanceof LedgerFailure && error.code === 'operation-differs';
}

/** Whether this operation was carried out although its transaction ended without a word. */
export async function happenedAllTheSame(mint: MintParts, error: unknown, operation: Operation): Promise<boolean> {
  return isUndecided(error) && (await recall(mint, operation)) === 'same';
}

/** What an operation brought, and what to say if the same one came with other content. */
export type Brought = {
  readonly op: OperationId;
  readonly ys: readonly string[];
  readonly bs: readonly string[];
  readonly otherwise: MintCode;
};

/**
 * What a transaction ran into, in the words of the NUTs: another took the coins or the outputs since they were looked at. Of one that ended
 * without a word only that counts: what stands there by this very operation was its own doing.
 * @returns the error as it is, if it is of another kind
 */
export async function collisionOf(mint: MintParts, error: unknown, { op, ys, bs, otherwise }: Brought): Promise<unknown> {
  if (isOtherContent(error)) return new MintFailure(otherwise, { cause: error });
  if (violationOf(error) !== 'unique' && !isUndecided(error)) return error;
  const { db } = mint.database;
  const coins = await db.selectFrom('mint_proofs').select('state').where('y', 'in', among(db, ys)).where('op', '<>', op).execute();
  if (coins.length > 0) return new MintFailure(coins.some(({ state }) => state === 'spent') ? 11001 : 11002, { cause: error });
  const outputs = await db.selectFrom('mint_outputs').select('state').where('b', 'in', among(db, bs)).where('op', '<>', op).execute();
  if (outputs.length > 0) return new MintFailure(outputs.some(({ state }) => state === 'signed') ? 11003 : 11004, { cause: error });
  return error;
}
