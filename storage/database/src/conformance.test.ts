import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { startPostgres } from '../../../tests/support/postgres.ts';
import { describeDatabase } from './conformance.ts';
import { openDatabase } from './open.ts';

const folder = await mkdtemp(join(tmpdir(), 'reprise-database-'));
after(() => rm(folder, { recursive: true, force: true }));
describeDatabase({ name: 'SQLite', open: (place) => openDatabase({ path: join(folder, `${place}.sqlite`) }) });

const started = await startPostgres();
if ('missing' in started) {
  describe('PostgreSQL', () => it('does what every database does', (t) => t.skip(started.missing)));
} else {
  const { server } = started;
  after(() => server.stop());
  describeDatabase({ name: 'PostgreSQL', open: (place) => openDatabase({ url: server.databaseAt(place) }) });
}
