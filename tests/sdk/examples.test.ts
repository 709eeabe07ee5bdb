// The examples of docs/sdk run as they stand there.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { writeRandom } from '../support/inputs.ts';
import { type Host, root, startHost } from '../support/server.ts';

type Found = { path: string; bytes: number }[];
type Example = (given: { server: string; folder: string; found: Found; left: unknown[] }) => Promise<void>;

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
  writeFileSync(file, `${imports.join('\n')}\nexport async function run({ server, folder, found, left }: any) {\n${body}\n}\n`);
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
