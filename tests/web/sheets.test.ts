// The build drops styles whose component it takes for unused. A page that is written ahead carries the mark of each component with styles: each must be
// known to a sheet that the page asks for, or people read it bare.
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../support/server.ts';

const dist = join(root, 'apps/web/dist');

test('each page written ahead asks for the styles of everything on it', () => {
  const pages = globSync('{*,fr/*,en/*}.html', { cwd: dist });
  const marked = pages.filter((page) => marksOf(readFileSync(join(dist, page), 'utf8')).size > 0);
  for (const page of ['404.html', 'fr.html', 'fr/comment.html', 'en/report.html']) assert.ok(marked.includes(page), `${page} has no marks`);
  const bare = marked.flatMap((page) => {
    const html = readFileSync(join(dist, page), 'utf8');
    const sheets = [...html.matchAll(/rel="stylesheet" href="([^"]+)"/g)]
      .map(([, file]) => readFileSync(join(dist, file!), 'utf8'))
      .join('');
    return [...marksOf(html)].filter((mark) => !sheets.includes(mark)).map((mark) => `${page}: ${mark}`);
  });
  assert.deepEqual(bare, []);
});

function marksOf(html: string): ReadonlySet<string> {
  return new Set(html.match(/svelte-[a-z0-9]{5,}/g));
}
