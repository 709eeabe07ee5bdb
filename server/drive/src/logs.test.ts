// The logs of spaces and what follows from them, once on SQLite and once on PostgreSQL.
import { after, describe, test } from 'node:test';
import { startPostgres } from '../../../tests/support/postgres.ts';
import { describeLogs } from './spaces/logs.suite.ts';
import { type TestEngine, startService } from './testing/service.ts';

const suites = [describeLogs];
const runOn = (engine: TestEngine) => {
  for (const suite of suites) suite(engine);
};

runOn({ name: 'SQLite', start: startService });
const started = await startPostgres();
if ('missing' in started) {
  describe('PostgreSQL', () => test('every log', (t) => t.skip(started.missing)));
} else {
  after(() => started.server.stop());
  runOn({ name: 'PostgreSQL', start: (options) => startService({ ...options, databaseUrl: started.server.createDatabase() }) });
}
