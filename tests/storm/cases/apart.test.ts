// The named cases of devices that were apart for long: restored, moved to another clock, without a journal;
// tests/storm/README.md says which there are.
import assert from 'node:assert/strict';
import { cpSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import type { Volume } from '../../../client/sync/src/testing/volume/volume.ts';
import { closeStage, inScene, type Scene } from '../scene.ts';

after(closeStage);
const two = ['ext4', 'ext4'] as const;

/** A backup of the journal, taken while nobody writes to it. @returns what brings it back */
function backUp(scene: Scene, device: number): () => void {
  const { folder } = (scene.devices[device] as Scene['devices'][number]).parts;
  const files = readdirSync(folder).filter((name) => name.startsWith('journal'));
  for (const name of files) cpSync(join(folder, name), join(folder, `kept-${name}`));
  return () => {
    for (const name of readdirSync(folder).filter((one) => one.startsWith('journal'))) rmSync(join(folder, name));
    for (const name of files) cpSync(join(folder, `kept-${name}`), join(folder, name));
  };
}

function touchAll(volume: Volume, byNs: bigint): void {
  for (const { path, inode } of volume.walk())
    if (inode.kind === 'file' && !path.startsWith('.reprise/')) volume.setTime(inode, inode.mtimeNs + byNs);
}

describe('devices that were apart', () => {
  test('A21 client-rolled-back', async () => {
    for (const what of ['journal and folder', 'folder', 'journal'] as const)
      await inScene(two, async (scene) => {
        scene.write(1, 'f', 'old');
        scene.write(1, 'gone', 'gone');
        await scene.sync();
        scene.off(1);
        const mark = scene.volume(1).readFile('.reprise/root.json');
        const restore = backUp(scene, 1);
        scene.on(1);
        scene.write(0, 'f', 'new');
        scene.volume(0).remove('gone');
        await scene.sync();
        scene.off(1);
        if (what !== 'folder') restore();
        if (what !== 'journal') {
          scene.write(1, 'f', 'old');
          scene.write(1, 'gone', 'gone');
          scene.volume(1).writeFile('.reprise/root.json', mark);
        }
        scene.on(1);
        await scene.sync();
        assert.equal(scene.read(0, 'f'), 'new', `${what}: what is old is no edit`);
        // Where only one of both came back nobody knows who was first: no base, no delete.
        const { f, gone, ...others } = scene.tree(1);
        assert.ok(f === 'new' && (gone === 'gone' || gone === undefined));
        for (const [path, text] of Object.entries(others)) {
          assert.match(path, /conflict/, what);
          assert.ok(['old', 'gone'].includes(text), 'and nothing is lost');
        }
      });
  });

  test('B03 conflict-storm-after-upgrade', () =>
    inScene(two, async (scene) => {
      scene.volume(0).makeFolder('d');
      for (let i = 0; i < 30; i++) scene.write(0, `d/f${i}`, `content ${i}`);
      await scene.sync();
      const before = scene.tree(0);
      const seq = scene.devices[0]?.journal?.fact('seq');
      for (const device of [0, 1]) scene.off(device);
      for (const device of [0, 1]) {
        scene.devices[device]?.forget();
        touchAll(scene.volume(device), 3_600_000_000_000n);
        scene.on(device);
      }
      await scene.sync();
      for (const device of [0, 1]) assert.deepEqual(scene.tree(device), before);
      assert.equal(scene.devices[0]?.journal?.fact('seq'), seq, 'nobody has anything to say');
    }));

  test('B04 single-writer-conflicts', () =>
    inScene(two, async (scene) => {
      for (let round = 0; round < 8; round++) {
        const byNs = [0n, -3_600_000_000_000n, 3_600_000_000_000n, 1n][round % 4] as bigint;
        scene.write(0, 'f', `round ${round}`);
        const inode = scene.volume(0).inode('f');
        scene.volume(0).setTime(inode, inode.mtimeNs + byNs);
        if (round % 2 === 0) touchAll(scene.volume(1), 1_000_000_000n);
        await scene.sync();
        scene.assertTrees({ f: `round ${round}` });
      }
    }));

  test('B06 clock-2001', () =>
    inScene(two, async (scene) => {
      scene.write(0, 'f', 'base');
      await scene.sync();
      for (const device of [0, 1]) scene.off(device);
      const there = scene.devices[1] as Scene['devices'][number];
      there.clockOffMs = Date.UTC(2001, 0) - scene.world.scheduler.nowMs;
      scene.write(0, 'f', 'first');
      scene.write(1, 'f', 'second');
      scene.on(0);
      await scene.sync();
      scene.on(1);
      await scene.sync();
      scene.assertTrees({ f: 'first', 'f (conflict)': 'second' });
      there.clockOffMs = 0;
    }));

  test('B14 merge-destroys-local-state', () =>
    inScene(two, async (scene) => {
      const names = Array.from({ length: 12 }, (_, i) => `f${String(i).padStart(2, '0')}`);
      for (const name of names) scene.write(0, name, 'base');
      await scene.sync();
      for (const device of [0, 1]) {
        scene.off(device);
        for (const [i, name] of names.entries()) {
          if (i % 4 === device) scene.write(device, name, `by ${device}`);
          if (i % 4 === 2 && device === 0) scene.volume(0).rename(name, `${name}-moved`);
          if (i % 4 === 3 && device === 1) scene.volume(1).remove(name);
        }
        scene.write(device, `new-${device}`, `new of ${device}`);
      }
      for (const device of [0, 1]) scene.on(device);
      await scene.sync();
      scene.assertTrees(
        Object.fromEntries(
          [
            ...names.flatMap((name, i) => {
              if (i % 4 < 2) return [[name, `by ${i % 4}`]];
              return i % 4 === 2 ? [[`${name}-moved`, 'base']] : [];
            }),
            ...[0, 1].map((device) => [`new-${device}`, `new of ${device}`]),
          ].toSorted(([a = ''], [b = '']) => (a < b ? -1 : 1)),
        ),
      );
    }));

  test('B15 contradicting-moves-after-resume', () =>
    inScene(two, async (scene) => {
      for (const folder of ['x', 'y', 'z']) scene.volume(0).makeFolder(folder);
      scene.write(0, 'z/f', 'f');
      await scene.sync();
      for (const device of [0, 1]) scene.off(device);
      scene.volume(0).rename('z', 'x/z');
      scene.volume(1).rename('z', 'y/z');
      scene.on(0);
      await scene.sync();
      scene.on(1);
      await scene.sync();
      scene.assertTrees({ 'x/': '', 'x/z/': '', 'x/z/f': 'f', 'y/': '' });
    }));
});
