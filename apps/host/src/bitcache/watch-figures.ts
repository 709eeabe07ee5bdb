// The figures of what is watched: what the node could pay, what waits for somebody, and how old are rates and reports. Read when /metrics is.
import type { Database } from '@reprise/database';
import { type Frozen, listHeldPayouts, readFrozen, readOverdue } from '@reprise/service';
import { Gauge, type Registry } from 'prom-client';
import type { Payments } from './payments.ts';
import { readReserves } from './reserves.ts';

export function watchReserves(registry: Registry, database: Database, payments: Payments): void {
  /** @param read undefined: not known, which is told as NaN */
  const gauge = (name: string, help: string, read: () => Promise<number | undefined>): void => {
    const made: Gauge = new Gauge({
      name: `reprise_bitcache_${name}`,
      help,
      registers: [registry],
      // A host that sells nothing is not asked about money.
      collect: async () => made.set((payments.bitcache ? await read() : undefined) ?? Number.NaN),
    });
  };
  const seconds = (at: number) => Math.max(0, (Date.now() - at) / 1_000);
  gauge('spendable_msat', 'What the node says could leave it', async () => {
    const reserves = await readReserves(database);
    return reserves && Number(reserves.spendable);
  });
  gauge('short', 'Whether the node could not pay what is owed: 1 while no deposit is taken in', async () => {
    const reserves = await readReserves(database);
    return reserves && (reserves.shortSince === null ? 0 : 1);
  });
  gauge('payments_overdue', 'Payments without an end for too long, or large and unknown', async () => {
    return (await readOverdue(database, Date.now())).length;
  });
  gauge('payouts_waiting', 'Payouts that wait for an operator', async () => (await listHeldPayouts(database)).length);
  gauge('accounts_frozen', 'Accounts whose money an operator has frozen', async () => (await readFrozen(database)).length);
  gauge('frozen_msat', 'What freezes hold: balances, sales, and payouts that wait', async () => {
    const all = ({ balance, held, leaving }: Frozen) => balance + held + leaving;
    return Number((await readFrozen(database)).reduce((sum, one) => sum + all(one), 0n));
  });
  gauge('report_age_seconds', 'Since what is owed was last reported', async () => {
    const at = await payments.bitcache?.liabilities.latestAt();
    return at === undefined ? undefined : seconds(at);
  });
  const rates: Gauge<'currency'> = new Gauge({
    name: 'reprise_bitcache_rate_age_seconds',
    help: 'How old what a bitcoin is worth is; above 900 it is not used',
    labelNames: ['currency'] as const,
    registers: [registry],
    collect: () => {
      rates.reset();
      for (const { currency, at } of payments.rates) rates.set({ currency }, seconds(at));
    },
  });
}
