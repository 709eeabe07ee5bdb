// Every route, rule and row, once on SQLite and once on PostgreSQL.
import { after, describe, test } from 'node:test';
import { startPostgres } from '../../../tests/support/postgres.ts';
import { describeAccounts } from './accounts/accounts.suite.ts';
import { describeAccountEnd } from './accounts/account-end.suite.ts';
import { describeSecondFactor } from './accounts/second-factor.suite.ts';
import { describeAbuse } from './abuse.suite.ts';
import { describeCases } from './cases/cases.suite.ts';
import { describeSignedRequests } from './device.suite.ts';
import { describeLinks } from './links/links.suite.ts';
import { describeObjects } from './objects/objects.suite.ts';
import { describeReports } from './reports/reports.suite.ts';
import { describeSpaces } from './spaces/spaces.suite.ts';
import { describeCare } from './sweep/care.suite.ts';
import { describeCollector } from './sweep/sweep.suite.ts';
import { type TestEngine, startService } from './testing/service.ts';

const suites = [
  describeAccounts,
  describeSecondFactor,
  describeAccountEnd,
  describeSignedRequests,
  describeSpaces,
  describeLinks,
  describeObjects,
  describeReports,
  describeCases,
  describeCollector,
  describeCare,
  describeAbuse,
];
const runOn = (engine: TestEngine) => {
  for (const suite of suites) suite(engine);
};

runOn({ name: 'SQLite', start: startService });
const started = await startPostgres();
if ('missing' in started) {
  describe('PostgreSQL', () => test('every route', (t) => t.skip(started.missing)));
} else {
  after(() => started.server.stop());
  runOn({ name: 'PostgreSQL', start: (options) => startService({ ...options, databaseUrl: started.server.createDatabase() }) });
}
