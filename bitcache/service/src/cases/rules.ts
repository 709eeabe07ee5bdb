// What becomes of a sale that a case held: decisions on what was read before. spec/paid-links.md "Under notice".
export type HeldSale = { readonly matures_at: number; readonly way: 'coins' | 'lightning' | 'balance' };

/** How a case was decided about money: back to whom it would have gone, to whom filed it, or back to buyers. */
export type Decision = 'dismissed' | 'claim' | 'refund';

/** `released`: the seller's; `pending`: it waits again; `owed`: its buyer takes it; `refunded`: its buyer has it; `escrowed`: whoever filed the case takes it. */
export type Fate = 'released' | 'pending' | 'owed' | 'refunded' | 'escrowed';

/** @param standing how many other cases stand against the offer */
export function fateOf(sale: HeldSale, decision: Decision, { now, standing }: { readonly now: number; readonly standing: number }): Fate {
  switch (decision) {
    case 'claim':
      return 'escrowed';
    case 'refund':
      // An account is known to the books, and need not ask.
      return sale.way === 'balance' ? 'refunded' : 'owed';
    case 'dismissed':
      // Another case takes what waits; a window that is not over is not cut short by a notice that was nothing.
      return standing === 0 && sale.matures_at <= now ? 'released' : 'pending';
  }
}
