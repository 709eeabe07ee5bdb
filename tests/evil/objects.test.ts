// A hostile server changes the sealed objects it hands out. Whatever it does, a saved file is the author's, byte for byte, or it is not
// there at all, and the program says with exit code 6 that it refused. spec/cae-1.md, spec/link.md.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { connect, openLink } from '@reprise/sdk';
import { nodeTransport } from '@reprise/sdk/node';
import { nodeEngine } from '@reprise/vault/node';
import { type Cli, openCli } from '../support/cli.ts';
import { digestOf, writeRandom } from '../support/inputs.ts';
import { type Host, startHost } from '../support/server.ts';
import { type Mutator, startMutator } from './mutator.ts';

let host: Host;
let evil: Mutator;
let cli: Cli;
let large: string;
let folder: string;
let digest: string;
let outs = 0;

before(async () => {
  host = await startHost();
  evil = await startMutator(host.url);
  cli = openCli(evil.url);
  const file = writeRandom(join(cli.folder, 'large.bin'), 13_000_000);
  digest = await digestOf(file);
  for (const name of ['a', 'b', 'c']) writeRandom(join(cli.folder, 'folder', name), 5000);
  large = evilLink((await cli.json(['put', file])).link);
  folder = evilLink((await cli.json(['put', join(cli.folder, 'folder')])).link);
});
after(async () => {
  cli?.[Symbol.dispose]();
  await evil?.[Symbol.asyncDispose]();
  await host?.[Symbol.asyncDispose]();
});

function evilLink(link: string): string {
  return link.replace(host.url, evil.url);
}

const isObject = (path: string) => path.startsWith('/api/v1/objects/');

async function assertRefused(link: string, mutation: Parameters<Mutator['mutate']>[0]): Promise<void> {
  const out = join(cli.folder, `out${outs++}`);
  evil.mutate(mutation);
  const ran = await cli.run(['get', link, '-o', out]).finally(() => undefined);
  assert.ok(evil.changed() > 0, 'the hostile server had its say');
  evil.mutate(null);
  assert.ok(ran.code === 6 || ran.code === 3 || ran.code === 7, `exit code ${ran.code}: ${ran.stderr}`);
  if (link === large) assert.equal(existsSync(out), false, 'no file stands under the final name');
}

const changes: readonly (readonly [string, (body: Buffer, other: Buffer | undefined) => Buffer])[] = [
  ['a flipped bit in the header', (body) => flip(body, 2)],
  ['a flipped bit in the commitment', (body) => flip(body, 20)],
  ['a flipped bit in the first segment', (body) => flip(body, 100)],
  ['a flipped bit in the last tag', (body) => flip(body, body.length - 1)],
  ['a byte cut off', (body) => body.subarray(0, -1)],
  ['a whole segment cut off', (body) => body.subarray(0, Math.max(1, body.length - 262_160))],
  ['a byte added', (body) => Buffer.concat([body, Buffer.from([0])])],
  ['nothing at all', () => Buffer.alloc(0)],
  ['two segments exchanged', (body) => exchange(body, 36, 36 + 262_160, 262_160)],
  ['another object of the same file', (body, other) => other ?? flip(body, 50)],
];

for (const [name, change] of changes) {
  test(`an object with ${name} is refused, and no file is left`, async () => {
    let before: Buffer | undefined;
    await assertRefused(large, ({ path, body, status }) => {
      if (!isObject(path) || status !== 200 || body.length < 1_000_000) return body;
      const changed = change(body, before);
      before = body;
      return changed;
    });
  });
}

test('an answer of many small objects with its frames exchanged or changed gives no wrong file', async () => {
  for (const at of [40, 36, 100, 4000]) {
    const out = join(cli.folder, `many${at}`);
    evil.mutate(({ path, method, body }) => (method === 'POST' && path === '/api/v1/objects' ? flip(body, at % body.length) : body));
    const ran = await cli.run(['get', folder, '-o', out]);
    assert.ok(evil.changed() > 0);
    evil.mutate(null);
    // What came damaged together is asked for again, one by one; what is saved then is right.
    const names = existsSync(out) ? readdirSync(out) : [];
    if (ran.code === 0) assert.deepEqual(names.sort(), ['a', 'b', 'c']);
    for (const name of names) assert.equal(await digestOf(join(out, name)), await digestOf(join(cli.folder, 'folder', name)));
  }
});

test('a record that was changed opens nothing', async () => {
  for (const at of [0, 10, 50, 300, 1000]) {
    evil.mutate(({ path, body, status }) => {
      if (!path.endsWith('/open') || status !== 200) return body;
      const answer = JSON.parse(body.toString());
      const record = Buffer.from(answer.record, 'base64url');
      return Buffer.from(JSON.stringify({ ...answer, record: flip(record, at % record.length).toString('base64url') }));
    });
    assert.equal((await cli.run(['ls', large])).code, 6);
    assert.ok(evil.changed() > 0);
  }
  evil.mutate(null);
});

