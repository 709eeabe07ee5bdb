import { after, describe, it } from 'node:test';
import { openDatabase } from '@reprise/database';
import { startPostgres } from '../../../../tests/support/postgres.ts';
import { describePaymentJournal } from './payment-journal.suite.ts';

describePaymentJournal('the journal of attempts on SQLite', () => openDatabase({ path: ':memory:' }));

const started = await startPostgres();
if ('missing' in started) {
  describe('the journal of attempts on PostgreSQL', () => it('does what it does', (t) => t.skip(started.missing)));
} else {
  after(() => started.server.stop());
  describePaymentJournal('the journal of attempts on PostgreSQL', () => openDatabase({ url: started.server.createDatabase() }));
}
