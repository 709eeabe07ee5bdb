// One payout on its way: an address becomes an invoice, the invoice is handed over once, and the node's word ends it. Whatever dies in
// between, the next pass goes on from the row. spec/paid-links.md "Payouts".
import { type Row, violationOf } from '@reprise/database';
import { AccountsOf, events, type Journal, LedgerFailure, msat, operationId, sat } from '@reprise/ledger';
import type { Failed, Succeeded } from '@reprise/lightning';
import { accountOf } from './account-code.ts';
import { isFrozen, standingFreeze } from './cases/freezes.ts';
import { hashOf } from './held-secret.ts';
import { AddressFailure, invoiceFor, parseAddress } from './lightning-address.ts';
import type { PayoutParts } from './payout-ports.ts';

type PayoutRow = Row<'paid_payouts'>;

/** Goes as far as it can now. It may be called again for the same payout at any time, by any process. */
export async function carryOut(parts: PayoutParts, row: PayoutRow): Promise<void> {
  if (row.state === 'reserved' && (parts.isStopped() || (await standingFreeze(parts.database.db, row.account)))) return;
  const ready = row.bolt11 === null ? await resolved(parts, row) : row;
  if (!ready?.bolt11) return;
  if (!(await isDispatching(parts, ready))) return;
  parts.reached('payout/dispatching');
  const outcome = await parts.backend.pay({
    bolt11: ready.bolt11,
    maxFee: msat(BigInt(ready.held - ready.amount)),
    timeoutSeconds: parts.settings.payTimeoutSeconds,
    attempt: 1,
    payer: ready.id,
  });
  parts.reached('payout/answered');
  // Anything else is no end: the money stays set aside, and the next pass asks again.
  if (outcome.state !== 'succeeded' && outcome.state !== 'failed') return;
  const isEnded = await endPayout(parts, ready, outcome);
  if (!isEnded && outcome.state === 'succeeded' && (await stateOf(parts, ready)) !== 'paid') parts.onPaidAfterAll(ready.id);
}

async function stateOf({ database }: PayoutParts, { id }: PayoutRow): Promise<PayoutRow['state']> {
  return (await database.db.selectFrom('paid_payouts').select('state').where('id', '=', id).executeTakeFirstOrThrow()).state;
}

/** Asks the server of the address, once it is known that nobody has. @returns undefined if it ended */
async function resolved(parts: PayoutParts, row: PayoutRow): Promise<PayoutRow | undefined> {
  const address = parseAddress(row.target);
  if (!address || row.state !== 'reserved') return undefined;
  try {
    const { bolt11, hash } = await invoiceFor(parts, { address, amount: sat(BigInt(row.amount) / 1_000n) });
    if (await parts.isOwnInvoice(hash)) throw new AddressFailure('own-invoice');
    await parts.database.db
      .updateTable('paid_payouts')
      .set({ bolt11, payment_hash: hash, updated_at: parts.clock.now() })
      .where('id', '=', row.id)
      .where('state', '=', 'reserved')
      .where('bolt11', 'is', null)
      .execute();
  } catch (error) {
    const reason = error instanceof AddressFailure ? reasonOf(error) : violationOf(error) === 'unique' ? 'invoice-used' : null;
    if (reason === null) throw error;
    await endPayout(parts, row, { state: 'failed', reason });
    return undefined;
  }
  parts.reached('payout/resolved');
  return parts.database.db.selectFrom('paid_payouts').selectAll().where('id', '=', row.id).executeTakeFirstOrThrow();
}

function reasonOf({ trouble }: AddressFailure): string {
  return trouble === 'own-invoice' ? trouble : `address-${trouble}`;
}

/** Committed before the node hears of it: from here on nobody cancels it. One of a frozen account waits. */
async function isDispatching({ database, clock }: PayoutParts, { id }: PayoutRow): Promise<boolean> {
  const { numUpdatedRows } = await database.db
    .updateTable('paid_payouts')
    .set({ state: 'dispatching', updated_at: clock.now() })
    .where('id', '=', id)
    .where((row) => row.or([row('state', '=', 'dispatching'), row.and([row('state', '=', 'reserved'), row.not(isFrozen(row))])]))
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

export type PayoutEnd =
  | Succeeded
  | (Pick<Failed, 'state'> & { readonly reason: string })
  | { readonly state: 'cancelled'; readonly reason: 'cancelled' | 'rejected' };

/** In one transaction, whoever else tries. @returns false where it had gone on, or had ended */
export async function endPayout(
  parts: Pick<PayoutParts, 'database' | 'ledger' | 'clock'> & Partial<Pick<PayoutParts, 'reached'>>,
  row: PayoutRow,
  end: PayoutEnd,
): Promise<boolean> {
  const { database, ledger, clock } = parts;
  const operation = { kind: 'payout-end', key: row.id, requestHash: hashOf(end.state) };
  const journal = journalOf(row, end);
  await ledger.open(journal?.legs.map(({ account }) => account) ?? []);
  const now = clock.now();
  try {
    const isEnded = await database.transaction(async (queries) => {
      if (!(await ledger.claim(queries, operation, now))) return false;
      const change =
        end.state === 'succeeded'
          ? { state: 'paid' as const, preimage: end.preimage, fee: Number(end.fee) }
          : { state: end.state, reason: end.reason };
      const { numUpdatedRows } = await queries
        .updateTable('paid_payouts')
        .set({ ...change, updated_at: now })
        .where('id', '=', row.id)
        .where('state', 'in', before(row, end))
        .executeTakeFirstOrThrow();
      // Without a row nothing is claimed: it went on meanwhile, and whoever went on ends it.
      if (numUpdatedRows !== 1n) throw new GoneOn();
      parts.reached?.('payout/ending');
      if (journal) await ledger.post(queries, operationId(operation), journal, now);
      return true;
    });
    parts.reached?.('payout/ended');
    return isEnded;
  } catch (error) {
    if (error instanceof GoneOn || (error instanceof LedgerFailure && error.code === 'operation-differs')) return false;
    throw error;
  }
}

class GoneOn extends Error {}

/** What was never handed over ends from where it was; the rest only on the node's word. */
function before(row: PayoutRow, { state }: PayoutEnd): readonly ('held' | 'reserved' | 'dispatching')[] {
  if (state === 'cancelled') return ['held', 'reserved'];
  return state === 'failed' && row.bolt11 === null ? ['reserved'] : ['dispatching'];
}

function journalOf({ account, backend, amount, held, flat, shard }: PayoutRow, end: PayoutEnd): Journal | null {
  const on = new AccountsOf(shard);
  const limit = msat(BigInt(held));
  if (end.state !== 'succeeded') return events.payoutFailed(on, accountOf(account), limit);
  const paid = { limit, amount: msat(BigInt(amount)), fee: end.fee };
  return flat === 1 ? events.payoutPaidFlat(on, backend, paid) : events.payoutPaid(on, backend, accountOf(account), paid);
}
