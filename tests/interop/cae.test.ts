// A reader of the sealed formats that shares no code, no language and no library with ours: Python's `cryptography`.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '../..');
const python = ['python3', 'python', '/usr/bin/python3'].find(
  (name) => spawnSync(name, ['-c', 'import cryptography'], { stdio: 'ignore' }).status === 0,
);
const skip = python === undefined && 'no Python with the package cryptography: pip install cryptography';

test('Python accepts and refuses the same sealed bytes, at the steps that the vectors name', { skip, timeout: 480_000 }, () => {
  const run = spawnSync(python as string, [join(import.meta.dirname, 'cae_judge.py'), join(root, 'spec/vectors')], { encoding: 'utf8' });
  assert.equal(run.status, 0, run.stderr);
  const { judged, wrong } = JSON.parse(run.stdout) as { readonly judged: number; readonly wrong: readonly unknown[] };
  assert.deepEqual(wrong, []);
  assert.ok(judged > 200, `${judged} cases`);
});
