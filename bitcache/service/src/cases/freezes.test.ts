import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { openDatabase } from '@reprise/database';
import { startPostgres } from '../../../../tests/support/postgres.ts';
import { describeFreezes } from '../testing/freezes.suite.ts';

const folder = await mkdtemp(join(tmpdir(), 'reprise-freezes-'));
after(() => rm(folder, { recursive: true, force: true }));
describeFreezes({ name: 'SQLite', open: (place) => openDatabase({ path: join(folder, `${place}.sqlite`) }) });

const started = await startPostgres();
if ('missing' in started) {
  describe('freezes: PostgreSQL', () => it('hold money', (t) => t.skip(started.missing)));
} else {
  const { server } = started;
  after(() => server.stop());
  describeFreezes({ name: 'PostgreSQL', open: () => openDatabase({ url: server.createDatabase() }) });
}
