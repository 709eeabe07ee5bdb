// Accounts whose money an operator has frozen: nothing leaves their balance, and what they sell is held as a case holds it, until it is lifted.
// Whatever dies on the way, the next pass goes on from the rows. spec/paid-links.md "Frozen".
import {
  type Database,
  type ExpressionBuilder,
  insertRows,
  type Queries,
  type Row,
  type Schema,
  sql,
  violationOf,
} from '@reprise/database';
import { type Msat, msat } from '@reprise/ledger';
import { ServiceFailure } from '../failures.ts';
import type { OfferId } from '../ports.ts';
import { decideCase } from './decide.ts';
import { type CaseId, type CaseParts, openCase } from './escrow.ts';

export type Freeze = {
  readonly id: CaseId;
  readonly account: string;
  /** What the operator says about it, to the account too. */
  readonly ground: string;
  /** ms since 1970. */
  readonly frozenAt: number;
};

/** @param ask `id` drawn by the caller @returns the freeze that stands: an account that is frozen already keeps its own */
export async function freezeAccount(parts: CaseParts, ask: Omit<Freeze, 'frozenAt'>): Promise<Freeze> {
  const { database, clock } = parts;
  try {
    await database.transaction(async (queries) => {
      if (await standingFreeze(queries, ask.account)) return;
      await insertRows(queries, 'paid_freezes', [{ ...ask, frozen_at: clock.now(), lifted_at: null }]);
    });
  } catch (error) {
    // Another operator was quicker.
    if (violationOf(error) !== 'unique') throw error;
  }
  const freeze = await standingFreeze(database.db, ask.account);
  if (!freeze) throw new ServiceFailure('too-late');
  await holdOffers(parts, freeze);
  return freeze;
}

/** What was held goes on as if a case had been dismissed. @returns undefined where no such freeze stands */
export async function liftFreeze(parts: CaseParts, id: CaseId): Promise<Freeze | undefined> {
  const { database, clock } = parts;
  const row = await database.db.selectFrom('paid_freezes').selectAll().where('id', '=', id).executeTakeFirst();
  if (!row) return undefined;
  const { numUpdatedRows } = await database.db
    .updateTable('paid_freezes')
    .set({ lifted_at: clock.now() })
    .where('id', '=', id)
    .where('lifted_at', 'is', null)
    .executeTakeFirst();
  await decideCase(parts, id, 'dismissed');
  return numUpdatedRows === 1n ? shown(row) : undefined;
}

/** In any process, also in several at once: offers that a frozen account has listed since, and what a freeze that was lifted holds still. */
export async function settleFreezes(parts: CaseParts): Promise<void> {
  for (const freeze of await listFreezes(parts.database)) await holdOffers(parts, freeze);
  const left = await parts.database.db
    .selectFrom('paid_freezes')
    .innerJoin('paid_cases', 'paid_cases.id', 'paid_freezes.id')
    .select('paid_freezes.id')
    .distinct()
    .where('lifted_at', 'is not', null)
    .where('outcome', '=', 'open')
    .execute();
  for (const { id } of left) await decideCase(parts, id, 'dismissed');
}

/** An offer that was just listed. */
export async function holdListed(parts: CaseParts, seller: string, offer: OfferId): Promise<void> {
  const freeze = await standingFreeze(parts.database.db, seller);
  if (freeze) await openCase(parts, freeze.id, { offer, owner: seller });
}

/** What a freeze holds; amounts in thousandths of a satoshi. */
export type Frozen = Freeze & {
  readonly balance: Msat;
  /** The seller's part of sales under this freeze, or under a case that stood before it. */
  readonly held: Msat;
  /** Set aside for payouts that no node has heard of. */
  readonly leaving: Msat;
};

/** For the operator, the oldest first. */
export async function readFrozen({ db }: Database): Promise<readonly Frozen[]> {
  type Line = Row<'paid_freezes'> & { readonly balance: string | null; readonly held: string | null; readonly leaving: string | null };
  const { rows } = await sql<Line>`
    select paid_freezes.*, (select cast(posted as text) from ledger_accounts where code = 'account:' || account) as balance,
      (select cast(sum(gross - commission) as text) from paid_sales where seller = account and state = 'escrowed') as held,
      (select cast(sum(payout.held) as text) from paid_payouts payout
        where payout.account = paid_freezes.account and payout.state in ('held', 'reserved')) as leaving
    from paid_freezes where lifted_at is null order by frozen_at, id`.execute(db);
  const amount = (text: string | null) => msat(BigInt(text ?? '0'));
  return rows.map((row) => ({
    ...shown(row),
    balance: amount(row.balance),
    held: amount(row.held),
    leaving: amount(row.leaving),
  }));
}

/** The oldest first. */
async function listFreezes({ db }: Database): Promise<readonly Freeze[]> {
  const standing = db.selectFrom('paid_freezes').selectAll().where('lifted_at', 'is', null);
  return (await standing.orderBy('frozen_at').orderBy('id').execute()).map(shown);
}

export async function standingFreeze(queries: Queries, account: string): Promise<Freeze | undefined> {
  const standing = queries.selectFrom('paid_freezes').selectAll().where('account', '=', account).where('lifted_at', 'is', null);
  const row = await standing.executeTakeFirst();
  return row && shown(row);
}

/** In the transaction that takes something out of the balance, it holds for a freeze of the same moment too. @throws ServiceFailure frozen */
export async function assertNotFrozen(queries: Queries, account: string): Promise<void> {
  const freeze = await standingFreeze(queries, account);
  if (freeze) throw new ServiceFailure('frozen', { freeze: freeze.id });
}

/** In a query on rows of payouts. */
export function isFrozen(row: ExpressionBuilder<Schema, 'paid_payouts'>) {
  const standing = row.selectFrom('paid_freezes').select('paid_freezes.id').whereRef('paid_freezes.account', '=', 'paid_payouts.account');
  return row.exists(standing.where('lifted_at', 'is', null));
}

/** Those that no case of this freeze stands against yet. */
async function holdOffers(parts: CaseParts, { id, account }: Freeze): Promise<void> {
  const offers = await parts.database.db
    .selectFrom('paid_offers')
    .select('paid_offers.id')
    .where('seller', '=', account)
    .where((row) =>
      row.not(
        row.exists(
          row
            .selectFrom('paid_cases')
            .select('paid_cases.id')
            .where('paid_cases.id', '=', id)
            .whereRef('paid_cases.offer', '=', 'paid_offers.id'),
        ),
      ),
    )
    .orderBy('paid_offers.id')
    .execute();
  for (const { id: offer } of offers) await openCase(parts, id, { offer, owner: account });
}

function shown({ id, account, ground, frozen_at: frozenAt }: Row<'paid_freezes'>): Freeze {
  return { id, account, ground, frozenAt: Number(frozenAt) };
}
