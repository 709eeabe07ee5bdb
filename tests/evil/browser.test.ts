// needs: chromium
// The hostile server against the web app: the built pages in a real Chromium, the real host behind a proxy that changes what it answers. Each
// refusal is told in words, in the person's language; nothing false is shown or saved; what this browser had accepted stays; what it sends does
// not depend on where the lie is; and once the server is honest, all is there. spec/web.md, spec/log.md, spec/accounts.md, spec/cae-1.md.
import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { decodeDcbor, decodeEnvelope, decodeLogState, encodeEnvelope, joinEnvelopes, splitEnvelopes } from '@reprise/protocol/formats';
import * as drive from '../e2e/drive-steps.ts';
import { patienceMs, save, saveButton } from '../e2e/steps.ts';
import { parcelOf, type Ran } from '../support/app.ts';
import { dropOnPage, launchChromium, openPage, type WatchedPage } from '../support/browser.ts';
import { findCanary, makeCanary } from '../support/canary.ts';
import { openCli } from '../support/cli.ts';
import { digestOf, writeRandom } from '../support/inputs.ts';
import { freePort, type Host, startHost } from '../support/server.ts';
import { wordsOf } from '../support/words.ts';
import { type Heard, type Mutation, type Mutator, startMutator } from './mutator.ts';

const french = wordsOf('fr');
const english = wordsOf('en');
/** Content that a preview shows at once, and that the server must never hear. */
const content = makeCanary('content');
let evil: Mutator;
let host: Host;
let browser: Browser;
let scratch: string;
let heardFile: string;
let account: drive.NewAccount;
/** The person's own browser, which goes through everything below. */
let home: WatchedPage;
let largeFile: string;

before(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'reprise-evil-browser-'));
  heardFile = join(scratch, 'heard');
  const port = await freePort();
  evil = await startMutator(`http://127.0.0.1:${port}`);
  host = await startHost({ port, publicUrl: evil.url, dataFolder: join(scratch, 'data'), env: { REPRISE_RATE_ACCOUNTS: 'off' } });
  evil.listen(keep);
  browser = await launchChromium();
  home = await openPage(browser, { origin: evil.url });
  account = await drive.openAccount(home.page, evil.url, french, 'Marta');
  const desk = join(scratch, 'desk');
  mkdirSync(desk);
  writeFileSync(join(desk, 'note.txt'), `${content}\n`);
  largeFile = writeRandom(join(desk, 'film.bin'), 5_000_000);
  await dropOnPage(home.page, [join(desk, 'note.txt'), largeFile]);
  await drive.appears(home.page, 'note.txt', 'film.bin');
  await drive.makeFolder(home.page, french, 'Archives');
});
after(async () => {
  await home?.[Symbol.asyncDispose]();
  await browser?.close();
  await evil?.[Symbol.asyncDispose]();
  await host?.[Symbol.asyncDispose]();
  if (scratch) rmSync(scratch, { recursive: true, force: true, maxRetries: 3 });
});
afterEach(() => {
  evil.mutate(null);
  evil.listen(keep);
});

/** All that was ever sent, for a search at the end. */
function keep({ method, path, headers, body }: Heard): void {
  appendFileSync(heardFile, Buffer.concat([Buffer.from(`${method} ${path} ${JSON.stringify(headers)}\n`), body, Buffer.from('\n')]));
}

type Json = Record<string, unknown>;
const isLog = (path: string) => path.endsWith('/log/read');
const isHead = (path: string) => path.endsWith('/head');
const isObject = (path: string) => path.startsWith('/api/v1/places/') || path.startsWith('/api/v1/objects');

const onBytes =
  (wants: (path: string) => boolean, change: (body: Buffer) => Buffer): Mutation =>
  ({ path, status, body }) =>
    wants(path) && status === 200 && body.length > 0 ? change(body) : body;
const onJson = (wants: (path: string) => boolean, change: (answer: Json) => Json): Mutation =>
  onBytes(wants, (body) => Buffer.from(JSON.stringify(change(JSON.parse(body.toString()) as Json))));

function flip(body: Buffer, at: number): Buffer {
  const changed = Buffer.from(body);
  const index = at % changed.length;
  changed[index] = (changed[index] as number) ^ 1;
  return changed;
}

