// Every public name of the SDK says what it is: TypeDoc reads the docstrings, and a warning of it is a failure here.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../support/server.ts';

const sdk = join(root, 'client/sdk');

function typedoc(...args: readonly string[]): { readonly code: number | null; readonly said: string } {
  const bin = join(sdk, 'node_modules/typedoc/bin/typedoc');
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, '--emit', 'none', ...args], { cwd: sdk, encoding: 'utf8' });
  return { code: status, said: `${stdout}${stderr}` };
}

test('every public name of the SDK has a docstring, and every link in one leads somewhere', () => {
  const { code, said } = typedoc();
  assert.equal(code, 0, said);
});

test('every way into the package is read', () => {
  const { exports } = JSON.parse(readFileSync(join(sdk, 'package.json'), 'utf8')) as { exports: Record<string, string> };
  const { entryPoints } = JSON.parse(readFileSync(join(sdk, 'typedoc.json'), 'utf8')) as { entryPoints: string[] };
  // The messages to workers are all exported by the first.
  const wanted = Object.entries(exports).flatMap(([name, file]) => (name === './jobs' ? [] : [file.slice('./'.length)]));
  assert.deepEqual([...entryPoints].sort(), wanted.sort());
});

test('a public name without a docstring is found', () => {
  const folder = mkdtempSync(join(tmpdir(), 'reprise-documented-'));
  try {
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: { strict: true, types: [] }, files: ['some.ts'] }));
    writeFileSync(join(folder, 'some.ts'), '/** Has one. */\nexport const one = 1;\nexport const two = 2;\n');
    const options = { extends: [join(sdk, 'typedoc.json')], entryPoints: ['some.ts'], tsconfig: 'tsconfig.json', readme: 'none' };
    writeFileSync(join(folder, 'typedoc.json'), JSON.stringify(options));
    const { code, said } = typedoc('--options', folder);
    assert.notEqual(code, 0);
    assert.match(said, /two .*does not have any documentation/);
    assert.doesNotMatch(said, /one .*does not have any documentation/);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
