// How work on a root begins after stops at bad moments, and what becomes of bytes that wait in its own folder.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { decodeUtf8, encodeUtf8 } from '@reprise/kit';
import { safetyKeptMs, secondLookMs } from './limits.ts';
import { Journal } from './node/journal/journal.ts';
import { DiskRefusal } from './ports.ts';
import { purgeSafety } from './safety.ts';
import { startRoot } from './start.ts';
import { profiles } from './testing/volume/profile.ts';
import { Volume } from './testing/volume/volume.ts';
import { type DiskCall, VolumeDisk } from './testing/volume/volume-disk.ts';
import { type NodeId, rootId } from './tree.ts';

const fid = 'f'.repeat(32) as NodeId;

/** @returns a root that was begun once */
async function begun(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'reprise-start-'));
  const journal = Journal.open(join(folder, 'journal'), { root: 'r', space: 's', folder: rootId });
  t.after(() => {
    journal[Symbol.dispose]();
    rmSync(folder, { recursive: true });
  });
  const at = { nowMs: 1_800_000_000_000 };
  const volume = new Volume({ profile: profiles.ext4, now: () => BigInt(at.nowMs) * 1_000_000n });
  const gate: { refuse: (call: DiskCall) => void } = { refuse: () => {} };
  const disk = new VolumeDisk(volume, (call) => gate.refuse(call));
  const hash = () => {
    const hashing = createHash('sha256');
    return { update: (bytes: Uint8Array) => void hashing.update(bytes), digest: () => hashing.digest('hex') };
  };
  const label = () => ({ moment: '2027-01-15 08.00', device: 'here' });
  const tools = { disk, journal, hash, label, nowMs: () => at.nowMs };
  const start = (boot = 'b1'): Promise<boolean> => startRoot({ ...tools, boot });
  const purge = (isThere = true) => purgeSafety({ ...tools, isRoot: async () => isThere });
  const texts = (): Record<string, string> =>
    Object.fromEntries(
      [...volume.walk()].flatMap(({ path, inode }) =>
        inode.kind === 'file' && !path.startsWith('.reprise') ? [[path, decodeUtf8(volume.readFile(path))]] : [],
      ),
    );
  assert.equal(await start(), true);
  return { journal, volume, disk, at, gate, start, purge, texts };
}

describe('the beginning of work on a root', () => {
  test('forgets no base however often it fails while the mark is written', async (t) => {
    const { journal, gate, start } = await begun(t);
    journal.putSynced({ id: fid, parent: rootId, name: 'f', kind: 'file', content: 'c', isExecutable: false });
    for (let time = 0; time < 3; time++) {
      gate.refuse = ({ verb, path }) => {
        if (verb === 'replace') throw new DiskRefusal('full', path);
      };
      await assert.rejects(start(), DiskRefusal);
    }
    gate.refuse = () => {};
    assert.equal(await start(), true);
    assert.ok(journal.synced.get(fid));
  });

  test('brings back what waits under temporary names, and what a lost journal knew of', async (t) => {
    const { journal, volume, start, texts } = await begun(t);
    volume.writeFile(`.reprise/tmp/aside-${fid}`, encodeUtf8('in a swap'));
    volume.writeFile('.reprise/tmp/a-draft', encodeUtf8('half'));
    volume.writeFile(`.reprise/safety/1-0-${fid}`, encodeUtf8('known to nobody'));
    volume.writeFile(`.reprise/safety/2-0-${fid}`, encodeUtf8('known'));
    journal.keep({ path: `.reprise/safety/2-0-${fid}`, was: 'f', stamp: null, atMs: 0, folders: [] });
    await start();
    assert.deepEqual(Object.values(texts()).toSorted(), ['in a swap', 'known to nobody']);
    assert.deepEqual(
      [...volume.walk('.reprise')]
        .filter(({ inode }) => inode.kind === 'file')
        .map(({ path }) => path)
        .toSorted(),
      ['.reprise/root.json', `.reprise/safety/2-0-${fid}`],
    );
  });
});

