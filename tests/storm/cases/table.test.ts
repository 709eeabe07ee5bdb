// The table of named cases says what stands, and nothing else does.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const here = import.meta.dirname;

test('the table of README.md and the tests of that name say the same', () => {
  const table = readFileSync(join(here, '../README.md'), 'utf8');
  const rows = [...table.matchAll(/^\| ([A-G]\d\d .*?) \| .* \| (yes|not yet) \|$/gm)].map(([, name = '', stands = '']) => ({
    name,
    stands,
  }));
  assert.equal(rows.length, 113);
  const tests = readdirSync(here)
    .filter((file) => file.endsWith('.test.ts'))
    .flatMap((file) =>
      [...readFileSync(join(here, file), 'utf8').matchAll(/^ {2}test\('([A-G]\d\d [^']+)'/gm)].map(([, name = '']) => name),
    );
  assert.deepEqual(tests.toSorted(), rows.flatMap(({ name, stands }) => (stands === 'yes' ? [name] : [])).toSorted());
});
