// What a power cut takes, brings back and mixes, and what people do before and after it.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { encodeUtf8 } from '@reprise/kit';
import { DiskRefusal } from '../../../client/sync/src/ports.ts';
import type { Chance } from '../../../client/sync/src/testing/dice.ts';
import { closeStage, inScene, type Scene } from '../scene.ts';

after(closeStage);
const two = ['ext4', 'ext4'] as const;

/** No name that was not synced is left, and bytes are: an outcome of `FileContent.loseUnsynced`, 0 being that all are there. */
function cutOf(bytes: number): Chance {
  let turns = 0;
  return { below: () => 0, one: (items) => items[items.length === 5 ? bytes : turns++ % items.length] as never };
}
const namesOnly = cutOf(0);
const allButLengths = (): Chance => ({ below: (bound) => bound - 1, one: (items) => items[2] as never });

/** Whatever is there is on the disk. */
async function settled(scene: Scene): Promise<void> {
  await scene.sync();
  scene.volume(0).syncAll();
}

describe('a power cut', () => {
  test('that takes a folder back removes nothing in the drive', () =>
    inScene(two, async (scene) => {
      scene.write(0, 'f', 'a file');
      await settled(scene);
      scene.volume(0).remove('f');
      scene.volume(0).makeFolder('f');
      scene.write(0, 'f/inside', 'inside');
      await scene.sync();
      assert.deepEqual(scene.tree(1), { 'f/': '', 'f/inside': 'inside' });
      scene.apart(0, (volume) => volume.cutPower(namesOnly));
      assert.deepEqual(scene.tree(0), { f: 'a file' });
      await scene.sync();
      scene.assertTrees({ 'f (conflict)': 'a file', 'f/': '', 'f/inside': 'inside' });
    }));

  test('that takes a file back for which a folder was there removes nothing in the drive', () =>
    inScene(two, async (scene) => {
      scene.volume(0).makeFolder('f');
      await settled(scene);
      scene.volume(0).remove('f');
      scene.write(0, 'f', 'a file');
      await scene.sync();
      scene.apart(0, (volume) => volume.cutPower(namesOnly));
      await scene.sync();
      scene.assertTrees({ 'f (conflict)': 'a file', 'f/': '' });
    }));

  test('that takes empty folders back removes none of them in the drive', () =>
    inScene(two, async (scene) => {
      scene.write(0, 'f', 'a file');
      await settled(scene);
      scene.volume(0).makeFolder('a');
      scene.volume(0).makeFolder('a/b');
      scene.volume(0).makeFolder('c');
      await scene.sync();
      scene.apart(0, (volume) => volume.cutPower(namesOnly));
      assert.deepEqual(scene.tree(0), { f: 'a file' });
      await scene.sync();
      scene.assertTrees({ 'a/': '', 'a/b/': '', 'c/': '', f: 'a file' });
    }));

  test('lets a folder that was removed before it stay removed, where it was on the disk for long', () =>
    inScene(two, async (scene) => {
      scene.write(0, 'f', 'a file');
      scene.volume(0).makeFolder('a');
      await settled(scene);
      scene.world.scheduler.nowMs += 3_600_000;
      scene.devices[0]?.end();
      scene.volume(0).remove('a');
      scene.volume(0).syncAll();
      scene.volume(0).cutPower(namesOnly);
      scene.on(0);
      await scene.sync();
      scene.assertTrees({ f: 'a file' });
    }));

  test('that takes a link back removes nothing in the drive', () =>
    inScene(
      two,
      async (scene) => {
        scene.write(0, 'f', 'f');
        await settled(scene);
        scene.volume(0).makeLink('l', 'f');
        await scene.sync();
        scene.apart(0, (volume) => volume.cutPower(namesOnly));
        await scene.sync();
        for (const device of [0, 1]) assert.equal(scene.volume(device).readLink('l'), 'f');
      },
      true,
    ));

  test('that undoes a save by renaming puts nothing older over what the drive has', () =>
    inScene(two, async (scene) => {
      scene.write(0, 'f', 'first');
      await settled(scene);
      const draft = scene.volume(0).writeFile('draft~', encodeUtf8('second'));
      scene.volume(0).syncFile(draft);
      scene.volume(0).rename('draft~', 'f', true);
      await scene.sync();
      assert.equal(scene.read(1, 'f'), 'second');
      scene.apart(0, (volume) => volume.cutPower(namesOnly));
      assert.equal(scene.read(0, 'f'), 'first');
      await scene.sync();
      scene.assertTrees({ f: 'second', 'f (conflict)': 'first' });
    }));

  test('that undoes a rename over a younger file puts nothing over what the drive has', () =>
    inScene(two, async (scene) => {
      scene.write(0, 'g', 'older, and wanted');
      await settled(scene);
      scene.write(0, 'f', 'younger');
      await settled(scene);
      scene.volume(0).rename('g', 'f', true);
      await scene.sync();
      assert.deepEqual(scene.tree(1), { f: 'older, and wanted' });
      scene.apart(0, (volume) => volume.cutPower(namesOnly));
      await scene.sync();
      assert.equal(scene.read(1, 'f'), 'older, and wanted');
      assert.deepEqual(Object.values(scene.tree(1)).toSorted(), ['older, and wanted', 'older, and wanted', 'younger']);
    }));

  test('that leaves half the blocks of a file as they were sends no mixture', () =>
    inScene(two, async (scene) => {
      scene.write(0, 'f', 'a'.repeat(12_000));
      await settled(scene);
      scene.write(0, 'f', 'b'.repeat(12_000));
      await scene.sync();
      scene.apart(0, (volume) => volume.cutPower(cutOf(4)));
      assert.match(scene.read(0, 'f') ?? '', /^b+a+b+$/);
      await scene.sync();
      scene.assertTrees({ f: 'b'.repeat(12_000) });
    }));

  test('that empties what was touched after it was sent empties nothing in the drive', () =>
    inScene(two, async (scene) => {
      scene.write(0, 'f', 'good bytes');
      await scene.sync();
      scene.off(0);
      const volume = scene.volume(0);
      scene.world.scheduler.nowMs += 5_000;
      volume.setTime(volume.inode('f'), BigInt(scene.world.scheduler.nowMs) * 1_000_000n);
      volume.names.makeAllDurable();
      volume.cutPower({ below: (bound) => bound - 1, one: (items) => items[3] as never });
      assert.equal(scene.read(0, 'f'), '');
      scene.on(0);
      await scene.sync();
      scene.assertTrees({ f: 'good bytes' });
    }));

  test('that leaves nothing but zeros of what was saved a moment ago sends no zeros', () =>
    inScene(two, async (scene) => {
      scene.write(0, 'f', 'good bytes');
      await settled(scene);
      scene.off(0);
      scene.world.scheduler.nowMs += 5_000;
      scene.write(0, 'f', 'better bytes');
      scene.volume(0).cutPower(cutOf(2));
      assert.equal(scene.read(0, 'f'), '\0'.repeat(12));
      scene.on(0);
      await scene.sync();
      scene.assertTrees({ f: 'good bytes' });
    }));

  test('leaves what people did before and after it done', () =>
    inScene(two, async (scene) => {
      for (const name of ['edited', 'emptied', 'removed', 'left']) scene.write(0, name, `${name} at first`);
      await settled(scene);
      scene.world.scheduler.nowMs += 3_600_000;
      scene.devices[0]?.end();
      scene.apart(0, (volume) => {
        scene.world.scheduler.nowMs += 1_000;
        const { mtimeNs } = volume.inode('edited');
        volume.setTime(volume.writeFile('edited', encodeUtf8('edited at last!')), mtimeNs);
        volume.writeFile('emptied', new Uint8Array(0));
        volume.remove('removed');
        volume.syncAll();
        volume.cutPower(namesOnly);
      });
      await scene.sync();
      scene.assertTrees({ edited: 'edited at last!', emptied: '', left: 'left at first' });
    }));

  test('soon after the program ended by itself removes nothing in the drive', () =>
    inScene(two, async (scene) => {
      scene.write(0, 'old', 'old');
      await settled(scene);
      scene.write(0, 'new', 'new');
      await scene.sync();
      scene.devices[0]?.end();
      scene.apart(0, (volume) => volume.cutPower(namesOnly));
      assert.deepEqual(scene.tree(0), { old: 'old' });
      await scene.sync();
      scene.assertTrees({ new: 'new', old: 'old' });
    }));

  test('in the middle of a swap sends nothing that it harmed', () =>
    inScene(two, async (scene) => {
      for (const folder of ['a', 'b']) scene.volume(0).makeFolder(folder);
      for (const folder of ['a', 'b']) scene.write(0, `${folder}/f`, `${folder} whole`);
      await scene.sync();
      for (const path of ['a/f', 'b/f']) scene.write(1, path, `${path.slice(0, 1)} as it was made here`);
      await scene.sync();
      scene.off(1);
      scene.volume(0).rename('a/f', 'a/g');
      scene.volume(0).rename('b/f', 'a/f');
      scene.volume(0).rename('a/g', 'b/f');
      await scene.sync();
      scene.on(1);
      scene.before(
        1,
        ({ verb, path }) => verb === 'move' && /^[ab]\/f$/.test(path),
        () => {
          scene.off(1);
          scene.volume(1).names.makeAllDurable();
          scene.volume(1).cutPower(allButLengths());
          scene.on(1);
        },
      );
      await scene.sync();
      assert.ok(scene.hasHappened);
      assert.equal(scene.read(0, 'a/f'), 'b as it was made here');
      assert.equal(scene.read(0, 'b/f'), 'a as it was made here');
      scene.assertTrees({ 'a/': '', 'a/f': 'b as it was made here', 'b/': '', 'b/f': 'a as it was made here' });
    }));

  test('after a refused replacement brings no copy back', () =>
    inScene(two, async (scene) => {
      scene.write(0, 'f', 'first');
      await scene.sync();
      scene.off(1);
      scene.write(0, 'f', 'second');
      await scene.sync();
      scene.on(1);
      scene.before(
        1,
        ({ verb, path }) => verb === 'replace' && path === 'f',
        () => {
          scene.before(
            1,
            ({ verb, path }) => verb === 'sync' && path === '.reprise/safety',
            () => {
              scene.off(1);
              // The second name is on the disk, and its removal is not.
              scene.volume(1).cutPower({ below: (bound) => (bound === 2 ? 0 : bound - 2), one: (items) => items[0] as never });
              assert.equal([...scene.volume(1).walk('.reprise/safety')].length, 1);
              scene.on(1);
            },
          );
          throw new DiskRefusal('denied', 'f');
        },
      );
      await scene.sync();
      assert.ok(scene.hasHappened);
      scene.world.scheduler.nowMs += 60_000;
      await scene.sync();
      scene.assertTrees({ f: 'second' });
    }));
});
