// What sellers see of cases against their offers, and what cases mean for how they are paid. spec/paid-links.md "Under notice".
import { type Queries, sql } from '@reprise/database';
import { type Msat, msat } from '@reprise/ledger';
import type { OfferId } from '../ports.ts';
import type { CaseId, CaseParts } from './escrow.ts';

/** One case against one offer; amounts are the seller's part. */
export type HeldEarnings = {
  readonly case: CaseId;
  readonly offer: OfferId;
  readonly outcome: 'open' | 'dismissed' | 'claim' | 'refund';
  /** In escrow now. */
  readonly held: Msat;
  readonly sales: number;
  /** ms since 1970. */
  readonly openedAt: number;
  readonly decidedAt: number | null;
};

/** Cases against offers of this seller, the latest first. */
export async function readHeldEarnings({ database }: Pick<CaseParts, 'database'>, seller: string): Promise<readonly HeldEarnings[]> {
  type Line = {
    id: string;
    offer: string;
    outcome: HeldEarnings['outcome'];
    held: string | null;
    sales: number;
    opened: number;
    decided: number | null;
  };
  const { rows } = await sql<Line>`
    select held.id, held.offer, held.outcome, held.opened_at as opened, held.decided_at as decided,
      cast(sum(case when sale.state = 'escrowed' then sale.gross - sale.commission else 0 end) as text) as held, count(sale.id) as sales
    from paid_cases held join paid_offers offered on offered.id = held.offer
    left join paid_sales sale on sale.case_id = held.id and sale.offer = held.offer
    where offered.seller = ${seller}
    group by held.id, held.offer, held.outcome, held.opened_at, held.decided_at
    order by held.opened_at desc, held.id`.execute(database.db);
  return rows.map(({ id, offer, outcome, held, sales, opened, decided }) => ({
    case: id,
    offer,
    outcome,
    held: msat(BigInt(held ?? '0')),
    sales: Number(sales),
    openedAt: Number(opened),
    decidedAt: decided === null ? null : Number(decided),
  }));
}

/** Whose offer it is; undefined where nothing of that id was ever for sale. */
export async function sellerOf({ database }: Pick<CaseParts, 'database'>, offer: OfferId): Promise<string | undefined> {
  return (await database.db.selectFrom('paid_offers').select('seller').where('id', '=', offer).executeTakeFirst())?.seller;
}

/** Cases against a seller that were upheld. @param since ms since 1970 */
export async function countUpheld(queries: Queries, seller: string, since = 0): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(distinct held.id) as count from paid_cases held join paid_offers offered on offered.id = held.offer
    where offered.seller = ${seller} and held.outcome in ('claim', 'refund') and held.decided_at > ${since}`.execute(queries);
  return Number(rows[0]?.count ?? 0);
}
