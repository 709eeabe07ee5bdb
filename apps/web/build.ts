// Makes apps/web/dist from the sources: workers, viewer, pages, prerendered HTML, the table of headers, the list of hashes.
// `node apps/web/build.ts` prints what each page costs and warns when one costs more than its budget.
import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { appEntry } from './bundling/app-entry.ts';
import { bundleBrowser, bundleServer, bundleWorker, type Bundle } from './bundling/bundles.ts';
import { formatCost, measureCosts } from './bundling/budgets.ts';
import { documents as served, headerRules } from './bundling/headers.ts';
import { iconFiles, manifests } from './bundling/manifest.ts';
import { compileMessages } from './bundling/messages.ts';
import { workerEntries } from './src/workers/entries.ts';
import { pageHtml, viewerHtml } from './bundling/html.ts';

export const root = import.meta.dirname;
export const dist = path.join(root, 'dist');

export async function buildWeb(): Promise<void> {
  await rm(dist, { recursive: true, force: true });
  await mkdir(path.join(dist, 'viewer'), { recursive: true });
  await compileMessages(root);
  await cp(path.join(root, 'public'), dist, { recursive: true });
  const build = await sourcesHash();
  const constants: Record<string, unknown> = { __BUILD__: build };
  const workerFiles: string[] = [];
  for (const [name, entry] of Object.entries(workerEntries)) {
    if (name === 'sw') continue;
    const { script, files } = await bundleWorker(root, entry, constants);
    workerFiles.push(...files);
    if (entry.constant) constants[entry.constant] = `/${script}`;
  }
  const viewer = await bundleBrowser(root, { viewer: 'src/viewer/viewer.ts' }, 'viewer', constants);
  const pages = await bundleBrowser(
    root,
    {
      landing: 'src/landing/main.ts',
      link: 'src/link/main.ts',
      manage: 'src/manage/main.ts',
      words: 'src/words/main.ts',
      ...(appEntry === null ? {} : { app: appEntry }),
    },
    'assets',
    constants,
  );
  await writeFile(path.join(dist, 'viewer/index.html'), await viewerHtml(root, viewer.entry('viewer')));
  await writePages(pages);
  const installed = await manifests(root);
  for (const [file, text] of installed) await writeFile(path.join(dist, file), text);
  const documents = ['/fr', '/en', '/s', '/m', ...(appEntry === null ? [] : ['/app'])];
  const shell = {
    documents,
    files: [...pages.files, ...workerFiles, ...installed.keys(), ...iconFiles].map((file) => `/${file}`),
    first: [
      ...documents.filter((path) => path !== '/app'),
      ...firstFiles(pages),
      constants[workerEntries['seal-engine']!.constant!] as string,
    ],
  };
  await bundleWorker(root, workerEntries['sw']!, { ...constants, __SHELL__: shell });
  await writeFile(path.join(dist, 'headers.json'), `${JSON.stringify({ documents: served, rules: headerRules }, null, 2)}\n`);
  await writeFile(path.join(dist, 'release.json'), `${JSON.stringify({ build, files: await fileHashes() }, null, 2)}\n`);
  for (const cost of await measureCosts(dist)) console.log(formatCost(cost));
}

/** Pages without words of their own: what each imports as soon as it runs. */
const scriptedPages = [
  { name: 'link', file: 's.html', soon: ['src/engine/opener.ts'] },
  { name: 'manage', file: 'm.html', soon: ['src/engine/managing.ts'] },
  ...(appEntry === null ? [] : [{ name: 'app', file: 'app.html', soon: [] }]),
];

/** What the pages around a link start with. */
function firstFiles(pages: Bundle): string[] {
  const starts = [
    pages.entry('landing'),
    ...scriptedPages.filter(({ name }) => name !== 'app').map(({ name, soon }) => pages.entry(name, soon)),
  ];
  const files = starts.flatMap(({ script, imports, soon, css, fonts }) => [script, ...imports, ...soon, ...css, ...Object.values(fonts)]);
  return [...new Set(files)].map((file) => `/${file}`);
}

async function writePages(pages: Bundle): Promise<void> {
  const { renderPage } = await bundleServer(root);
  for (const locale of ['fr', 'en'] as const) {
    const write = async (
      file: string,
      name: Parameters<typeof renderPage>[0],
      entry: 'landing' | 'words',
      index: boolean,
    ): Promise<void> => {
      const html = pageHtml({
        page: renderPage(name, locale),
        locale,
        assets: pages.entry(entry),
        withScript: entry === 'landing',
        index,
      });
      await mkdir(path.dirname(path.join(dist, file)), { recursive: true });
      await writeFile(path.join(dist, file), html);
    };
    await write(`${locale}.html`, 'landing', 'landing', true);
    await write(locale === 'fr' ? 'fr/comment.html' : 'en/how.html', 'how', 'words', true);
    await write(locale === 'fr' ? 'fr/signaler.html' : 'en/report.html', 'notice', 'words', true);
    await write(locale === 'fr' ? 'fr/recu.html' : 'en/received.html', 'received', 'words', false);
    await write(locale === 'fr' ? 'fr/depose.html' : 'en/filed.html', 'filed', 'words', false);
    await write(locale === 'fr' ? 'fr/dossier.html' : 'en/case.html', 'case', 'words', false);
    await write(locale === 'fr' ? 'fr/suivi.html' : 'en/followed.html', 'followed', 'words', false);
  }
  const waiting = renderPage('waiting', 'fr');
  for (const { name, file, soon } of scriptedPages) {
    const html = pageHtml({
      page: waiting,
      locale: 'fr',
      assets: pages.entry(name, soon),
      withScript: true,
      index: false,
    });
    await writeFile(path.join(dist, file), html);
  }
  await writeFile(
    path.join(dist, '404.html'),
    pageHtml({
      page: renderPage('missing', 'fr'),
      locale: 'fr',
      assets: pages.entry('words'),
      withScript: false,
      index: false,
    }),
  );
}

/** First 8 hex digits over every source file, so that equal sources name equal builds. */
async function sourcesHash(): Promise<string> {
  const hash = createHash('sha256');
  for (const folder of ['src', 'messages', 'public', 'bundling']) {
    for (const file of await filesBelow(path.join(root, folder))) {
      if (file.includes(`${path.sep}paraglide${path.sep}`) || file.endsWith('.test.ts')) continue;
      hash
        .update(path.relative(root, file))
        .update('\0')
        .update(await readFile(file))
        .update('\0');
    }
  }
  return hash.digest('hex').slice(0, 8);
}

async function fileHashes(): Promise<Record<string, string>> {
  const hashes: Record<string, string> = {};
  for (const file of await filesBelow(dist)) {
    hashes[`/${path.relative(dist, file).split(path.sep).join('/')}`] = createHash('sha256')
      .update(await readFile(file))
      .digest('hex');
  }
  return hashes;
}

async function filesBelow(folder: string): Promise<readonly string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  return found
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
}

if (import.meta.main) {
  const started = performance.now();
  await buildWeb();
  console.log(`built in ${((performance.now() - started) / 1000).toFixed(1)} s`);
}
