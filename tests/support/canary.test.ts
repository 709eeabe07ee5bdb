import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { findCanary, makeCanary } from './canary.ts';

const secret = makeCanary('planted');
const padded = (text: string) => Buffer.concat([Buffer.alloc(5000, 'x'), Buffer.from(text), Buffer.alloc(5000, 'y')]);

const plants: Readonly<Record<string, Buffer>> = {
  'as it is': padded(secret),
  'in hexadecimal digits': padded(Buffer.from(secret).toString('hex')),
  'in capital hexadecimal digits': padded(Buffer.from(secret).toString('hex').toUpperCase()),
  'in UTF-16': Buffer.from(`before ${secret} after`, 'utf16le'),
  'in base64 of itself': padded(Buffer.from(secret).toString('base64')),
  'in base64 after one byte': padded(Buffer.from(`a${secret}tail`).toString('base64')),
  'in base64url after two bytes': padded(Buffer.from(`ab${secret}tail`).toString('base64url')),
  'across the border of two reads': Buffer.concat([Buffer.alloc((4 << 20) - 7), Buffer.from(secret), Buffer.alloc(100)]),
};

for (const [form, bytes] of Object.entries(plants)) {
  test(`a planted secret is found ${form}`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'canary-'));
    mkdirSync(join(folder, 'below'));
    writeFileSync(join(folder, 'below', 'file.db'), bytes);
    assert.notEqual((await findCanary(secret, [folder])).length, 0);
    rmSync(folder, { recursive: true });
  });
}

test('nothing is found where nothing was planted', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'canary-'));
  writeFileSync(join(folder, 'file.db'), padded(makeCanary('another')));
  assert.deepEqual(await findCanary(secret, [folder]), []);
  rmSync(folder, { recursive: true });
});

test('a secret is found in a file that is renamed while the search is on its way to it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'canary-'));
  writeFileSync(join(folder, 'a'), Buffer.alloc(1000));
  writeFileSync(join(folder, 'z'), secret);
  const searching = findCanary(secret, [folder]);
  renameSync(join(folder, 'z'), join(folder, '0'));
  assert.deepEqual(
    (await searching).map(({ file, form }) => [file, form]),
    [[join(folder, '0'), 'raw']],
  );
  rmSync(folder, { recursive: true });
});

test('a place that is not there is no place without the secret', async () => {
  await assert.rejects(findCanary(secret, [join(tmpdir(), 'canary-nowhere')]), { code: 'ENOENT' });
});
