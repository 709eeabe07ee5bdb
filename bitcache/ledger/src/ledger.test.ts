import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { openDatabase } from '@reprise/database';
import { startPostgres } from '../../../tests/support/postgres.ts';
import { describeBooks } from './ledger.suite.ts';

const folder = await mkdtemp(join(tmpdir(), 'reprise-ledger-'));
after(() => rm(folder, { recursive: true, force: true }));
const fileOf = (place: string) => join(folder, `${place}.sqlite`);
describeBooks({ name: 'the books on SQLite', open: (place) => openDatabase({ path: fileOf(place) }), placeOf: fileOf });

const started = await startPostgres();
if ('missing' in started) {
  describe('the books on PostgreSQL', () => it('do what the books do', (t) => t.skip(started.missing)));
} else {
  const { server } = started;
  after(() => server.stop());
  const urls = new Map<string, string>();
  const urlOf = (place: string) => {
    const url = urls.get(place) ?? server.createDatabase();
    urls.set(place, url);
    return url;
  };
  describeBooks({ name: 'the books on PostgreSQL', open: (place) => openDatabase({ url: urlOf(place) }), placeOf: urlOf });
}