/** What a browser kept of its account, byte for byte, and how far its heads are. */
async function keptBy(page: Page): Promise<{ readonly record: string; readonly keys: number; readonly seq: number }> {
  const { record, keys, heads } = await page.evaluate(async () => {
    const settle = <Result>(request: IDBRequest<Result>): Promise<Result> =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    const database = await settle(indexedDB.open('reprise-account'));
    const rows = <Row>(store: string): Promise<Row[]> => settle(database.transaction(store).objectStore(store).getAll());
    const [records, keys, heads] = [
      await rows<Uint8Array>('record'),
      await rows('sealed'),
      await rows<{ readonly record: Uint8Array }>('heads'),
    ];
    database.close();
    return { record: records.map(String).join(';'), keys: keys.length, heads: heads.map(({ record }) => [...record]) };
  });
  return { record, keys, seq: Math.max(-1, ...heads.map((head) => seqOf(Uint8Array.from(head)))) };
}

/** The number of the entry that an accepted head names; spec/log.md "Rules of a client". */
function seqOf(head: Uint8Array): number {
  const [, state] = decodeDcbor(head) as readonly unknown[];
  return decodeLogState(state as Uint8Array<ArrayBuffer>).seq;
}

/** Nothing that this browser held before is gone. */
async function assertKept(page: Page, before: Awaited<ReturnType<typeof keptBy>>): Promise<void> {
  const now = await keptBy(page);
  assert.deepEqual([now.record, now.keys], [before.record, before.keys]);
  assert.ok(now.seq >= before.seq, `the accepted head went from ${before.seq} to ${now.seq}`);
}

/** What the contract's paths were sent while something was tried, without ids. */
async function transcriptOf(attempt: () => Promise<void>): Promise<string> {
  const shapes: string[] = [];
  evil.listen((heard) => {
    keep(heard);
    if (!heard.path.startsWith('/api/')) return;
    const path = heard.path.replaceAll(/[A-Za-z0-9_-]{22,}/g, '*');
    const names = Object.keys(heard.headers).sort().join(',');
    shapes.push(`${heard.method} ${path} ${names} ${heard.body.length}`);
  });
  await attempt();
  evil.listen(keep);
  return shapes.join('\n');
}

async function all(page: Page, ...names: readonly string[]): Promise<void> {
  await drive.appears(page, ...names);
}

