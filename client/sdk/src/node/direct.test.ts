import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { equalBytes, pageBytes, pageMemory, systemRandom } from '@reprise/kit';
import { DirectFile } from './direct.ts';
import { openFile } from './files.ts';

function openScratch(t: TestContext): { readonly file: string; readonly fd: number } {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'reprise-direct-'));
  const file = path.join(folder, 'file');
  const fd = fs.openSync(file, 'w+');
  t.after(() => {
    fs.closeSync(fd);
    fs.rmSync(folder, { recursive: true });
  });
  return { file, fd };
}

function randomPages(bytes: number): Uint8Array {
  const pages = pageMemory(Math.ceil(bytes / pageBytes) * pageBytes).subarray(0, bytes);
  pages.set(systemRandom(bytes));
  return pages;
}

describe('a file past the page cache', () => {
  it('takes the whole pages and leaves the rest to the caller', async (t) => {
    const { file, fd } = openScratch(t);
    using direct = new DirectFile(fd, fs.constants.O_WRONLY);
    const bytes = randomPages(3 * pageBytes + 10);
    const written = await direct.write(bytes, 0);
    assert.ok(written === 3 * pageBytes || written === 0, `${written} bytes`);
    fs.writeSync(fd, bytes, written, bytes.length - written, written);
    assert.ok(equalBytes(fs.readFileSync(file), bytes));
  });

  it('leaves all to the caller that does not lie in pages', async (t) => {
    const { fd } = openScratch(t);
    using direct = new DirectFile(fd, fs.constants.O_WRONLY);
    assert.equal(await direct.write(systemRandom(pageBytes), 0), 0);
    assert.equal(await direct.write(randomPages(pageBytes), 512), 0);
    assert.equal(fs.fstatSync(fd).size, 0);
  });

  it('means the file that was opened, not what its name leads to since', async (t) => {
    const { file, fd } = openScratch(t);
    fs.renameSync(file, `${file}-moved`);
    fs.writeFileSync(file, 'of somebody else');
    using direct = new DirectFile(fd, fs.constants.O_WRONLY);
    await direct.write(randomPages(pageBytes), 0);
    assert.equal(fs.readFileSync(file, 'utf8'), 'of somebody else');
  });

  it('is read to its last byte, and beyond it nothing', async (t) => {
    const { file, fd } = openScratch(t);
    const held = systemRandom(64_000);
    const start = 80 * 2 ** 20;
    fs.writeSync(fd, held, 0, held.length, start);
    const source = openFile(file, 'file');
    t.after(() => source.close());
    const into = pageMemory(262_144);
    assert.equal(await source.read(start, into), held.length);
    assert.ok(equalBytes(into.subarray(0, held.length), held));
    assert.equal(await source.read(start + held.length, into), 0);
  });
});
