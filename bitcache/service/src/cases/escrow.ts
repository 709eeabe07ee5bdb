// What waits for a seller waits in escrow once a case stands against its offer. Opening a case closes the way of a release in the same rows
// that a release reads; what a purchase writes at the same moment is moved by the next pass. spec/paid-links.md "Under notice".
import { type Database, insertRows, type Row } from '@reprise/database';
import { type Clock, encodeUtf8 } from '@reprise/kit';
import { type AccountCode, AccountsOf, events, type Ledger, type Msat, msat, operationId } from '@reprise/ledger';
import { hashOf, sha256Hex } from '../held-secret.ts';
import type { OfferId } from '../ports.ts';

/** What cases need: neither a node nor a mint, so that an operator's command has it too. */
export type CaseParts = { readonly database: Database; readonly ledger: Ledger; readonly clock: Clock };
/** The reference of a case, as whoever keeps cases draws it. */
export type CaseId = string;
/** What a case is about; `owner`: the account whose link names the offer. A link may name an offer that is not its maker's. */
export type Accused = { readonly offer: OfferId; readonly owner: string };

/** Sales that one transaction moves. */
export const caseBatch = 100;

/**
 * Freezes what an offer has earned and earns until the case is decided. The same case again changes nothing.
 * @returns false where the owner of the link never sold anything of that id
 */
export async function openCase(parts: CaseParts, id: CaseId, accused: Accused): Promise<boolean> {
  if (!(await isOpened(parts, id, accused.offer)) && !(await freeze(parts, id, accused))) return false;
  await escrowWaiting(parts, accused.offer);
  return true;
}

async function isOpened({ database }: CaseParts, id: CaseId, offer: OfferId): Promise<boolean> {
  const known = database.db.selectFrom('paid_cases').select('id').where('id', '=', id).where('offer', '=', offer);
  return (await known.executeTakeFirst()) !== undefined;
}

/** From here on nothing of the offer is released. @returns false where the owner has no such offer */
async function freeze({ database, ledger, clock }: CaseParts, id: CaseId, { offer, owner }: Accused): Promise<boolean> {
  const now = clock.now();
  return database.transaction(async (queries) => {
    const offers = queries.selectFrom('paid_offers').select('id').where('id', '=', offer).where('seller', '=', owner);
    if (!(await offers.executeTakeFirst())) return false;
    const operation = { kind: 'case-opened', key: `${id}/${offer}`, requestHash: hashOf(id, offer) };
    if (!(await ledger.claim(queries, operation, now))) return true;
    await insertRows(queries, 'paid_cases', [{ id, offer, outcome: 'open', opened_at: now }]);
    const counted = queries.updateTable('paid_offers').set(({ eb }) => ({ cases_standing: eb('cases_standing', '+', 1) }));
    await counted.where('id', '=', offer).execute();
    return true;
  });
}

/** @param only this offer; else all that cases stand against @returns how many sales went into escrow */
export async function escrowWaiting(parts: CaseParts, only?: OfferId): Promise<number> {
  let moved = 0;
  for (const offer of only === undefined ? await waitingOffers(parts) : [only]) {
    for (;;) {
      const sales = await waitingSales(parts, offer);
      if (sales.length === 0) break;
      moved += await escrowBatch(parts, offer, sales);
    }
  }
  return moved;
}

async function waitingOffers({ database }: CaseParts): Promise<readonly OfferId[]> {
  const rows = await database.db
    .selectFrom('paid_offers')
    .innerJoin('paid_sales', 'paid_sales.offer', 'paid_offers.id')
    .select('paid_offers.id')
    .distinct()
    .where('paid_offers.cases_standing', '>', 0)
    .where('paid_sales.state', '=', 'pending')
    .execute();
  return rows.map(({ id }) => id);
}

async function waitingSales({ database }: CaseParts, offer: OfferId): Promise<readonly Row<'paid_sales'>[]> {
  return database.db
    .selectFrom('paid_sales')
    .innerJoin('paid_offers', 'paid_offers.id', 'paid_sales.offer')
    .selectAll('paid_sales')
    .where('paid_sales.offer', '=', offer)
    .where('paid_sales.state', '=', 'pending')
    .where('paid_offers.cases_standing', '>', 0)
    .orderBy('paid_sales.id')
    .limit(caseBatch)
    .execute();
}

/** All of them into the case that stands longest, or none: another process may have been quicker, or the case was decided. */
async function escrowBatch(parts: CaseParts, offer: OfferId, sales: readonly Row<'paid_sales'>[]): Promise<number> {
  const { database, ledger, clock } = parts;
  const holding = await standingCase(parts, offer);
  if (holding === undefined) return 0;
  const ids = sales.map(({ id }) => id);
  const escrow = escrowOf(holding);
  const journal = events.escrowed(byShard(offer, sales), escrow);
  const operation = { kind: 'escrowed', key: `${holding}/${sha256Hex(encodeUtf8(ids.join()))}`, requestHash: hashOf(holding, offer) };
  await ledger.open(journal?.legs.map(({ account }) => account) ?? []);
  const now = clock.now();
  try {
    return await database.transaction(async (queries) => {
      if (!(await ledger.claim(queries, operation, now))) return 0;
      const held = queries.selectFrom('paid_cases').select('id').where('id', '=', holding).where('offer', '=', offer);
      if (!(await held.where('outcome', '<>', 'dismissed').executeTakeFirst())) throw new Overtaken();
      const { numUpdatedRows } = await queries
        .updateTable('paid_sales')
        .set({ state: 'escrowed', case_id: holding })
        .where('id', 'in', ids)
        .where('state', '=', 'pending')
        .executeTakeFirstOrThrow();
      if (Number(numUpdatedRows) !== ids.length) throw new Overtaken();
      if (journal) await ledger.post(queries, operationId(operation), journal, now);
      return ids.length;
    });
  } catch (error) {
    if (error instanceof Overtaken) return 0;
    throw error;
  }
}

class Overtaken extends Error {}

async function standingCase({ database }: CaseParts, offer: OfferId): Promise<CaseId | undefined> {
  const cases = database.db.selectFrom('paid_cases').select('id').where('offer', '=', offer).where('outcome', '<>', 'dismissed');
  return (await cases.orderBy('opened_at').orderBy('id').limit(1).executeTakeFirst())?.id;
}

function byShard(offer: OfferId, sales: readonly Row<'paid_sales'>[]): readonly { readonly account: AccountCode; readonly amount: Msat }[] {
  const sums = new Map<number, bigint>();
  for (const { shard, gross } of sales) sums.set(shard, (sums.get(shard) ?? 0n) + BigInt(gross));
  return [...sums].map(([shard, sum]) => ({ account: new AccountsOf(shard).code('pending', offer), amount: msat(sum) }));
}

export function escrowOf(id: CaseId): AccountCode {
  return new AccountsOf(0).code('escrow', id);
}
