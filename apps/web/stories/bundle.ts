// Bundles the stories into a temporary folder, under the same settings as the pages.
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bundleBrowser } from '../bundling/bundles.ts';
import { compileMessages } from '../bundling/messages.ts';
import { workerEntries } from '../src/workers/entries.ts';

const root = path.join(import.meta.dirname, '..');

/** Stories start no worker. */
const noWorkers = Object.fromEntries(Object.values(workerEntries).flatMap(({ constant }) => (constant === null ? [] : [[constant, '']])));

/** The keys of stories.ts, read as text: the file itself is for browsers. */
export const storyNames: readonly string[] = readStoryNames();

function readStoryNames(): readonly string[] {
  const text = readFileSync(path.join(import.meta.dirname, 'stories.ts'), 'utf8');
  const table = text.slice(text.indexOf('export const stories'));
  return [...table.matchAll(/^ {2}'?([a-z-]+)'?: /gm)].map((found) => found[1] ?? '');
}

export async function bundleStories(): Promise<{
  readonly folder: string;
  readonly html: string;
  remove(): Promise<void>;
}> {
  await compileMessages(root);
  const folder = await mkdtemp(path.join(tmpdir(), 'reprise-stories-'));
  const bundle = await bundleBrowser(root, { stories: 'stories/main.ts' }, 'assets', { ...noWorkers, __BUILD__: 'stories' }, folder);
  const assets = bundle.entry('stories');
  const html = `<!doctype html><html lang="fr"><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1,viewport-fit=cover"><title>Stories</title>${assets.css
    .map((file) => `<link rel="stylesheet" href="/${file}">`)
    .join('')}<div id="app"></div><script type="module" src="/${assets.script}"></script></html>`;
  return { folder, html, remove: () => rm(folder, { recursive: true, force: true }) };
}
