import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { nodePool } from './pool.ts';
import { readWholeFiles } from './whole-files.ts';

function folderOf(t: TestContext): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'whole-files-'));
  t.after(() => fs.rmSync(folder, { recursive: true }));
  return folder;
}

function wanted(onDisk: string, content: string, paddedLength: number) {
  fs.writeFileSync(onDisk, content);
  const { size, mtimeNs } = fs.statSync(onDisk, { bigint: true });
  return { onDisk, size: Number(size), mtimeNs, paddedLength };
}

test('files lie one after the other, each padded with zeros', async (t) => {
  const folder = folderOf(t);
  await using pool = nodePool(1);
  const files = [
    wanted(path.join(folder, 'a'), 'abc', 8),
    wanted(path.join(folder, 'none'), '', 4),
    wanted(path.join(folder, 'b'), 'defg', 4),
  ];
  const input = new Uint8Array(16).fill(255).buffer;
  const answer = await pool.run({ kind: 'read', files, input });
  assert.deepEqual(answer.failed, []);
  assert.equal(Buffer.from(answer.input).toString('latin1'), 'abc\0\0\0\0\0\0\0\0\0defg');
});

test('a file that a link leads to is not read in the place of the one that was seen, however alike they look', (t) => {
  const folder = folderOf(t);
  const [inside, outside] = [path.join(folder, 'inside'), path.join(folder, 'outside')];
  for (const at of [inside, outside]) fs.mkdirSync(at);
  const files = ['a', 'b', 'c'].map((name) => {
    const file = wanted(path.join(inside, name), 'mine', 4);
    fs.writeFileSync(path.join(outside, name), 'his ');
    fs.utimesSync(path.join(outside, name), 1, 1);
    fs.utimesSync(path.join(inside, name), 1, 1);
    const { dev, ino, mtimeNs } = fs.statSync(path.join(inside, name), { bigint: true });
    return { ...file, mtimeNs, inode: `${dev}:${ino}` };
  });
  const read = () => {
    const { failed, input } = readWholeFiles({ kind: 'read', files, input: new ArrayBuffer(12) });
    return { failed: failed.map(({ index, code }) => [index, code]), text: Buffer.from(input).toString() };
  };
  assert.deepEqual(read(), { failed: [], text: 'mineminemine' });
  fs.rmSync(path.join(inside, 'b'));
  fs.symlinkSync(path.join(outside, 'b'), path.join(inside, 'b'));
  assert.deepEqual(read(), { failed: [[1, 'source-changed']], text: 'minemine\0\0\0\0' });
  fs.renameSync(inside, `${inside} before`);
  fs.symlinkSync(outside, inside);
  assert.deepEqual(read(), { failed: [0, 1, 2].map((index) => [index, 'source-changed']), text: '\0'.repeat(12) });
});

test('a file that changed, grew, shrank or went is left out and told, and leaves no gap', (t) => {
  const folder = folderOf(t);
  const at = (name: string) => path.join(folder, name);
  const files = ['touched', 'grown', 'shrunk', 'gone', 'replaced', 'kept'].map((name) => wanted(at(name), '0123', 4));
  fs.utimesSync(at('touched'), 1, 1);
  fs.appendFileSync(at('grown'), '4');
  fs.truncateSync(at('shrunk'), 2);
  fs.rmSync(at('gone'));
  fs.rmSync(at('replaced'));
  fs.mkdirSync(at('replaced'));
  const { failed, input } = readWholeFiles({ kind: 'read', files, input: new ArrayBuffer(24) });
  assert.deepEqual(
    failed.map(({ index, code, reason }) => [index, code, reason]),
    [
      [0, 'source-changed', 'not what it was'],
      [1, 'source-changed', 'not what it was'],
      [2, 'source-changed', 'not what it was'],
      [3, 'source-vanished', 'ENOENT'],
      [4, 'source-vanished', 'EISDIR'],
    ],
  );
  assert.equal(Buffer.from(input, 0, 4).toString(), '0123');
});
