// A process that pays out one order over a node of another process and dies on the way: `node payout.child.ts PLACE URL INVOICE DIE-AT`, the
// order on standard input. For tests only.
import { text } from 'node:stream/consumers';
import { openDatabase } from '@reprise/database';
import { systemClock } from '@reprise/kit';
import { Ledger, sat } from '@reprise/ledger';
import { LndBackend, PaymentJournal } from '@reprise/lightning';
import { lndMacaroon } from '../../../lightning/src/testing/lnd-daemon.ts';
import { defaultPayoutSettings } from '../payout-ports.ts';
import { openPayouts } from '../payouts.ts';
import { answersWith } from './payout-parts.ts';

const [place = '', url = '', invoice = '', dieAt = ''] = process.argv.slice(2);
const database = await openDatabase(place.startsWith('postgres') ? { url: place } : { path: place });
const node = new LndBackend({ name: 'lnd', url, macaroon: lndMacaroon, http: fetch });
const journal = new PaymentJournal({ backend: node, database, network: 'regtest', clock: systemClock, onAlarm: () => undefined });
const payouts = openPayouts(
  {
    database,
    ledger: new Ledger(database),
    backend: journal.for('payout'),
    network: 'regtest',
    clock: systemClock,
    fetch: answersWith(invoice),
    isOwnInvoice: async () => false,
    reached: (point) => {
      if (point === dieAt) process.kill(process.pid, 'SIGKILL');
    },
  },
  { ...defaultPayoutSettings, payTimeoutSeconds: 1 },
);
const { account, request, to, amount } = JSON.parse(await text(process.stdin)) as Record<'account' | 'request' | 'to', string> & {
  amount: number | null;
};
await payouts.order({ account, request, to, amount: amount === null ? null : sat(BigInt(amount)), feeMax: null });
process.stdout.write('survived\n');
process.exit(0);