describe('a hostile server in the browser, at the door', () => {
  // What it asks for, now and then, would stand among what a stranger sent.
  before(async () => void (await home.page.goto('about:blank')));
  after(async () => {
    await home.page.goto(`${evil.url}/app`);
    await all(home.page, 'note.txt', 'film.bin', 'Archives');
  });
  const slotOf = (answer: Json) => answer['slot'] as Json;
  const changedSlot = (at: number) => (answer: Json) => {
    const sealed = flip(Buffer.from(String(slotOf(answer)['sealed']), 'base64url'), at).toString('base64url');
    return { ...answer, slot: { ...slotOf(answer), sealed } };
  };

  async function refusedKit(change: (answer: Json) => Json): Promise<string> {
    await using stranger = await openPage(browser, { origin: evil.url });
    const { page } = stranger;
    await page.goto(`${evil.url}/app/recover`);
    await page.locator('#kit-words').fill(account.kit.join(' '));
    await page.getByText(french.pattern('kit_words_ok')).waitFor({ timeout: patienceMs });
    await drive.takePhrase(page, french);
    evil.mutate(onJson((path) => path === '/api/v1/doors', change));
    const sent = await transcriptOf(async () => {
      await page.getByRole('button', { name: french.text('recover'), exact: true }).click();
      await page.getByRole('alert').getByText(french.text('failure_integrity')).waitFor({ timeout: patienceMs });
    });
    assert.ok(evil.changed() > 0, 'the hostile server had its say');
    assert.equal((await keptBy(page)).record, '', 'nothing of it is kept');
    assert.deepEqual(await stranger.findings(), []);
    return sent;
  }

  test('a kit’s slot with any byte changed, or of another place, is refused alike, and what is sent is the same each time', async () => {
    const transcripts = new Set<string>();
    for (const at of [0, 40, 333]) transcripts.add(await refusedKit(changedSlot(at)));
    transcripts.add(await refusedKit((answer) => ({ ...answer, slot: { ...slotOf(answer), version: 2 } })));
    transcripts.add(await refusedKit((answer) => ({ ...answer, slot: { ...slotOf(answer), slot: '00'.repeat(16) } })));
    assert.equal(transcripts.size, 1, [...transcripts].join('\n\n'));
    assert.equal([...transcripts][0]?.split('\n').length, 1, 'the door was asked for, and then nothing');
  });

  test('a password’s slot with any byte changed is refused in words, and what is sent is the same each time', async () => {
    const transcripts = new Set<string>();
    for (const at of [7, 200]) {
      await using stranger = await openPage(browser, { locale: 'en', origin: evil.url });
      const { page } = stranger;
      await page.goto(`${evil.url}/app/sign-in`);
      await page.getByLabel(english.text('identifier')).waitFor({ timeout: patienceMs });
      evil.mutate(onJson((path) => /^\/api\/v1\/logins\/[^/]+$/.test(path), changedSlot(at)));
      transcripts.add(
        await transcriptOf(async () => {
          await drive.typeSignIn(page, english, account.identifier, account.phrase);
          await page.locator('#sign-in-problem').getByText(english.text('failure_integrity')).waitFor({ timeout: patienceMs });
        }),
      );
      assert.ok(evil.changed() > 0);
      assert.equal((await keptBy(page)).record, '', 'nothing of it is kept');
      evil.mutate(null);
    }
    assert.equal(transcripts.size, 1, [...transcripts].join('\n\n'));
  });

  test('answers that are no answers end in words on the form, and the person can try again', async () => {
    await using stranger = await openPage(browser, { origin: evil.url });
    const { page } = stranger;
    await page.goto(`${evil.url}/app/sign-in`);
    await page.getByLabel(french.text('identifier')).waitFor({ timeout: patienceMs });
    for (const text of ['', '[]', '<html>', '{"login":1}', '\u0000'.repeat(50_000)]) {
      evil.mutate(({ path, body }) => (path === '/api/v1/logins' ? Buffer.from(text) : body));
      await drive.typeSignIn(page, french, account.identifier, account.phrase);
      await page.locator('#sign-in-problem').getByText(french.text('failure_server')).waitFor({ timeout: patienceMs });
    }
    evil.mutate(null);
    await drive.typeSignIn(page, french, account.identifier, account.phrase);
    await drive.inDrive(page, french);
    await all(page, 'note.txt', 'film.bin', 'Archives');
  });
});

