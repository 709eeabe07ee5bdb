// needs: chromium
// Files made to run in the page that shows them: none does, nothing asks anybody for anything, and the policy is not even tried. Each of the scripts
// is shown to work where a browser opens the file as a document, so that silence on the link page means something.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Browser, Frame, Page } from 'playwright-core';
import { parcelOf, startApp, type App } from '../support/app.ts';
import { launchChromium, openPage } from '../support/browser.ts';
import { until } from '../support/until.ts';
import { patienceMs } from './steps.ts';

/** Listens where hostile files call, and serves them as documents to show that they do. */
type Listener = { readonly url: string; readonly calls: string[]; readonly server: Server };
type Hostile = { readonly name: string; readonly content: (listener: string) => string; readonly servedAs: string | null };

const script = (listener: string) => `globalThis.owned = 1; new Image().src = '${listener}/called'; top.document.title = 'owned';`;
const html = (listener: string) =>
  `<!doctype html><title>x</title><script>${script(listener)}</script><img src="${listener}/called" onerror="${script(listener)}"><iframe src="${listener}/called"></iframe>`;
const svg = (listener: string) =>
  `<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="40" height="40" onload="${script(listener)}"><script>${script(listener)}</script><image xlink:href="${listener}/called" width="9" height="9"/><foreignObject width="9" height="9"><iframe xmlns="http://www.w3.org/1999/xhtml" src="${listener}/called"/></foreignObject></svg>`;

const corpus: readonly Hostile[] = [
  { name: 'page.html', content: html, servedAs: 'text/html' },
  { name: 'page.htm', content: html, servedAs: 'text/html' },
  { name: 'page.xhtml', content: svg, servedAs: 'application/xhtml+xml' },
  { name: 'drawing.svg', content: svg, servedAs: 'image/svg+xml' },
  { name: 'svg-called.png', content: svg, servedAs: 'image/svg+xml' },
  { name: 'html-called.jpg', content: html, servedAs: 'text/html' },
  { name: 'html-called.txt', content: html, servedAs: 'text/html' },
  { name: 'html-called.mp4', content: html, servedAs: 'text/html' },
  {
    name: 'notes.md',
    content: (listener) => `# x\n\n${html(listener)}\n\n[x](javascript:owned=1) ![x](${listener}/called)\n`,
    servedAs: null,
  },
  {
    name: 'entities.xml',
    content: (listener) =>
      `<?xml version="1.0"?><?xml-stylesheet href="${listener}/called" type="text/xsl"?><!DOCTYPE x [<!ENTITY e SYSTEM "${listener}/called">]><x>&e;</x>`,
    servedAs: null,
  },
  { name: 'table.csv', content: (listener) => `=HYPERLINK("${listener}/called","x"),<script>owned=1</script>\n`, servedAs: null },
  { name: 'acts.pdf', content: hostilePdf, servedAs: null },
  { name: 'page-called.pdf', content: html, servedAs: 'text/html' },
];

const hostileNames = [
  '<img src=x onerror=owned=1>.txt',
  '"><svg onload=owned=1>.txt',
  '<script>owned=1<',
  'javascript:owned=1.html',
  '{{constructor.constructor("owned=1")()}}.txt',
  '${owned=1}.txt',
  '\u202egnp.exe',
  '\u0007bell.txt',
];

let app: App;
let browser: Browser;
let listener: Listener;
before(async () => {
  [app, browser, listener] = await Promise.all([startApp(), launchChromium(), listen()]);
});
after(async () => {
  await browser?.close();
  await app?.[Symbol.asyncDispose]();
  listener?.server.closeAllConnections();
  listener?.server.close();
});

describe('content that wants to run', () => {
  for (const { name, content, servedAs } of corpus) {
    test(`${name} is shown or refused, and stays silent`, async () => {
      const file = join(app.folder, name);
      writeFileSync(file, content(listener.url));
      if (servedAs !== null) assert.ok(await callsAsDocument(content(listener.url), servedAs), 'it would run where it is a document');
      await visitQuietly(file, async (page) => {
        await page.locator('.pane > :not([aria-busy="true"])').first().waitFor({ timeout: patienceMs });
        if (name === 'acts.pdf')
          await page.locator('.pane iframe').contentFrame().locator('canvas').first().waitFor({ timeout: patienceMs });
      });
    });
  }

  test('names are text, whatever is in them', async () => {
    const folder = join(app.folder, 'names');
    mkdirSync(folder);
    for (const name of hostileNames) writeFileSync(join(folder, name), 'x');
    await visitQuietly(folder, async (page) => {
      await page
        .getByText(hostileNames[0] ?? '')
        .first()
        .waitFor({ timeout: patienceMs });
      assert.equal(await page.locator('img[src="x"]').count(), 0);
    });
  });
});

