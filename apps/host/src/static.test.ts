import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { Site, languageOf, ownOrigin } from './static.ts';

const folder = mkdtempSync(join(tmpdir(), 'reprise-site-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const files: Readonly<Record<string, string>> = {
  'dist/fr.html': '<p>Bonjour',
  'dist/404.html': '<p>404',
  'dist/en/received.html': '<p>{reference} {other}',
  'dist/assets/app-0a1b2c3d.js': 'let a = 1;'.repeat(100),
  'dist/drive.html': '<p>Drive',
  'dist/sw.js': 'self;',
  'dist/w/outside-1.js': 'self;',
  'dist/font.woff2': 'font',
  'dist/headers.json': JSON.stringify({
    documents: { '/fr': 'fr.html', '/en/received': 'en/received.html', '/drive': 'drive.html', '/drive/*': 'drive.html', '*': '404.html' },
    rules: [
      { pattern: '/sw.js', headers: { 'Content-Security-Policy': "connect-src 'self' {storage}" } },
      { pattern: '/w/outside-*', headers: { 'Content-Security-Policy': 'connect-src {relays}; trusted-types' } },
      { pattern: '/assets/*', headers: { 'Cache-Control': 'immutable' } },
      { pattern: '*', headers: { 'Content-Security-Policy': 'frame-src {viewer}; frame-ancestors {app}', 'Cache-Control': 'no-cache' } },
    ],
  }),
  'secret.txt': 'outside of the build',
};
for (const [path, text] of Object.entries(files)) {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

const origins = { app: 'https://a.example', viewer: 'https://v.example', storage: '', relays: '' };
const site = new Site(join(folder, 'dist'), () => origins);
const asking = (headers: Readonly<Record<string, string>> = {}) => ({ headers, method: 'GET' }) as unknown as IncomingMessage;
const serve = (path: string, headers?: Readonly<Record<string, string>>) => site.serve(asking(headers), path);

test('the root leads to the person’s language, and caches know why', async () => {
  const answer = await serve('/', { 'accept-language': 'fr-CH, fr;q=0.9, en;q=0.8' });
  assert.deepEqual([answer.status, answer.headers['Location'], answer.headers['Vary']], [302, '/fr', 'Accept-Language']);
  assert.equal((await serve('/')).headers['Location'], '/en');
});

test('languages are chosen by weight', () => {
  const table = [
    ['fr', 'fr'],
    ['FR-fr', 'fr'],
    ['en-GB,fr;q=0.9', 'en'],
    ['en;q=0.3,fr;q=0.7', 'fr'],
    ['de,fr;q=0.1', 'fr'],
    ['de', 'en'],
    ['fr;q=0', 'en'],
    ['*', 'en'],
    ['', 'en'],
    [';;q=,,', 'en'],
  ] as const;
  for (const [header, language] of table) assert.equal(languageOf(asking({ 'accept-language': header })), language, header);
});

test('the first rule that fits a path gives its headers, origins filled in and empty ones dropped', async () => {
  assert.equal((await serve('/sw.js')).headers['Content-Security-Policy'], "connect-src 'self'");
  assert.equal((await serve('/assets/app-0a1b2c3d.js')).headers['Cache-Control'], 'immutable');
  const policy = async (where: Site) => (await where.serve(asking(), '/w/outside-1.js')).headers['Content-Security-Policy'];
  assert.equal(await policy(site), 'connect-src; trusted-types', 'that is: nobody');
  const related = new Site(join(folder, 'dist'), () => ({ ...origins, relays: 'wss://a.example wss://b.example' }));
  assert.equal(await policy(related), 'connect-src wss://a.example wss://b.example; trusted-types');
  const page = await serve('/fr');
  assert.equal(page.headers['Content-Security-Policy'], 'frame-src https://v.example; frame-ancestors https://a.example');
  assert.equal(page.headers['Content-Type'], 'text/html; charset=utf-8');
  assert.equal(page.headers['X-Content-Type-Options'], 'nosniff');
});

test('a page with addresses of its own below it answers all of them, and its own file none', async () => {
  for (const path of ['/drive', '/drive/f/0123', '/drive/settings']) {
    const page = await serve(path);
    assert.deepEqual([page.status, String(page.body)], [200, '<p>Drive'], path);
  }
  assert.equal((await serve('/driven')).status, 404);
});

test('what is not of the build is a page that says so', async () => {
  for (const path of [
    '/nope',
    '/fr.html',
    '/404.html',
    '/headers.json',
    '*',
    '/../secret.txt',
    '/assets/../../secret.txt',
    '/%2e%2e/secret.txt',
    '/assets',
    '/fr/',
    '/constructor',
    '/__proto__',
    '',
  ]) {
    const answer = await serve(path);
    assert.equal(answer.status, 404, path);
    assert.equal(String(answer.body), '<p>404', path);
  }
});

test('text is compressed as the browser takes it, and fonts are not', async () => {
  const plain = files['dist/assets/app-0a1b2c3d.js'] ?? '';
  const ask = (coding: string) => serve('/assets/app-0a1b2c3d.js', { 'accept-encoding': coding });
  const [brotli, zipped, none, refused] = [
    await ask('gzip, deflate, br'),
    await ask('gzip'),
    await ask('identity'),
    await ask('br;q=0, gzip;q=0'),
  ];
  assert.equal(brotliDecompressSync(brotli.body as Buffer).toString(), plain);
  assert.equal(gunzipSync(zipped.body as Buffer).toString(), plain);
  assert.deepEqual(
    [brotli, zipped, none, refused].map(({ headers }) => headers['Content-Encoding']),
    ['br', 'gzip', undefined, undefined],
  );
  assert.deepEqual(
    [brotli, none].map(({ headers }) => headers['Vary']),
    ['Accept-Encoding', 'Accept-Encoding'],
  );
  assert.equal(String(none.body), plain);
  assert.equal((await serve('/font.woff2', { 'accept-encoding': 'br' })).headers['Content-Encoding'], undefined);
});

test('words that are filled into a page cannot become markup', async () => {
  const page = await site.page(asking(), '/en/received', 201, { reference: '<script>"&\'' });
  assert.equal(String(page?.body), '<p>&#60;script&#62;&#34;&#38;&#39; {other}');
  assert.deepEqual([page?.status, page?.headers['Cache-Control']], [201, 'no-store']);
  assert.equal(await site.page(asking(), '/de/empfangen', 201, {}), undefined);
});

test('without a build every page says what to do', async () => {
  const empty = new Site(join(folder, 'nowhere'), () => origins);
  assert.equal(empty.isBuilt, false);
  const answer = await empty.serve(asking(), '/fr');
  assert.equal(answer.status, 404);
  assert.match(String(answer.body), /npm run build/);
});

test('a policy names the origin the server was called by, unless a public one is set, and never anything else', () => {
  const called = (host: string, more = {}) => asking({ host, ...more });
  assert.equal(ownOrigin(called('127.0.0.1:8080'), undefined, false), 'http://127.0.0.1:8080');
  assert.equal(ownOrigin(called('[::1]:8080'), undefined, false), 'http://[::1]:8080');
  assert.equal(ownOrigin(called('nas.local', { 'x-forwarded-proto': 'https' }), undefined, true), 'https://nas.local');
  assert.equal(ownOrigin(called('nas.local', { 'x-forwarded-proto': 'https' }), undefined, false), 'http://nas.local');
  assert.equal(ownOrigin(called('evil.example'), 'https://drop.example', false), 'https://drop.example');
  for (const host of ['', "x; script-src 'unsafe-inline'", 'a b', 'a,b', 'x/../y', '*'])
    assert.equal(ownOrigin(called(host), undefined, false), '', host);
});
