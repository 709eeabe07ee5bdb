// A process that pays one invoice and kills itself on the way, for crash.test.ts: `node payer.child.ts DATABASE URL BOLT11 POINT`.
import { openDatabase } from '@reprise/database';
import { systemClock } from '@reprise/kit';
import { msat } from '@reprise/ledger';
import { LndBackend } from '../adapters/lnd.ts';
import { lndMacaroon } from '../testing/lnd-daemon.ts';
import type { CrashPoint } from './crash.test.ts';
import { PaymentJournal } from './payment-journal.ts';

const [path, url, bolt11, point] = process.argv.slice(2) as [string, string, string, CrashPoint];
const dieAt = (here: CrashPoint) => {
  if (here === point) process.kill(process.pid, 'SIGKILL');
};
await using database = await openDatabase({ path });
const { transaction } = database;
Object.assign(database, {
  transaction: async (work: Parameters<typeof transaction>[0]) => {
    dieAt('before-dispatch');
    return transaction(work);
  },
});
const http = async (target: string, init: RequestInit) => {
  const response = await fetch(target, init);
  if (target.endsWith('/v2/router/send')) dieAt('handed-over');
  return response;
};
const node = new LndBackend({ name: 'lnd', url, macaroon: lndMacaroon, http });
const { pay } = node;
node.pay = async (request) => {
  dieAt('dispatched');
  const outcome = await pay.call(node, request);
  dieAt('answered');
  return outcome;
};
const journal = new PaymentJournal({ backend: node, database, network: 'regtest', clock: systemClock, onAlarm: () => undefined });
await journal.for('melt').pay({ bolt11, maxFee: msat(1_000n), timeoutSeconds: 1, attempt: 1, payer: 'q' });
dieAt('recorded');
process.stdout.write('survived\n');