describe('a hostile server in the browser, with an open drive', () => {
  test('that shows an older history is found out in words; all stays readable, nothing is written, also after a reload', async () => {
    const { page } = home;
    const before = await keptBy(page);
    evil.mutate(({ path, status, body }) => {
      if (status !== 200) return body;
      if (isHead(path)) return Buffer.from(JSON.stringify({ seq: 0, head: '0'.repeat(64), epoch: 1, largeSweeps: [] }));
      return isLog(path) ? Buffer.alloc(0) : body;
    });
    await page.reload();
    const notice = page.getByRole('alert').filter({ hasText: french.text('history_rollback') });
    await notice.waitFor({ timeout: patienceMs });
    await page.reload();
    await notice.waitFor({ timeout: patienceMs });
    await all(page, 'note.txt', 'film.bin', 'Archives');
    await drive.rowOf(page, 'note.txt').dblclick();
    await page.getByRole('dialog').getByText(content).waitFor({ timeout: patienceMs });
    await page.keyboard.press('Escape');
    assert.ok(
      await page
        .locator('.acts')
        .getByRole('button', { name: french.text('add') })
        .isDisabled(),
      'nothing can be added',
    );
    await assertKept(page, before);
    evil.mutate(null);
    await page.reload();
    await notice.waitFor({ state: 'detached', timeout: patienceMs });
    await drive.makeFolder(page, french, 'Après');
    assert.ok((await keptBy(page)).seq > before.seq);
  });

  const plants: readonly (readonly [string, (newest: Buffer) => Buffer])[] = [
    ['noise', () => Buffer.from(crypto.getRandomValues(new Uint8Array(700)))],
    ['the newest entry once more', (newest) => newest],
    [
      'an entry whose signature is not of a device of the account',
      (newest) => {
        const { entry, attachments, signature } = decodeEnvelope(newest);
        return Buffer.from(encodeEnvelope({ entry, attachments, signature: flip(Buffer.from(signature), 3) as never }));
      },
    ],
  ];
  for (const [what, make] of plants) {
    test(`that plants ${what} is told, takes nothing from the drive, and is forgiven once it is honest`, async () => {
      const { page } = home;
      const before = await keptBy(page);
      evil.mutate(
        onBytes(isLog, (body) => {
          const newest = splitEnvelopes(body).at(-1);
          return newest ? Buffer.concat([body, Buffer.from(joinEnvelopes([make(Buffer.from(newest))]))]) : body;
        }),
      );
      await page.reload();
      const notice = page.getByRole('alert').filter({ hasText: french.pattern('drive_refused') });
      await notice.or(page.getByRole('alert').filter({ hasText: french.text('drive_refused_answer') })).waitFor({ timeout: patienceMs });
      await all(page, 'note.txt', 'film.bin', 'Archives');
      await assertKept(page, before);
      evil.mutate(null);
      await page.getByRole('alert').waitFor({ state: 'detached', timeout: patienceMs });
      await all(page, 'note.txt', 'film.bin', 'Archives');
    });
  }

  test('that changes, cuts or withholds nodes shows nothing of them to a new device, in words of its language', async () => {
    const changes: readonly ((body: Buffer) => Buffer)[] = [
      (body) => flip(body, body.length - 20),
      (body) => body.subarray(0, -1),
      () => Buffer.alloc(0),
    ];
    for (const change of changes) {
      await using other = await openPage(browser, { locale: 'en', origin: evil.url });
      const { page } = other;
      await page.goto(`${evil.url}/app/sign-in`);
      evil.mutate(onBytes(isObject, change));
      await drive.typeSignIn(page, english, account.identifier, account.phrase);
      await page.getByText(english.text('folder_failed')).waitFor({ timeout: patienceMs });
      assert.equal(await page.locator('[data-id]').count(), 0, 'no entry is shown');
      evil.mutate(null);
      await page.reload();
      await all(page, 'note.txt', 'film.bin', 'Archives');
    }
  });

  test('that changes the bytes of a file gives neither a preview nor a finished save, and the file once it is honest', async () => {
    const { page } = home;
    evil.mutate(onBytes(isObject, (body) => flip(body, body.length - 20)));
    await page.reload();
    await drive.rowOf(page, 'note.txt').dblclick();
    await page.getByRole('dialog').getByText(french.text('failure_integrity')).waitFor({ timeout: patienceMs });
    assert.equal(await page.getByText(content).count(), 0, 'nothing of it is shown');
    await page.keyboard.press('Escape');
    evil.mutate(onBytes(isObject, (body) => (body.length > 200_000 ? flip(body, body.length >> 1) : body)));
    await drive.choose(page, french, 'film.bin', 'save');
    await page.getByText(french.text('failure_integrity')).first().waitFor({ timeout: patienceMs });
    assert.equal(await page.getByText(french.text('save_done')).count(), 0);
    evil.mutate(null);
    await page.reload();
    const download = await drive.saveEntry(page, french, 'film.bin');
    assert.equal(await digestOf(await download.path()), await digestOf(largeFile));
  });

  test('that says the device was removed erases nothing here: the person is told, and is in the drive again once it is honest', async () => {
    const { page } = home;
    home.expectRefusal(403);
    const before = await keptBy(page);
    const answer = Buffer.from(JSON.stringify({ error: { code: 'device-revoked', message: 'revoked', facts: {} } }));
    evil.mutate(({ path, body }) => (isLog(path) || path.includes('/spaces/') ? { status: 403, body: answer } : body));
    await page.reload();
    await page.getByText(french.text('ended_revoked_text')).waitFor({ timeout: patienceMs });
    await assertKept(page, before);
    evil.mutate(null);
    await page.reload();
    await all(page, 'note.txt', 'film.bin', 'Archives');
  });
});

