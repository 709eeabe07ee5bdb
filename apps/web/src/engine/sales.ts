// What a seller asks, as the screens see it: calls to the drive worker.
import type { Sales } from '../app/sales-port.ts';
import type { DriveCalls } from './drive-calls.ts';
import type { Call } from './rpc.ts';

export function salesOf(call: Call<DriveCalls>): Sales {
  let terms: ReturnType<Sales['terms']> | undefined;
  return {
    terms() {
      terms ??= call('saleTerms', null);
      terms.catch(() => {
        terms = undefined;
      });
      return terms;
    },
    sell: (id, wish) => call('sellEntry', { id, wish }),
    change: (link, wish) => call('changeSale', { link, wish }),
    withdraw: (link) => call('withdrawSale', { link }),
    tips: (link, areTaken) => call('takeTips', { link, areTaken }),
    counts: () => call('saleCounts', null),
    statement: () => call('readStatement', null),
    payouts: () => call('payouts', null),
    payOut: (to, sats) => call('payOut', { to, sats }),
    hear: (payout) => call('hearPayout', payout),
    callBack: (payout) => call('callBack', { payout }),
    csv: () => call('earningsCsv', null),
  };
}