describe('what a stop left and no journal knows of', () => {
  test('comes back beside what has its name by now, also where that is as long as names may be', async (t) => {
    const { journal, volume, start, texts } = await begun(t);
    const [name, path] = [`${'é'.repeat(125)}x.txt`, `.reprise/tmp/aside-${fid}`];
    volume.writeFile(name, encodeUtf8('has the name'));
    volume.writeFile(path, encodeUtf8('in a swap'));
    journal.setAside(fid, rootId, name);
    await start();
    assert.deepEqual(texts(), { [name]: 'has the name', [`${'é'.repeat(124)} 2.txt`]: 'in a swap' });
    assert.deepEqual(journal.asides(), []);
  });

  test('does not hold up the root when the disk refuses it', async (t) => {
    const { volume, gate, start, texts } = await begun(t);
    volume.writeFile(`.reprise/tmp/aside-${fid}`, encodeUtf8('in a swap'));
    volume.writeFile('.reprise/tmp/a-draft', encodeUtf8('half'));
    gate.refuse = ({ verb, path }) => {
      const isStray = (verb === 'move' && !path.startsWith('.reprise')) || path === '.reprise/tmp/a-draft';
      if (isStray) throw new DiskRefusal('locked', path);
    };
    assert.equal(await start(), true);
    gate.refuse = () => {};
    assert.equal(await start(), true);
    assert.deepEqual(Object.values(texts()), ['in a swap']);
    assert.equal(volume.look('.reprise/tmp/a-draft'), null);
  });

  test('comes back from the safety folder if it is a link as well', async (t) => {
    const { volume, start } = await begun(t);
    volume.makeLink(`.reprise/safety/1-0-${fid}`, 'somewhere');
    await start();
    assert.deepEqual(
      [...volume.walk()].flatMap(({ path, inode }) => (path.startsWith('.reprise') ? [] : [inode.target])),
      ['somewhere'],
    );
  });
});

describe('what waits in the safety folder', () => {
  const path = `.reprise/safety/1-0-${fid}`;

  test('goes once the drive has it, and comes back where it has not', async (t) => {
    const { journal, volume, at, purge, texts } = await begun(t);
    const stamp = volume.stampOf(volume.writeFile(path, encodeUtf8('in the drive')));
    volume.writeFile(`${path}0`, encodeUtf8('nowhere else'));
    volume.writeFile(`${path}1`, encodeUtf8(''));
    journal.keep({ path, was: 'f', stamp: `${stamp.sizeBytes} ${stamp.mtimeNs}`, atMs: at.nowMs, folders: [] });
    for (const number of [0, 1]) journal.keep({ path: `${path}${number}`, was: 'gone/g.txt', stamp: null, atMs: at.nowMs, folders: [] });
    at.nowMs += secondLookMs;
    await purge();
    assert.deepEqual(journal.kept().length, 2);
    at.nowMs += safetyKeptMs;
    await purge();
    assert.deepEqual(texts(), { 'g (conflict 2027-01-15 08.00 here).txt': 'nowhere else' });
    assert.deepEqual(journal.kept(), []);
  });

  test('is remembered while it cannot be looked at, or its folder is not there', async (t) => {
    const { journal, volume, at, gate, purge } = await begun(t);
    for (const number of [0, 1]) journal.keep({ path: `${path}${number}`, was: 'f', stamp: '1 1', atMs: at.nowMs, folders: [] });
    volume.writeFile(`${path}0`, encodeUtf8('x'));
    at.nowMs += secondLookMs;
    await purge(false);
    assert.equal(journal.kept().length, 2, 'nothing is gone from a folder without its mark');
    gate.refuse = (call) => {
      if (call.path === `${path}0`) throw new DiskRefusal('broken', call.path);
    };
    await purge();
    assert.deepEqual(
      journal.kept().map((kept) => kept.path),
      [`${path}0`],
      'one that is refused holds up no other',
    );
  });
});