describe('a hostile server in the browser, on the page of a link', () => {
  let link: string;
  before(async () => {
    // Its owner's drive asks for things in its own time, which would stand among what the page of a link sends.
    await home.page.goto('about:blank');
    using cli = openCli(evil.url);
    const ran: Ran = { ...(await cli.run(['put', largeFile, join(scratch, 'desk/note.txt'), '--json'])) };
    link = parcelOf(ran).link;
  });

  async function visit(locale: 'fr' | 'en', mutation: Mutation, act: (page: Page) => Promise<void>): Promise<void> {
    await using visitor = await openPage(browser, { locale, origin: evil.url });
    evil.mutate(mutation);
    await visitor.page.goto(link);
    await act(visitor.page);
    assert.ok(evil.changed() > 0, 'the hostile server had its say');
    evil.mutate(null);
  }

  test('a record that was changed, or is of another version, opens nothing and says why', async () => {
    const changes: readonly ((answer: Json) => Json)[] = [
      ...[0, 50, 300].map((at) => (answer: Json) => ({
        ...answer,
        record: flip(Buffer.from(String(answer['record']), 'base64url'), at).toString('base64url'),
      })),
      (answer) => ({ ...answer, version: Number(answer['version']) + 1 }),
    ];
    const transcripts = new Set<string>();
    for (const change of changes) {
      transcripts.add(
        await transcriptOf(() =>
          visit(
            'fr',
            onJson((path) => path.endsWith('/open'), change),
            async (page) => {
              await page.getByRole('heading', { level: 1, name: french.text('forged_title') }).waitFor({ timeout: patienceMs });
              assert.equal(await page.getByText('film.bin').count(), 0, 'nothing of the contents is shown');
            },
          ),
        ),
      );
    }
    assert.equal(transcripts.size, 1, [...transcripts].join('\n\n'));
  });

  test('answers that are no answers end in words', async () => {
    for (const text of ['', 'null', '<html>', '{"record":1}'])
      await visit(
        'en',
        ({ path, body }) => (path.endsWith('/open') ? Buffer.from(text) : body),
        async (page) => {
          await page.getByRole('heading', { level: 1, name: english.text('server_title') }).waitFor({ timeout: patienceMs });
        },
      );
  });

  const damages: readonly (readonly [string, (body: Buffer, other: Buffer) => Buffer])[] = [
    ['a flipped bit', (body) => flip(body, body.length >> 1)],
    ['a byte cut off', (body) => body.subarray(0, -1)],
    ['another object of the same file', (_, other) => other],
  ];
  for (const [what, change] of damages) {
    test(`objects with ${what} give no finished download`, async () => {
      let other: Buffer = Buffer.alloc(0);
      const large = ({ path, status, body }: Parameters<Mutation>[0]): Buffer => {
        if (!isObject(path) || status !== 200 || body.length < 200_000) return body;
        const changed = other.length > 0 || what !== damages[2]?.[0] ? change(body, other) : flip(body, 50);
        other = body;
        return changed;
      };
      await visit('fr', large, async (page) => {
        await saveButton(page, french, 'zip').click();
        await page
          .getByText(french.text('save_broken'))
          .or(page.getByText(french.text('failure_integrity')))
          .first()
          .waitFor({ timeout: patienceMs });
        assert.equal(await page.getByText(french.text('save_done')).count(), 0);
      });
    });
  }

  test('once it is honest, the same link gives the author’s bytes', async () => {
    await using visitor = await openPage(browser, { origin: evil.url });
    await visitor.page.goto(link);
    const saved = await save(visitor.page, french, 'zip');
    // A zip of stored files holds each of them as it is.
    assert.ok(readFileSync(saved.path).includes(readFileSync(largeFile)));
  });

  test('nothing of all this told the server a kit, a password, a name, a content or a fragment', async () => {
    assert.notDeepEqual(await findCanary('POST /api/v1/', [heardFile]), [], 'the search finds what is there');
    const secrets = { kit: account.kit.join(' '), phrase: account.phrase, content, fragment: link.slice(link.indexOf('#') + 1) };
    for (const [what, secret] of Object.entries(secrets))
      assert.deepEqual(await findCanary(secret, [heardFile, host.dataFolder, host.logFile]), [], `${what} was heard`);
  });
});
