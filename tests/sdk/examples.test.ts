// The examples of docs/sdk run as they stand there.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { systemRandom } from '@reprise/kit';
import { connect } from '@reprise/sdk';
import { AccountChanges, memoryDeviceStore, signUp } from '@reprise/sdk/account';
import { memoryHeadStore } from '@reprise/sdk/drive';
import { nodeTransport } from '@reprise/sdk/node';
import { drawPhrase, opaqueClient } from '@reprise/vault/account';
import { nodeEngine } from '@reprise/vault/node';
import { writeRandom } from '../support/inputs.ts';
import { type Host, root, startHost } from '../support/server.ts';

type Found = { path: string; bytes: number }[];
type Given = {
  readonly server: string;
  readonly folder: string;
  readonly found: Found;
  readonly left: unknown[];
  readonly credential?: string;
};
type Example = (given: Given) => Promise<void>;

let host: Host;
let scratch: string;
before(async () => {
  host = await startHost();
  scratch = mkdtempSync(join(tmpdir(), 'reprise-examples-'));
  writeRandom(join(scratch, 'trip', 'a.bin'), 10_000);
  writeRandom(join(scratch, 'trip', 'deep', 'b.bin'), 5_000_000);
});
after(async () => {
  rmSync(scratch, { recursive: true, force: true });
  await host?.[Symbol.asyncDispose]();
});

async function loadExample(name: string, page = 'README.md'): Promise<Example> {
  const text = readFileSync(join(root, 'docs/sdk', page), 'utf8');
  const code = new RegExp(`\`\`\`ts example=${name}\\n([\\s\\S]*?)\`\`\``).exec(text)?.[1];
  assert.ok(code, `there is an example ${name}`);
  const imports = code.match(/^import .*$/gm) ?? [];
  const body = code.replace(/^import .*$/gm, '');
  const file = join(root, 'tests/sdk', `.example-${process.pid}-${name}.ts`);
  writeFileSync(file, `${imports.join('\n')}\nexport async function run({ server, folder, found, left, credential }: any) {\n${body}\n}\n`);
  try {
    return ((await import(pathToFileURL(file).href)) as { run: Example }).run;
  } finally {
    rmSync(file);
  }
}

test('a folder is sent and read back', async () => {
  const [found, left]: [Found, unknown[]] = [[], []];
  await (await loadExample('send'))({ server: host.url, folder: join(scratch, 'trip'), found, left });
  assert.deepEqual(found, [
    { path: 'trip/a.bin', bytes: 10_000 },
    { path: 'trip/deep/b.bin', bytes: 5_000_000 },
  ]);
  assert.deepEqual(left, []);
});

test('an upload gets a second link, and everything ends', async () => {
  const found: Found = [];
  await (await loadExample('manage'))({ server: host.url, folder: join(scratch, 'trip'), found, left: [] });
  assert.deepEqual(found, [{ path: 'Draft', bytes: 2 }]);
});

test('an account is opened, and its drive filled, changed and shared', async () => {
  const [found, left]: [Found, unknown[]] = [[], []];
  await (await loadExample('drive', 'drive.md'))({ server: host.url, folder: scratch, found, left });
  assert.deepEqual(found, [
    { path: '/photos/summer/a.bin', bytes: 10_000 },
    { path: '/photos/summer/deep/b.bin', bytes: 5_000_000 },
    { path: 'summer', bytes: 1 },
  ]);
  assert.deepEqual(left, []);
});

test('a program with a credential puts, lists, gets, links, watches and meets an error', async () => {
  using transport = nodeTransport();
  const connection = connect({ server: host.url, transport });
  const ports = { connection, engine: nodeEngine, store: memoryDeviceStore(), heads: memoryHeadStore(), opaque: opaqueClient };
  const account = await signUp(ports, { name: null, password: drawPhrase(systemRandom) });
  const { text: credential } = await new AccountChanges(ports, account).addAppCredential('write');
  const [found, left]: [Found, unknown[]] = [[], []];
  await (await loadExample('start', 'start.md'))({ server: host.url, folder: scratch, found, left, credential });
  assert.deepEqual(found, [
    { path: '/reports/trip/a.bin', bytes: 10_000 },
    { path: '/reports/trip/deep', bytes: 5_000_000 },
    { path: 'a.bin', bytes: 10_000 },
    { path: 'trip', bytes: 1 },
    { path: '/from elsewhere', bytes: 0 },
    { path: '/nowhere', bytes: 0 },
  ]);
  assert.deepEqual(left, []);
});
