import assert from 'node:assert/strict';
import { registerHooks } from 'node:module';
import { test } from 'node:test';

test('the sandbox and its libraries are not loaded by who only knows of them', async () => {
  const loaded: string[] = [];
  const hooks = registerHooks({
    resolve: (specifier, context, next) => {
      const resolved = next(specifier, context);
      loaded.push(resolved.url);
      return resolved;
    },
  });
  try {
    await import('../index.ts');
    await import('./sandbox.ts');
  } finally {
    hooks.deregister();
  }
  assert.ok(loaded.some((url) => url.endsWith('/sandbox/sandbox.ts')));
  assert.deepEqual(
    loaded.filter((url) => /node_modules\/(lightningdevkit|bcoin|@getalby)\//.test(url)),
    [],
  );
});
