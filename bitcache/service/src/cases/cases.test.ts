import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { openDatabase } from '@reprise/database';
import { startPostgres } from '../../../../tests/support/postgres.ts';
import { describeCases } from '../testing/cases.suite.ts';

const folder = await mkdtemp(join(tmpdir(), 'reprise-cases-'));
after(() => rm(folder, { recursive: true, force: true }));
describeCases({ name: 'SQLite', open: (place) => openDatabase({ path: join(folder, `${place}.sqlite`) }) });

const started = await startPostgres();
if ('missing' in started) {
  describe('cases: PostgreSQL', () => it('hold money', (t) => t.skip(started.missing)));
} else {
  const { server } = started;
  after(() => server.stop());
  describeCases({ name: 'PostgreSQL', open: () => openDatabase({ url: server.createDatabase() }) });
}