test('a record of another version or another link opens nothing', async () => {
  evil.mutate(({ path, body, status }) => {
    if (!path.endsWith('/open') || status !== 200) return body;
    const answer = JSON.parse(body.toString());
    return Buffer.from(JSON.stringify({ ...answer, version: answer.version + 1 }));
  });
  assert.equal((await cli.run(['ls', large])).code, 6);
  let record: string | undefined;
  evil.mutate(({ path, body, status }) => {
    if (!path.endsWith('/open') || status !== 200) return body;
    const answer = JSON.parse(body.toString());
    record ??= answer.record;
    return Buffer.from(JSON.stringify({ ...answer, record }));
  });
  assert.equal((await cli.run(['ls', folder])).code, 0);
  assert.equal((await cli.run(['ls', large])).code, 6);
  evil.mutate(null);
});

test('answers that are no answers end with a clear failure', async () => {
  const answers = ['', '{}', '[]', 'null', '<html>', '{"record":1}', '{"error":{"code":"reject"}}', '\u0000'.repeat(100_000)];
  for (const text of answers) {
    evil.mutate(({ path, body }) => (path.endsWith('/open') ? Buffer.from(text) : body));
    const ran = await cli.run(['ls', large]);
    assert.ok(ran.code === 6 || ran.code === 7, `${text.slice(0, 20)}: ${ran.code} ${ran.stderr}`);
    assert.doesNotMatch(ran.stderr, /at .*\.ts:\d+/, 'no stack is shown');
  }
  evil.mutate(null);
});

test('a preview of segments refuses any segment but the one asked for', async () => {
  using transport = nodeTransport();
  const connection = connect({ server: evil.url, transport });
  const opened = await openLink({ connection, link: large, engine: nodeEngine });
  const entries = [];
  for await (const entry of opened.list(null)) entries.push(entry);
  const [file] = entries;
  assert.ok(file);
  const right = await opened.readRange(file, 300_000, 1000);
  assert.equal(right.length, 1000);
  const forgeries: ((body: Buffer) => Buffer)[] = [
    (body) => flip(body, 5),
    (body) => body.subarray(1),
    (body) => Buffer.concat([body, Buffer.from([1])]),
    (body) => Buffer.concat([body.subarray(100), body.subarray(0, 100)]),
  ];
  for (const forge of forgeries) {
    evil.mutate(({ path, body }) => (isObject(path) ? forge(body) : body));
    await assert.rejects(
      opened.readRange(file, 300_000, 1000),
      (error: { code?: string }) => error.code === 'reject' || error.code === 'bad-answer',
    );
    assert.ok(evil.changed() > 0);
  }
  // The segment of another place, whole and authentic, is not the one asked for.
  let kept: Buffer | undefined;
  evil.mutate(({ path, body }) => {
    if (!isObject(path)) return body;
    const given = kept ?? body;
    kept ??= body;
    return given;
  });
  await opened.readRange(file, 0, 1000);
  await assert.rejects(opened.readRange(file, 300_000, 1000), { code: 'reject' });
  evil.mutate(null);
});

test('once the server is honest again, the same link gives the author’s bytes', async () => {
  const out = join(cli.folder, 'honest.bin');
  assert.equal((await cli.run(['get', large, '-o', out])).code, 0);
  assert.equal(await digestOf(out), digest);
});

test('a link that a stranger made cannot write outside the folder it is saved to', async () => {
  const { symlinkSync } = await import('node:fs');
  const trap = join(cli.folder, 'trap');
  mkdirSync(trap);
  symlinkSync('/etc', join(trap, 'absolute'));
  symlinkSync('../../..', join(trap, 'above'));
  symlinkSync('inside.txt', join(trap, 'fine'));
  writeFileSync(join(trap, 'inside.txt'), 'x');
  const sent = await cli.run(['put', trap, '--quiet']);
  const out = join(cli.folder, 'trapped');
  const ran = await cli.run(['get', sent.lastLine, '-o', out]);
  assert.equal(ran.code, 3, ran.stderr);
  assert.deepEqual(readdirSync(out).sort(), ['fine', 'inside.txt']);
});

function flip(body: Buffer, at: number): Buffer {
  const changed = Buffer.from(body);
  changed[at] = (changed[at] ?? 0) ^ 1;
  return changed;
}

function exchange(body: Buffer, a: number, b: number, length: number): Buffer {
  const changed = Buffer.from(body);
  body.copy(changed, a, b, b + length);
  body.copy(changed, b, a, a + length);
  return changed;
}
