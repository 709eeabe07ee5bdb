import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';

/** Prints the modules that a thread's file leads to. */
const script = `
import { registerHooks } from 'node:module';
const loaded = [];
registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
await import(process.argv[1]).catch(() => undefined);
console.log(JSON.stringify(loaded));
process.exit();
`;

test('a thread that works on a disk loads no package, no key and nothing of the network', () => {
  const url = new URL('./disk-worker.ts', import.meta.url).href;
  const printed = execFileSync(process.execPath, ['--input-type=module', '--eval', script, url], { encoding: 'utf8' });
  const loaded = (JSON.parse(printed) as string[]).filter((one) => !one.startsWith('node:'));
  assert.ok(loaded.length > 5, 'it was loaded');
  const others = loaded.filter((one) => !/\/(client\/sync|core\/kit)\//.test(one)).map((one) => one.replace(/^.*\/(client|core)\//, '$1/'));
  assert.deepEqual(others, ['client/vault/src/entry-time.ts']);
  assert.ok(loaded.length <= 40, `${loaded.length} modules: ${loaded.join(', ')}`);
});
