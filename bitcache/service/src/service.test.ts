import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { openDatabase } from '@reprise/database';
import { startPostgres } from '../../../tests/support/postgres.ts';
import { describeService } from './testing/service.suite.ts';

const folder = await mkdtemp(join(tmpdir(), 'reprise-service-'));
after(() => rm(folder, { recursive: true, force: true }));
describeService({ name: 'paid links on SQLite', open: (place) => openDatabase({ path: join(folder, `${place}.sqlite`) }) });

const started = await startPostgres();
if ('missing' in started) {
  describe('paid links on PostgreSQL', () => it('are sold', (t) => t.skip(started.missing)));
} else {
  const { server } = started;
  after(() => server.stop());
  describeService({ name: 'paid links on PostgreSQL', open: () => openDatabase({ url: server.createDatabase() }) });
}
