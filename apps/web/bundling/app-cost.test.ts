// What the drive's screens cost at start, without the engine behind them: script and styles, gzip, as a browser would load them.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { bundleBrowser } from './bundles.ts';
import { compileMessages } from './messages.ts';

const root = path.join(import.meta.dirname, '..');
const [scriptMax, stylesMax] = [120_000, 20_000];

test('the screens of the drive start within their budget', { timeout: 540_000 }, async () => {
  await compileMessages(root);
  const folder = await mkdtemp(path.join(tmpdir(), 'reprise-app-cost-'));
  try {
    const constants = { __SEAL_ENGINE__: '', __SEAL_POOL__: '', __KDF_WORKER__: '', __BUILD__: 'cost' };
    const bundle = await bundleBrowser(root, { app: 'stories/app-alone.ts' }, 'assets', constants, folder);
    const { script, imports, css } = bundle.entry('app');
    const sizeOf = async (files: readonly string[]): Promise<number> => {
      const sizes = await Promise.all(files.map(async (file) => gzipSync(await readFile(path.join(folder, file)), { level: 9 }).length));
      return sizes.reduce((sum, size) => sum + size, 0);
    };
    const [scripts, styles] = [await sizeOf([script, ...imports]), await sizeOf(css)];
    console.log(`app: ${(scripts / 1000).toFixed(1)} kB of script, ${(styles / 1000).toFixed(1)} kB of styles`);
    for (const file of bundle.files.filter((each) => each.endsWith('.js') && each !== script && !imports.includes(each)))
      console.log(`  later: ${path.basename(file)} ${((await sizeOf([file])) / 1000).toFixed(1)} kB`);
    assert.ok(scripts > 20_000 && scripts <= scriptMax, `${scripts} bytes of script`);
    assert.ok(styles > 2000 && styles <= stylesMax, `${styles} bytes of styles`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
