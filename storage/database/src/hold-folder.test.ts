import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { holdFolder } from './hold-folder.ts';

function scratch(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'reprise-hold-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

const holder = `
const { holdFolder } = await import(process.argv[1]);
holdFolder(process.argv[2]);
process.stdout.write('held');
setInterval(() => undefined, 1_000);
`;

test('a data folder is held by one process, whose number the other is told, until that ends, even by SIGKILL', async (t) => {
  const folder = join(scratch(t), 'not', 'yet');
  const script = new URL('./hold-folder.ts', import.meta.url).href;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', holder, script, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  await new Promise((resolve) => child.stdout.once('data', resolve));
  assert.throws(() => holdFolder(folder), {
    name: 'DatabaseRefused',
    message: new RegExp(`is in use by another Reprise \\(process ${child.pid}, since 2\\d{3}-.*\\)\\. Stop that one`),
  });
  child.kill('SIGKILL');
  await ended;
  using _held = holdFolder(folder);
  assert.throws(() => holdFolder(folder), { name: 'DatabaseRefused' });
});

test('a folder that is given back can be held again', (t) => {
  const folder = scratch(t);
  for (let time = 0; time < 2; time++) holdFolder(folder)[Symbol.dispose]();
});

test('a folder that cannot be made is refused with a message for the operator', () => {
  assert.throws(() => holdFolder('/proc/nowhere'), { name: 'DatabaseRefused', message: /^The folder \/proc\/nowhere cannot be used: / });
});
