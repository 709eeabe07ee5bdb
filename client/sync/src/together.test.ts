// Many small things at once, by the threads of a real disk and by the verbs of one in memory alone: the same answers.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { encodeUtf8 } from '@reprise/kit';
import { threadedDisk } from './node/disk-threads.ts';
import { nodeDisk } from './node/disk.ts';
import { sha256 } from './node/sha256.ts';
import { type Disk, DiskRefusal, type DiskStamp } from './ports.ts';
import { inodeOf } from './stamps.ts';
import { oneByOne, type Together, type WholeFile } from './together.ts';

/** More than what is done without threads. */
const many = 300;
const mtimeNs = 1_700_000_000_000_000_000n;

type Opened = { readonly root: string; readonly disk: Disk; readonly together: Together } & Disposable;

function open(makeTogether: (root: string) => Pick<Opened, 'disk' | 'together'>): Opened {
  const root = mkdtempSync(join(tmpdir(), 'reprise-together-'));
  return { root, ...makeTogether(root), [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }) };
}

const kinds: Readonly<Record<string, (root: string) => Pick<Opened, 'disk' | 'together'>>> = {
  'by threads': (root) => {
    const disk = threadedDisk(root);
    return { disk, together: disk.together as Together };
  },
  'one by one': (root) => {
    const disk = nodeDisk(root);
    return { disk, together: oneByOne(disk, sha256) };
  },
};

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');
const names = Array.from({ length: many }, (_, i) => `f${i}`);
const wholeFile = (name: string, path = `drafts/${name}`): WholeFile => ({
  path,
  bytes: encodeUtf8(`I am ${name}`),
  mtimeNs,
  isExecutable: name.endsWith('7'),
});

for (const [kind, make] of Object.entries(kinds))
  describe(`many small things, ${kind}`, () => {
    test('files are written whole, with their times and marks, over what an earlier program left', async () => {
      using opened = open(make);
      mkdirSync(join(opened.root, 'drafts'));
      writeFileSync(join(opened.root, 'drafts/f5'), 'what was left here, and is longer');
      const files = names.map((name) => wholeFile(name));
      const answers = await opened.together.write([...files.slice(0, 100), wholeFile('lost', 'nowhere/lost'), ...files.slice(100)]);
      const refused = answers[100];
      assert.ok(refused instanceof DiskRefusal && refused.reason === 'absent' && refused.path === 'nowhere/lost');
      const written = answers.filter((answer) => !(answer instanceof DiskRefusal));
      for (const [i, name] of names.entries()) {
        const stamp = await opened.disk.look(`drafts/${name}`);
        assert.deepEqual(written[i], { digest: digest(`I am ${name}`), inode: stamp && inodeOf(stamp) });
      }
      assert.equal(readdirSync(join(opened.root, 'drafts')).length, many);
      for (const name of names) {
        const at = join(opened.root, 'drafts', name);
        assert.equal(readFileSync(at, 'utf8'), `I am ${name}`);
        const stats = statSync(at, { bigint: true });
        assert.equal(stats.mtimeNs, mtimeNs);
        assert.equal((stats.mode & 0o100n) !== 0n, name.endsWith('7'));
      }
    });

    test('moves spare what is there, say so, and do the others', async () => {
      using opened = open(make);
      for (const folder of ['drafts', 'a', 'elsewhere']) mkdirSync(join(opened.root, folder));
      await opened.together.write(names.map((name) => wholeFile(name)));
      writeFileSync(join(opened.root, 'a/f9'), 'mine');
      symlinkSync('elsewhere', join(opened.root, 'link'));
      const moves = names.map((name) => ({ from: `drafts/${name}`, to: name === 'f11' ? `link/${name}` : `a/${name}` }));
      const answers = await opened.together.move(moves);
      for (const [i, { to }] of moves.entries()) {
        const answer = answers[i] as DiskStamp | DiskRefusal;
        if (to === 'a/f9') assert.equal((answer as DiskRefusal).reason, 'taken');
        else if (to === 'link/f11') assert.equal((answer as DiskRefusal).reason, 'not-a-folder');
        else assert.deepEqual(answer, await opened.disk.look(to));
      }
      assert.equal(readFileSync(join(opened.root, 'a/f9'), 'utf8'), 'mine');
      assert.deepEqual(readdirSync(join(opened.root, 'elsewhere')), []);
      assert.deepEqual(readdirSync(join(opened.root, 'drafts')).toSorted(), ['f11', 'f9']);
    });

    test('files are read as they were seen, and whoever was written to meanwhile is told', async () => {
      using opened = open(make);
      mkdirSync(join(opened.root, 'a'));
      for (const name of names) writeFileSync(join(opened.root, 'a', name), `I am ${name}`);
      const seen = await Promise.all(
        names.map(async (name) => ({ path: `a/${name}`, seen: (await opened.disk.look(`a/${name}`)) as DiskStamp })),
      );
      utimesSync(join(opened.root, 'a/f3'), 1, 1);
      rmSync(join(opened.root, 'a/f4'));
      const reads = await opened.together.read(seen);
      for (const [i, name] of names.entries()) {
        const read = reads[i];
        if (name === 'f3' || name === 'f4') assert.deepEqual(read, { kind: 'changing' });
        else assert.deepEqual(read, { kind: 'content', content: `${digest(`I am ${name}`)}.${5 + name.length}`, stamp: seen[i]?.seen });
      }
    });
  });
