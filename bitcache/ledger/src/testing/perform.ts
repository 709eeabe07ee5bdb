// An operation from its claim to its journal, in one transaction, as every caller does it. For tests only.
import { createHash } from 'node:crypto';
import type { Database } from '@reprise/database';
import type { Journal } from '../journal.ts';
import { type Ledger, operationId } from '../ledger.ts';

const now = 1_800_000_000_000;

/** @param request what was asked; by default the same for each key */
export async function perform(database: Database, ledger: Ledger, key: string, made: Journal, request = key): Promise<'posted' | 'known'> {
  await ledger.open(made.legs.map(({ account }) => account));
  const operation = { kind: made.kind, key, requestHash: new Uint8Array(createHash('sha256').update(request).digest()) };
  return database.transaction(async (queries) => {
    if (!(await ledger.claim(queries, operation, now))) return 'known';
    await ledger.post(queries, operationId(operation), made, now);
    return 'posted';
  });
}
