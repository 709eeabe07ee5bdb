import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { openDatabase } from '@reprise/database';
import { startPostgres } from '../../../../tests/support/postgres.ts';
import { describeLiabilities } from '../testing/liabilities.suite.ts';

const folder = await mkdtemp(join(tmpdir(), 'reprise-liabilities-'));
after(() => rm(folder, { recursive: true, force: true }));
describeLiabilities({ name: 'what is owed, on SQLite', open: (place) => openDatabase({ path: join(folder, `${place}.sqlite`) }) });

const started = await startPostgres();
if ('missing' in started) {
  describe('what is owed, on PostgreSQL', () => it('is said', (t) => t.skip(started.missing)));
} else {
  const { server } = started;
  after(() => server.stop());
  describeLiabilities({ name: 'what is owed, on PostgreSQL', open: () => openDatabase({ url: server.createDatabase() }) });
}
