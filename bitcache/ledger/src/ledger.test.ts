import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { openDatabase } from '@reprise/database';
import { startPostgres } from '../../../tests/support/postgres.ts';
import { describeBooks } from './ledger.suite.ts';

const operations = process.env['REPRISE_LONG'] === '1' ? 1_000_000 : 1_200;
const folder = await mkdtemp(join(tmpdir(), 'reprise-ledger-'));
after(() => rm(folder, { recursive: true, force: true }));
const fileOf = (place: string) => join(folder, `${place}.sqlite`);
describeBooks({
  name: 'the books on SQLite',
  open: (place) => openDatabase({ path: fileOf(place) }),
  spendElsewhere: (place, name, tries) => spendFrom(fileOf(place), name, tries),
  operations,
});

const started = await startPostgres();
if ('missing' in started) {
  describe('the books on PostgreSQL', () => it('do what the books do', (t) => t.skip(started.missing)));
} else {
  const { server } = started;
  after(() => server.stop());
  describeBooks({
    name: 'the books on PostgreSQL',
    open: (place) => openDatabase({ url: server.databaseAt(place) }),
    spendElsewhere: (place, name, tries) => spendFrom(server.databaseAt(place), name, tries),
    operations,
  });
}

async function spendFrom(place: string, name: string, tries: number): Promise<number> {
  const script = new URL('./testing/spender.child.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [script, place, name, String(tries)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const [code] = (await once(child, 'close')) as [number];
  assert.equal(code, 0, output);
  return Number(/^spent (\d+)$/m.exec(output)?.[1]);
}
