// What a server hands out is what the release lists: every file of `release.json` is served with the bytes whose SHA-256 stands there, and the
// built site holds no file that is not listed.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { after, before, test } from 'node:test';
import { documents } from '../../apps/web/bundling/headers.ts';
import { root, startHost, type Host } from '../support/server.ts';

const dist = join(root, 'apps/web/dist');
/** Read by the server and not served: the table of headers itself. */
const notServed = new Set(['/headers.json']);

let host: Host;
let release: { readonly build: string; readonly files: Readonly<Record<string, string>> };
before(async () => {
  host = await startHost();
  release = (await (await fetch(`${host.url}/release.json`)).json()) as typeof release;
});
after(() => host?.[Symbol.asyncDispose]());

test('every file of the release is served with the bytes that it lists', async () => {
  const pages = new Map(Object.entries(documents).map(([path, file]) => [`/${file}`, path === '*' ? '/no-such-page' : path]));
  const differing: string[] = [];
  for (const [file, listed] of Object.entries(release.files)) {
    if (notServed.has(file)) continue;
    const response = await fetch(`${host.url}${pages.get(file) ?? file}`);
    const hash = createHash('sha256')
      .update(new Uint8Array(await response.arrayBuffer()))
      .digest('hex');
    if (hash !== listed) differing.push(`${file}: ${response.status}`);
  }
  assert.deepEqual(differing, []);
  assert.ok(Object.keys(release.files).length > 20, 'the release lists the whole site');
});

test('the site holds no file that the release does not list', async () => {
  const found = (await readdir(dist, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const paths = found.map((entry) => `/${relative(dist, join(entry.parentPath, entry.name))}`).filter((path) => path !== '/release.json');
  assert.deepEqual(
    paths.filter((path) => release.files[path] === undefined),
    [],
  );
});
