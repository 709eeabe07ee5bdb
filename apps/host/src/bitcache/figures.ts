// The figures of Bitcache: how its switch stands, what the books say, and what the node holds. Read when /metrics is.
import type { Database } from '@reprise/database';
import { factsOf, readBalances } from '@reprise/ledger';
import { Gauge, type Registry } from 'prom-client';
import type { Payments, PaymentsState } from './payments.ts';

const states: readonly PaymentsState[] = ['off', 'refused', 'idle', 'starting', 'ok', 'stopped', 'unreachable'];

export function watchPayments(registry: Registry, database: Database, payments: Payments): void {
  const state = new Gauge({
    name: 'reprise_bitcache_state',
    help: 'How payments stand: 1 for the state that holds',
    labelNames: ['state'] as const,
    registers: [registry],
    collect: () => {
      for (const one of states) state.set({ state: one }, one === payments.state ? 1 : 0);
    },
  });
  // Without anything open the books stand still, and a host that sells nothing is not asked about them.
  const read = async () => (payments.bitcache ? readBalances(database) : undefined);
  const books: Gauge<'account'> = new Gauge({
    name: 'reprise_bitcache_books_msat',
    help: 'What the accounts of the books hold, by what they are for, in thousandths of a satoshi',
    labelNames: ['account'] as const,
    registers: [registry],
    collect: async () => {
      const sums = new Map<string, bigint>();
      for (const { code, posted } of (await read())?.lines ?? []) {
        const { name } = factsOf(code);
        sums.set(name, (sums.get(name) ?? 0n) + posted);
      }
      for (const [account, sum] of sums) books.set({ account }, Number(sum));
    },
  });
  const difference: Gauge = new Gauge({
    name: 'reprise_bitcache_books_difference_msat',
    help: 'Debits less credits of all accounts: other than zero, money was made or lost',
    registers: [registry],
    collect: async () => {
      const balances = await read();
      if (balances) difference.set(Number(balances.difference));
    },
  });
  const alarms: Gauge = new Gauge({
    name: 'reprise_bitcache_alarms',
    help: 'Payments over which an operator must bend; until then nothing more is paid out',
    registers: [registry],
    collect: async () => {
      alarms.set((await payments.bitcache?.journal.alarming())?.length ?? 0);
    },
  });
}
