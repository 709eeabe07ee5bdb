// A process that buys from one balance as often as it can, for ledger.suite.ts: `node spender.child.ts PATH-OR-URL NAME TRIES`.
import { openDatabase } from '@reprise/database';
import { mapLanes } from '@reprise/kit';
import * as events from '../events.ts';
import { LedgerFailure } from '../failures.ts';
import { Ledger } from '../ledger.ts';
import { perform } from './perform.ts';
import { msat } from '../money.ts';

const [place, name, tries] = process.argv.slice(2) as [string, string, string];
await using database = await openDatabase(place.startsWith('postgres') ? { url: place } : { path: place });
const ledger = new Ledger(database);
const purchase = events.boughtFromBalance('account:rich', 'pending:o#0', msat(10_000n));
const outcomes = await mapLanes(
  Array.from({ length: Number(tries) }, (_, i) => `${name}-${i}`),
  8,
  async (key) => {
    try {
      return purchase ? await perform(database, ledger, key, purchase) : 'nothing';
    } catch (error) {
      if (error instanceof LedgerFailure && error.code === 'overdrawn') return error.code;
      throw error;
    }
  },
);
process.stdout.write(`spent ${outcomes.filter((outcome) => outcome === 'posted').length}\n`);
