import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { Failure } from '@reprise/protocol/formats';
import type { Entry } from '@reprise/sdk';
import { TargetFolder } from './target-folder.ts';

const entryOf = (name: string, content: Entry['content']): Entry => ({
  name,
  fid: new Uint8Array(16),
  content,
  size: 0,
  mtimeNs: 0n,
  executable: false,
  digest: null,
  thumb: null,
  ext: new Map(),
});
const folderEntry = (name: string) =>
  entryOf(name, { kind: 'directory', ref: { id: new Uint8Array(32), key: new Uint8Array(32), length: 1 } });

function temporary(): { readonly base: string } & Disposable {
  const base = fs.mkdtempSync(path.join(os.tmpdir(), 'reprise-target-'));
  return { base, [Symbol.dispose]: () => fs.rmSync(base, { recursive: true, force: true }) };
}

/** Makes the folders and symbolic links of a link. @returns the paths that were refused */
function write(base: string, folders: readonly string[], symlinks: Readonly<Record<string, string>>): string[] {
  const folder = new TargetFolder(base, { force: false });
  const refused: string[] = [];
  for (const at of folders) folder.makeFolder(folder.place(at, folderEntry(path.basename(at))));
  for (const [at, target] of Object.entries(symlinks)) {
    try {
      folder.addSymlink(folder.place(at, entryOf(path.basename(at), { kind: 'symlink', target })), target);
    } catch (error) {
      if (!(error instanceof Failure && error.code === 'target-refused')) throw error;
      refused.push(at);
    }
  }
  folder.finish((at) => refused.push(at));
  return refused;
}

test('symbolic links that lead inside are made, others are refused', () => {
  using folder = temporary();
  const inside = { a: 'd/e', 'd/up': '..', 'd/e/f': '../../a', 'd/e/here': '.', 'd/odd': './/e' };
  const outside = { b: '..', c: '/etc', 'd/g': '../..', 'd/h': '..\\..\\x', i: 'C:x', j: 'C:\\x', k: '\\\\host\\share', l: 'd/../..' };
  assert.deepEqual(write(folder.base, ['d', 'd/e'], { ...inside, ...outside }).sort(), Object.keys(outside).sort());
});

test('symbolic links that climb through each other do not lead out', () => {
  using folder = temporary();
  const inner = path.join(folder.base, 'inner');
  fs.mkdirSync(inner);
  fs.writeFileSync(path.join(folder.base, 'secret'), 'outside');
  write(inner, ['d', 'd/d'], { 'd/d/top': '../..', leak: 'd/d/top/../secret', 'd/leak': './d/top/../secret' });
  for (const leak of ['leak', 'd/leak']) assert.throws(() => fs.readFileSync(path.join(inner, leak), 'utf8'), { code: 'ENOENT' }, leak);
});

test('files of a link that are called as incomplete ones are stay', () => {
  using folder = temporary();
  const target = new TargetFolder(folder.base, { force: false });
  const names = ['x', 'x.reprise-part', 'x.reprise-part.reprise-part'];
  const placed = names.map((name) => target.place(name, entryOf(name, { kind: 'file', extents: [] })));
  for (const at of [1, 2, 0]) target.writeFile(placed[at] as (typeof placed)[number], new TextEncoder().encode(names[at]));
  assert.deepEqual(fs.readdirSync(folder.base).sort(), names);
  for (const name of names) assert.equal(fs.readFileSync(path.join(folder.base, name), 'utf8'), name);
});

test('a folder that got another name is told once, not for all it holds', () => {
  using temporaryFolder = temporary();
  const folder = new TargetFolder(temporaryFolder.base, { force: false });
  folder.makeFolder(folder.place('album', folderEntry('album'), 'out'));
  const inside = folder.place('album/a.txt', entryOf('a.txt', { kind: 'file', extents: [] }));
  assert.equal(path.relative(temporaryFolder.base, inside.real), path.join('out', 'a.txt'));
  assert.deepEqual(folder.renamed, []);
});
