// The known answers of spec/vectors once more, in a real browser: the runner is bundled as the web app would be, and uses its WebCrypto.
// needs: chromium
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { build } from 'vite';
import { vectorFiles } from '../client/vault/src/vectors.ts';
import { findChromium, launchChromium } from './support/browser.ts';

type Verdict = { readonly file: string; readonly name: string; readonly expected: string; readonly got: string; readonly detail: string };

const root = join(import.meta.dirname, '..');
const skip = findChromium() === null && 'no Chromium on this machine';

describe('the known answers in a browser', { skip }, () => {
  let server: Server | undefined;
  let browser: Browser | undefined;

  before(async () => {
    server = await serve(await bundle());
    browser = await launchChromium(['--disable-gpu', '--disable-background-networking']);
  });
  after(async () => {
    await browser?.close();
    server?.close();
  });

  test('are what Chromium gives', { timeout: 480_000 }, async () => {
    const page = await (browser as Browser).newPage();
    await page.goto(`http://127.0.0.1:${((server as Server).address() as AddressInfo).port}/`);
    const verdicts: Verdict[] = await page.evaluate(async (path) => {
      const runner = await import(path);
      const files = await (await fetch('/vectors.json')).json();
      return runner.runVectors(runner.webEngine, files);
    }, '/runner.js');
    assert.deepEqual(
      verdicts.filter((verdict) => verdict.got !== verdict.expected),
      [],
    );
    assert.deepEqual([...new Set(verdicts.map((verdict) => verdict.file))].sort(), [...vectorFiles].sort());
  });
});

/** The bundle's files by name. Nothing is written to the repository. */
async function bundle(): Promise<ReadonlyMap<string, string>> {
  const folder = mkdtempSync(join(tmpdir(), 'reprise-vectors-'));
  try {
    const entry = join(folder, 'runner.js');
    const source = join(root, 'client/vault/src');
    writeFileSync(
      entry,
      `export { runVectors } from ${JSON.stringify(join(source, 'vectors.ts'))};\nexport { webEngine } from ${JSON.stringify(join(source, 'web-engine.ts'))};\n`,
    );
    const lib = { entry, formats: ['es' as const], fileName: 'runner' };
    const built = await build({ configFile: false, logLevel: 'error', root: folder, build: { write: false, target: 'esnext', lib } });
    const outputs = Array.isArray(built) ? built : [built];
    return new Map(
      outputs
        .flatMap((one) => ('output' in one ? one.output : []))
        .flatMap((file) => (file.type === 'chunk' ? [[file.fileName, file.code] as const] : [])),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function serve(scripts: ReadonlyMap<string, string>): Promise<Server> {
  const vectors = `{${vectorFiles.map((name) => `"${name}":${readFileSync(join(root, `spec/vectors/${name}.json`), 'utf8')}`).join(',')}}`;
  const server = createServer((request, response) => {
    const name = (request.url ?? '/').slice(1);
    const script = scripts.get(name) ?? scripts.get(name.replace(/\.js$/, '.mjs'));
    if (name === '') response.setHeader('content-type', 'text/html').end('<!doctype html><title>vectors</title>');
    else if (name === 'vectors.json') response.setHeader('content-type', 'application/json').end(vectors);
    else if (script !== undefined) response.setHeader('content-type', 'text/javascript').end(script);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
