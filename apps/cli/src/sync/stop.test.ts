import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { Terminal } from '../terminal.ts';
import { loadWords } from '../words.ts';
import { Roots } from './roots.ts';
import { stop } from './start.ts';

function terminalIn(t: TestContext): Terminal & { readonly printed: string[]; readonly said: string[] } {
  const stateFolder = mkdtempSync(join(tmpdir(), 'reprise-stop-'));
  t.after(() => rmSync(stateFolder, { recursive: true }));
  const [printed, said]: [string[], string[]] = [[], []];
  const plain = { env: {}, language: 'en', isInteractive: false, columns: () => 80, isUnicode: true } as const;
  return {
    ...{ ...plain, stateFolder, interrupted: new AbortController().signal, printed, said },
    print: (line) => void printed.push(line),
    say: (text) => void said.push(text),
  };
}

const notLinux = process.platform === 'linux' ? false : 'only Linux tells machines and containers apart';

test('who holds a folder elsewhere is named with the file to be removed, and nobody waits for it', { skip: notLinux }, async (t) => {
  const terminal = terminalIn(t);
  const words = await loadWords('en');
  const roots = new Roots(terminal.stateFolder);
  const root = roots.add({ folder: '/w', space: 'home', driveFolder: '00', drivePath: '/w' });
  assert.equal(await stop(['--json'], { terminal, words }), 0);
  const lock = join(terminal.stateFolder, 'sync', root.id, 'run.elsewhere-boot-1.7-1.lock');
  writeFileSync(lock, '');
  assert.throws(() => roots.hold(root), { code: 'usage', facts: { reason: 'sync-elsewhere', value: `/w\n${lock}` } });
  assert.equal(await stop(['--json'], { terminal, words }), 1);
  assert.deepEqual(
    terminal.printed.map((line) => JSON.parse(line)),
    [
      { v: 1, stopped: 0, elsewhere: [] },
      { v: 1, stopped: 0, elsewhere: [{ folder: '/w', lock }] },
    ],
  );
  assert.equal(await stop([], { terminal, words }), 1);
  assert.ok(terminal.said.join('').includes(`remove ${lock}`));
});
