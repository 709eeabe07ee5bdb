import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';

/** Prints the modules that a file leads to. */
const script = `
import { registerHooks } from 'node:module';
const loaded = [];
registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
await import(process.argv[1]);
console.log(JSON.stringify(loaded));
process.exit();
`;

function modulesOf(file: string): readonly string[] {
  const url = new URL(file, import.meta.url).href;
  const printed = execFileSync(process.execPath, ['--input-type=module', '--eval', script, url], { encoding: 'utf8' });
  return (JSON.parse(printed) as string[])
    .filter((one) => !one.startsWith('node:'))
    .map((one) => one.replace(/^.*\/(client|core|node_modules)\//, '$1/'));
}

test('a thread that reads files loads how files are read and nothing else', () => {
  assert.deepEqual(modulesOf('./read-worker.ts').toSorted(), [
    'client/sdk/src/node/read-worker.ts',
    'client/sdk/src/node/whole-files.ts',
    'client/vault/src/entry-time.ts',
  ]);
});

test('a thread that seals loads what chunks need: no curve, no schema, not the whole vault', () => {
  const loaded = modulesOf('./seal-worker.ts');
  assert.deepEqual(
    loaded.filter((one) => one.startsWith('node_modules/')),
    [],
  );
  assert.ok(loaded.length <= 30, `${loaded.length} modules: ${loaded.join(', ')}`);
});
