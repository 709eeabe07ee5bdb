import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { openDatabase } from '@reprise/database';
import { startPostgres } from '../../../tests/support/postgres.ts';
import { type AccountsUnderTest, describeAccounts } from './testing/accounts.suite.ts';
import { describePlans } from './testing/plans.suite.ts';

function describeAll(under: AccountsUnderTest): void {
  describeAccounts(under);
  describePlans(under);
}

const folder = await mkdtemp(join(tmpdir(), 'reprise-accounts-'));
after(() => rm(folder, { recursive: true, force: true }));
describeAll({ name: 'accounts on SQLite', open: (place) => openDatabase({ path: join(folder, `${place}.sqlite`) }) });

const started = await startPostgres();
if ('missing' in started) {
  describe('accounts on PostgreSQL', () => it('have money', (t) => t.skip(started.missing)));
} else {
  const { server } = started;
  after(() => server.stop());
  const urls = new Map<string, string>();
  const urlOf = (place: string) => urls.get(place) ?? urls.set(place, server.createDatabase()).get(place);
  describeAll({ name: 'accounts on PostgreSQL', open: (place) => openDatabase({ url: urlOf(place) as string }) });
}
