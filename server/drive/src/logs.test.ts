// The logs of spaces and what follows from them, once on SQLite and once on PostgreSQL; and two servers on one PostgreSQL.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { sql } from '@reprise/database';
import { formatHex } from '@reprise/kit';
import { startPostgres } from '../../../tests/support/postgres.ts';
import { describeEvents, openEvents } from './events/events.suite.ts';
import { describeAllowances } from './spaces/allowances.suite.ts';
import { describeDriveSpaces } from './spaces/drive-spaces.suite.ts';
import { describeLogs } from './spaces/logs.suite.ts';
import { describeMembers } from './spaces/members.suite.ts';
import { describeEnding } from './sweep/ending.suite.ts';
import { Member } from './testing/member.ts';
import { type TestEngine, startService } from './testing/service.ts';

const suites = [describeLogs, describeMembers, describeDriveSpaces, describeAllowances, describeEnding, describeEvents];
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
  describe('two servers on one PostgreSQL', { concurrency: false }, () => {
    const two = async () => {
      const databaseUrl = started.server.createDatabase();
      return [await startService({ databaseUrl }), await startService({ databaseUrl })] as const;
    };

    test('a stream of one tells what was appended through the other', async () => {
      const [near, far] = await two();
      await using _near = near;
      await using _far = far;
      const member = await Member.open(near);
      const distant = member.twin(far);
      const events = await openEvents(distant, far.url);
      assert.equal((await events.next())?.seq, 0);
      await member.commit([]);
      assert.deepEqual(await events.next(), { space: member.space, seq: 1, head: formatHex(member.state.head) });
      events.stop();
    });

    test('a stream says all heads again when the line to the database broke', async () => {
      const [near, far] = await two();
      await using _near = near;
      await using _far = far;
      const member = await Member.open(near);
      const events = await openEvents(member.twin(far), far.url);
      await events.next();
      await sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'reprise events'`.execute(near.database.db);
      assert.equal((await events.next())?.seq, 0, 'the head again');
      await member.commit([]);
      assert.equal((await events.next())?.seq, 1);
      events.stop();
    });

    test('commits of two devices through two servers: one winner each time, and an unbroken chain', async () => {
      const [near, far] = await two();
      await using _near = near;
      await using _far = far;
      const first = await Member.open(near);
      const second = first.twin(far);
      for (let round = 0; round < 100; round++) {
        const answers = await Promise.all([first.commit([]), second.commit([])]);
        assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 409], `round ${round}`);
        if (answers[0]?.status === 409) first.state = second.state;
        else second.state = first.state;
      }
      assert.equal((await first.head()).json.seq, 100);
      assert.deepEqual((await second.head()).json, (await first.head()).json);
    });
  });
}
