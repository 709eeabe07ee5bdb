import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { openDatabase } from '@reprise/database';
import { startPostgres } from '../../../tests/support/postgres.ts';
import { describeMint } from './testing/mint.suite.ts';

const folder = await mkdtemp(join(tmpdir(), 'reprise-mint-'));
after(() => rm(folder, { recursive: true, force: true }));
describeMint({ name: 'a mint on SQLite', open: (place) => openDatabase({ path: join(folder, `${place}.sqlite`) }) });

const started = await startPostgres();
if ('missing' in started) {
  describe('a mint on PostgreSQL', () => it('does what a mint does', (t) => t.skip(started.missing)));
} else {
  const { server } = started;
  after(() => server.stop());
  const urls = new Map<string, string>();
  const urlOf = (place: string) => {
    const url = urls.get(place) ?? server.createDatabase();
    urls.set(place, url);
    return url;
  };
  describeMint({ name: 'a mint on PostgreSQL', open: (place) => openDatabase({ url: urlOf(place) }) });
}
