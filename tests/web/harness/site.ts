// The engine's test page as a build of its own: the real workers and service worker, the real headers, a page without screens.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { headerRules } from '../../../apps/web/bundling/headers.ts';
import { workerEntries } from '../../../apps/web/src/workers/entries.ts';
import { bundleScript } from './bundle.ts';

const web = join(import.meta.dirname, '../../../apps/web');
const page =
  '<!doctype html><html lang="en"><meta charset="utf-8"><title>engine</title><script type="module" src="/page.js"></script><input id="choose" type="file" multiple autocomplete="off">';

/** Writes a site that the host serves as its web app (REPRISE_WEB). */
export async function buildHarness(folder: string): Promise<void> {
  const constants: Record<string, unknown> = { __BUILD__: 'harness0' };
  const files = new Map<string, string>();
  for (const [name, entry] of Object.entries(workerEntries)) if (entry.constant) constants[entry.constant] = `/w/${name}-harness0.js`;
  constants['__SHELL__'] = { documents: ['/engine'], files: ['/page.js'], first: ['/engine', '/page.js'] };
  for (const [name, entry] of Object.entries(workerEntries)) {
    const replace = Object.fromEntries(Object.entries(entry.replace).map(([module, file]) => [module, join(web, file)]));
    const code = await bundleScript({ entry: join(web, entry.source), format: entry.format, constants, replace });
    files.set(entry.constant ? `w/${name}-harness0.js` : 'sw.js', code);
  }
  files.set('page.js', await bundleScript({ entry: join(import.meta.dirname, 'engine-page.ts'), format: 'module', constants }));
  files.set('engine.html', page);
  files.set('headers.json', JSON.stringify({ documents: { '/engine': 'engine.html' }, rules: headerRules }));
  for (const [file, text] of files) {
    await mkdir(join(folder, file, '..'), { recursive: true });
    await writeFile(join(folder, file), text);
  }
}
