// The table of named cases says what stands, and nothing else does.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const here = import.meta.dirname;
/** Cases that no test holds yet. Never more than these. */
const missing = ['F07'];

const rows = [...readFileSync(join(here, '../README.md'), 'utf8').matchAll(/^\| ([A-G]\d\d) (.*?) \| .* \| (.*) \|$/gm)].map(
  ([, id = '', name = '', stands = '']) => ({ id, name: `${id} ${name}`, stands }),
);

test('the table of README.md and the tests of that name say the same', () => {
  assert.equal(rows.length, 113);
  const tests = readdirSync(here)
    .filter((file) => file.endsWith('.test.ts'))
    .flatMap((file) =>
      [...readFileSync(join(here, file), 'utf8').matchAll(/^ {2}test\('([A-G]\d\d [^']+)'/gm)].map(([, name = '']) => name),
    );
  assert.deepEqual(tests.toSorted(), rows.flatMap(({ name, stands }) => (stands === 'yes' ? [name] : [])).toSorted());
});

test('every other case names a test that is there, or why there is none', () => {
  const left: string[] = [];
  for (const { id, stands } of rows.filter((row) => row.stands !== 'yes')) {
    const [, name, path] = /^\[(.+)\]\((.+)\)$/.exec(stands) ?? [];
    if (name !== undefined && path !== undefined) {
      const file = join(here, '..', path);
      assert.ok(existsSync(file) && readFileSync(file, 'utf8').includes(`test('${name}'`), `${id} names ${path}: ${name}`);
    } else if (stands === 'not yet') left.push(id);
    else assert.match(stands, /^no: .{20,}/, id);
  }
  assert.deepEqual(left, missing);
});
