// A statement, added up for the screen: in all, by link, by day. Pure. spec/paid-links.md "Earnings".
import type { Earned, EarnedOn } from './sales-port.ts';

export type EarnedBy = Earned & { readonly offer: string; readonly kind: EarnedOn['kind'] };

const nothing: Earned = { sales: 0, gross: 0, commission: 0, net: 0, waiting: 0, held: 0 };

export function totalOf(lines: readonly Earned[]): Earned {
  return lines.reduce((sum, line) => add(sum, line), nothing);
}

/** What earned most first. */
export function byOffer(lines: readonly EarnedOn[]): readonly EarnedBy[] {
  const offers = Map.groupBy(lines, ({ offer }) => offer);
  return [...offers]
    .map(([offer, of]) => ({ offer, kind: of[0]?.kind ?? 'sale', ...totalOf(of) }))
    .sort((a, b) => b.net - a.net || a.offer.localeCompare(b.offer));
}

export type EarnedOnDay = Earned & { readonly day: string };

/** The last `count` days up to `today`, the oldest first, days without a sale included. @param today ms since 1970 */
export function byDay(lines: readonly EarnedOn[], today: number, count: number): readonly EarnedOnDay[] {
  const days = Map.groupBy(lines, ({ day }) => day);
  return Array.from({ length: count }, (_, i) => {
    const day = new Date(today - (count - 1 - i) * 86_400_000).toISOString().slice(0, 10);
    return { day, ...totalOf(days.get(day) ?? []) };
  });
}

/** Amounts have three decimals: added as thousandths, so that they stay exact. */
function add(a: Earned, b: Earned): Earned {
  const sum = (x: number, y: number): number => (Math.round(x * 1000) + Math.round(y * 1000)) / 1000;
  return {
    sales: a.sales + b.sales,
    gross: sum(a.gross, b.gross),
    commission: sum(a.commission, b.commission),
    net: sum(a.net, b.net),
    waiting: sum(a.waiting, b.waiting),
    held: sum(a.held, b.held),
  };
}