/** Opens the link of a file, lets `act` wait for what is shown, and asks that nothing ran, called, opened, or went anywhere. */
async function visitQuietly(path: string, act: (page: Page) => Promise<void>): Promise<void> {
  const { link } = parcelOf(await app.reprise('put', path, '--server', app.url, '--json'));
  await using visit = await openPage(browser, { origin: app.url });
  const { page, context } = visit;
  const surprises: string[] = [];
  page.on('dialog', (dialog) => {
    surprises.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('download', () => surprises.push('download'));
  context.on('page', () => surprises.push('another page'));
  listener.calls.length = 0;
  await page.goto(link);
  await act(page);
  // One more answer of the page and of each frame: whatever was about to run has run.
  for (const frame of page.frames()) assert.equal(await typeOfOwned(frame), 'undefined', frame.url());
  assert.notEqual(await page.title(), 'owned');
  assert.equal(new URL(page.url()).pathname, '/s');
  assert.deepEqual(surprises, []);
  assert.deepEqual(listener.calls, []);
  assert.deepEqual(await visit.findings(), []);
}

/** Of a frame that the page took away meanwhile, as of what it refuses, nothing runs any more. */
async function typeOfOwned(frame: Frame): Promise<unknown> {
  try {
    return await frame.evaluate('typeof owned');
  } catch (error) {
    if (!frame.isDetached()) throw error;
    return 'undefined';
  }
}

async function callsAsDocument(content: string, type: string): Promise<boolean> {
  const page = await browser.newPage();
  try {
    listener.calls.length = 0;
    await page.goto(`${listener.url}/document?${new URLSearchParams({ type, content })}`);
    await until('the document calls', () => listener.calls.length > 0);
    return (await page.evaluate('globalThis.owned')) === 1;
  } finally {
    await page.close();
  }
}

async function listen(): Promise<Listener> {
  const calls: string[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://listener');
    if (url.pathname !== '/document') {
      if (url.pathname !== '/favicon.ico') calls.push(url.pathname);
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'content-type': url.searchParams.get('type') ?? 'text/plain' }).end(url.searchParams.get('content'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, calls, server };
}

/** One page whose opening runs script, submits a form, starts a program and follows a link; its font's matrix is code (CVE-2024-4367). */
function hostilePdf(listener: string): string {
  const code = `globalThis.owned=1;app.alert('owned');this.submitForm('${listener}/called');`;
  const objects = [
    `<</Type/Catalog/Pages 2 0 R/OpenAction 6 0 R/AA<</WC 6 0 R>>/Names<</JavaScript<</Names[(a)6 0 R]>>>>/AcroForm<</Fields[7 0 R]/XFA()>>>>`,
    '<</Type/Pages/Kids[3 0 R]/Count 1>>',
    '<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>/Annots[7 0 R 8 0 R]/AA<</O 6 0 R>>>>',
    '<</Length 38>>stream\nBT /F1 24 Tf 20 100 Td (hostile) Tj ET \nendstream',
    `<</Type/Font/Subtype/Type1/BaseFont/Helvetica/FontMatrix[1 2 3 4 5 (1\\); globalThis.owned=1; //)]>>`,
    `<</S/JavaScript/JS(${code.replaceAll('(', '\\(').replaceAll(')', '\\)')})/Next<</S/URI/URI(${listener}/called)/Next<</S/Launch/F(${listener}/called)>>>>>>`,
    `<</Type/Annot/Subtype/Widget/FT/Tx/T(a)/Rect[0 0 90 20]/AA<</F 6 0 R/K 6 0 R/C 6 0 R>>/A 6 0 R>>`,
    `<</Type/Annot/Subtype/Link/Rect[0 0 200 200]/A<</S/URI/URI(javascript:globalThis.owned=1)>>>>`,
  ];
  let pdf = '%PDF-1.7\n';
  const starts = objects.map((body, i) => {
    const start = pdf.length;
    pdf += `${i + 1} 0 obj${body}endobj\n`;
    return start;
  });
  const table = pdf.length;
  const lines = starts.map((start) => `${String(start).padStart(10, '0')} 00000 n \n`).join('');
  return `${pdf}xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${lines}trailer<</Size ${objects.length + 1}/Root 1 0 R>>\nstartxref\n${table}\n%%EOF\n`;
}
