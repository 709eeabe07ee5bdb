// What a person does about a synced folder, in the world of the storm: conflicts that are settled, folders that are left out, files that a disk damaged. The laws hold afterwards.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, describe, test } from 'node:test';
import {
  checkFiles,
  conflictsIn,
  damagedFiles,
  folderAt,
  type Keep,
  leaveOut,
  leftOut,
  settleConflict,
  type Settled,
  takeBack,
  weigh,
} from '@reprise/sync/node';
import { encodeUtf8 } from '@reprise/kit';
import { safetyKeptMs } from '../../../client/sync/src/limits.ts';
import { VolumeDisk } from '../../../client/sync/src/testing/volume/volume-disk.ts';
import { closeStage, inScene, type Scene } from '../scene.ts';

after(closeStage);
const two = ['ext4', 'ext4'] as const;

/** `f.txt` was changed on both; device 1 came later. */
async function withConflict(scene: Scene): Promise<void> {
  scene.write(0, 'f.txt', 'first');
  await scene.sync();
  scene.apart(1, () => scene.write(1, 'f.txt', 'of device 1'));
  scene.off(1);
  scene.write(0, 'f.txt', 'of device 0');
  await scene.sync();
  scene.on(1);
  await scene.sync();
  scene.assertTrees({ 'f (conflict).txt': 'of device 1', 'f.txt': 'of device 0' });
}

async function settle(scene: Scene, device: number, keep: Keep): Promise<Settled> {
  const { journal, name } = scene.devices[device] as Scene['devices'][number];
  assert.ok(journal);
  const [conflict, ...more] = conflictsIn(journal, name);
  assert.ok(conflict && more.length === 0);
  const disk = new VolumeDisk(scene.volume(device), () => {});
  const settled = await settleConflict(conflict, keep, { disk, journal, nowMs: () => scene.world.scheduler.nowMs });
  scene.devices[device]?.ring(null);
  await scene.sync();
  assert.deepEqual(conflictsIn(journal, name), []);
  return settled;
}

describe('a conflict that is settled', () => {
  for (const { device, keep, left } of [
    { device: 1, keep: 'mine', left: 'of device 1' },
    { device: 1, keep: 'theirs', left: 'of device 0' },
    { device: 0, keep: 'mine', left: 'of device 0' },
    { device: 0, keep: 'theirs', left: 'of device 1' },
  ] as const)
    test(`by keeping ${keep} on device ${device} leaves one file everywhere, and the drive has the other`, () =>
      inScene(two, async (scene) => {
        await withConflict(scene);
        const fid = scene.fid(0, 'f.txt');
        const { gone } = await settle(scene, device, keep);
        scene.assertTrees({ 'f.txt': left });
        assert.equal(scene.fid(0, 'f.txt'), fid, 'it is the file that it was, with its versions');
        assert.equal(gone?.in, left === 'of device 1' ? 'versions' : 'trash');
      }));

  test('by keeping both leaves two ordinary files', () =>
    inScene(two, async (scene) => {
      await withConflict(scene);
      scene.write(1, 'f 2.txt', 'was there before');
      assert.equal((await settle(scene, 1, 'both')).gone, null);
      scene.assertTrees({ 'f 2.txt': 'was there before', 'f 3.txt': 'of device 1', 'f.txt': 'of device 0' });
    }));

  test('throws nothing away that only this disk has: it waits in the safety folder', () =>
    inScene(
      two,
      async (scene) => {
        await withConflict(scene);
        const copy = Object.keys(scene.tree(1)).find((path) => path !== 'f.txt') as string;
        scene.write(1, copy, 'and edited since');
        const { gone } = await settle(scene, 1, 'theirs');
        scene.assertTrees({ 'f.txt': 'of device 0' });
        assert.equal(gone?.in, 'safety');
        assert.equal(scene.read(1, gone?.at as string), 'and edited since');
      },
      true,
    ));

  test('is refused where there is nothing to choose between, and nothing is changed', () =>
    inScene(two, async (scene) => {
      await withConflict(scene);
      scene.volume(1).remove('f.txt');
      await assert.rejects(settle(scene, 1, 'theirs'), /sync-conflict-alone|usage/);
      await scene.sync();
      scene.assertTrees({ 'f (conflict).txt': 'of device 1' });
    }));
});

/** A choice of a person on device 1. */
async function choose(scene: Scene, path: string, isWanted: boolean): Promise<void> {
  const { journal } = scene.devices[1] as Scene['devices'][number];
  assert.ok(journal);
  const id = folderAt(journal, path)?.id;
  assert.ok(id);
  if (isWanted) takeBack(journal, id);
  else leaveOut(journal, id);
  scene.devices[1]?.ring(null);
  await scene.sync();
}

/** More than what waits is kept for. */
async function months(scene: Scene): Promise<void> {
  scene.world.scheduler.nowMs += 2 * safetyKeptMs;
  for (const device of [0, 1]) scene.devices[device]?.ring(null);
  await scene.sync();
}

const tree = { 'a/': '', 'a/b/': '', 'a/b/g': 'g', 'a/f': 'f', c: 'c' };

async function withTree(scene: Scene): Promise<void> {
  for (const folder of ['a', 'a/b']) scene.volume(0).makeFolder(folder);
  for (const [path, text] of Object.entries(tree)) if (!path.endsWith('/')) scene.write(0, path, text);
  await scene.sync();
  scene.assertTrees(tree);
}

describe('a folder that is left out on a device', () => {
  test('leaves that disk and nothing else, whatever happens to it elsewhere, and comes back as it is by then', () =>
    inScene(two, async (scene) => {
      await withTree(scene);
      await choose(scene, 'a', false);
      assert.deepEqual([scene.tree(0), scene.tree(1)], [tree, { c: 'c' }]);
      scene.write(0, 'a/f', 'edited');
      scene.write(0, 'a/new', 'new');
      scene.volume(0).rename('a', 'moved');
      await scene.sync();
      scene.apart(1, () => {});
      await scene.sync();
      assert.deepEqual(scene.tree(1), { c: 'c' }, 'also after a restart');
      assert.deepEqual(
        leftOut(scene.devices[1]?.journal as never).map(({ path }) => path),
        ['moved'],
      );
      await choose(scene, 'moved', true);
      scene.assertTrees({ c: 'c', 'moved/': '', 'moved/b/': '', 'moved/b/g': 'g', 'moved/f': 'edited', 'moved/new': 'new' });
    }));

  test('takes no work with it that was not sent: that waits, and comes back with the folder under its name', () =>
    inScene(two, async (scene) => {
      await withTree(scene);
      const device = scene.devices[1] as Scene['devices'][number];
      // All of it before anything is looked at.
      scene.write(1, 'a/f', 'edited here');
      scene.volume(1).makeFolder('a/mine');
      scene.write(1, 'a/mine/n', 'only here');
      await choose(scene, 'a', false);
      assert.deepEqual([scene.tree(0), scene.tree(1)], [tree, { c: 'c' }]);
      assert.deepEqual(
        device.journal
          ?.kept()
          .flatMap(({ was, stamp }) => (stamp === null ? [was] : []))
          .toSorted(),
        ['a/f', 'a/mine/n'],
      );
      await choose(scene, 'a', true);
      device.ring(null);
      await scene.sync();
      scene.assertTrees({ ...tree, 'a/f (conflict)': 'edited here', 'a/mine/': '', 'a/mine/n': 'only here' });
    }));

  test('keeps what was not sent for as long as it is left out, wherever the drive has the folder by then', () =>
    inScene(two, async (scene) => {
      await withTree(scene);
      const device = scene.devices[1] as Scene['devices'][number];
      scene.write(1, 'a/f', 'edited here');
      scene.write(1, 'a/b/n', 'only here');
      await choose(scene, 'a', false);
      scene.volume(0).rename('a', 'moved');
      scene.volume(0).rename('moved/b', 'moved/deep');
      // Another folder has the name by now, and what waits is not of it.
      scene.volume(0).makeFolder('a');
      await scene.sync();
      await months(scene);
      assert.deepEqual(scene.tree(1), { 'a/': '', c: 'c' }, 'nothing comes back beside a folder that is left out');
      assert.equal(device.journal?.kept().filter(({ stamp }) => stamp === null).length, 2);
      await choose(scene, 'a', false);
      await choose(scene, 'a', true);
      assert.deepEqual(scene.tree(1), { 'a/': '', c: 'c' }, 'nor with another folder of that name');
      await choose(scene, 'moved', true);
      device.ring(null);
      await scene.sync();
      scene.assertTrees({
        'a/': '',
        c: 'c',
        'moved/': '',
        'moved/deep/': '',
        'moved/deep/g': 'g',
        'moved/deep/n': 'only here',
        'moved/f': 'f',
        'moved/f (conflict)': 'edited here',
      });
    }));

  test('gives back what was not sent once it is gone from the drive: nobody can take it back any more', () =>
    inScene(two, async (scene) => {
      await withTree(scene);
      scene.write(1, 'a/f', 'edited here');
      await choose(scene, 'a', false);
      for (const path of ['a/b/g', 'a/b', 'a/f', 'a']) scene.volume(0).remove(path);
      await scene.sync();
      await months(scene);
      scene.assertTrees({ c: 'c', 'f (conflict)': 'edited here' });
    }));

  test('takes with it what was moved into it and not sent, and the drive keeps that where it was', () =>
    inScene(two, async (scene) => {
      await withTree(scene);
      scene.volume(0).makeFolder('kept');
      for (const name of ['same', 'edited']) scene.write(0, `kept/${name}`, name);
      await scene.sync();
      scene.volume(1).rename('kept/same', 'a/same');
      scene.volume(1).rename('kept/edited', 'a/edited');
      scene.write(1, 'a/edited', 'edited here');
      await choose(scene, 'a', false);
      const all = { ...tree, 'kept/': '', 'kept/edited': 'edited', 'kept/same': 'same' };
      assert.deepEqual(scene.tree(0), all);
      assert.deepEqual(scene.tree(1), { c: 'c', 'kept/': '', 'kept/edited': 'edited', 'kept/same': 'same' });
      await choose(scene, 'a', true);
      scene.devices[1]?.ring(null);
      await scene.sync();
      scene.assertTrees({ ...all, 'a/edited': 'edited here' });
    }));

  test('says beforehand what leaves, and what only this disk has', () =>
    inScene(two, async (scene) => {
      await withTree(scene);
      const { journal } = scene.devices[1] as Scene['devices'][number];
      assert.ok(journal);
      assert.deepEqual(weigh(journal, folderAt(journal, 'a')?.id as never), { files: 2, unsent: 0, isMany: false });
    }));
});

/** Other bytes, and nothing tells of them. */
function damage(scene: Scene, path: string, text: string): void {
  scene.volume(1).inode(path).content.write(0, encodeUtf8(text), 1_000);
}

async function check(scene: Scene, bytesMax = Infinity): Promise<{ files: number; isWhole: boolean }> {
  const { journal } = scene.devices[1] as Scene['devices'][number];
  assert.ok(journal);
  const hash = () => {
    const hashing = createHash('sha256');
    return { update: (bytes: Uint8Array) => void hashing.update(bytes), digest: () => hashing.digest('hex') };
  };
  const tools = { disk: new VolumeDisk(scene.volume(1), () => {}), journal, hash, nowMs: () => scene.world.scheduler.nowMs };
  const checked = await checkFiles(tools, { cursor: 'checked', bytesMax });
  scene.devices[1]?.ring(null);
  await scene.sync();
  return checked;
}

/** Calls of a device come about as the world goes on. */
async function alongside<Result>(scene: Scene, act: () => Promise<Result> | undefined): Promise<Result | undefined> {
  const [result] = await Promise.all([act(), scene.sync()]);
  return result;
}

describe('bytes that a disk changes by itself', () => {
  /** Old enough for its times to tell. */
  const age = async (scene: Scene): Promise<void> => {
    await withTree(scene);
    scene.world.scheduler.nowMs += 60_000;
    for (const device of [0, 1]) scene.devices[device]?.ring(null);
    await scene.sync();
  };

  test('are found, told of, sent nowhere, and fetched again once a person says so', () =>
    inScene(two, async (scene) => {
      await age(scene);
      assert.deepEqual({ ...(await check(scene)), bytes: 0, passedOver: 0 }, { files: 3, bytes: 0, passedOver: 0, isWhole: true });
      damage(scene, 'a/f', 'F');
      await check(scene);
      assert.deepEqual(scene.troubles(1), { 'a/f': 'disk-damaged' });
      scene.volume(1).rename('a/f', 'a/moved');
      scene.volume(1).mark('a/moved', true);
      scene.apart(1, () => {});
      await scene.sync();
      assert.deepEqual([scene.tree(0), scene.read(1, 'a/moved')], [tree, 'F'], 'not by a rename either, nor a restart');
      scene.volume(1).rename('a/moved', 'a/f');
      scene.volume(1).mark('a/f', false);
      scene.devices[1]?.ring(null);
      await scene.sync();
      const { journal } = scene.devices[1] as Scene['devices'][number];
      assert.ok(journal);
      const [found] = damagedFiles(journal);
      assert.deepEqual([found?.path, found?.isInDrive], ['a/f', true]);
      journal.setChoices('repair', [found?.id as string], true);
      scene.devices[1]?.ring(null);
      await scene.sync();
      scene.assertTrees(tree);
      assert.deepEqual([scene.troubles(1), damagedFiles(journal)], [{}, []]);
      assert.deepEqual({ ...(await check(scene)), bytes: 0, passedOver: 0 }, { files: 3, bytes: 0, passedOver: 0, isWhole: true });
    }));

  test('are kept for 30 days when they are fetched again: a repair destroys nothing', () =>
    inScene(two, async (scene) => {
      await age(scene);
      damage(scene, 'a/f', 'F');
      await check(scene);
      const { journal } = scene.devices[1] as Scene['devices'][number];
      assert.ok(journal);
      journal.setChoices('repair', [damagedFiles(journal)[0]?.id as string], true);
      scene.devices[1]?.ring(null);
      await scene.sync();
      scene.assertTrees(tree);
      const waiting = journal.kept().find(({ was, stamp }) => was === 'a/f' && stamp !== null)?.path;
      assert.ok(waiting);
      assert.equal(scene.read(1, waiting), 'F', 'what the disk made of it is beside what was fetched');
    }));

  test('are sent nowhere either where the file was moved just before it is fetched again', () =>
    inScene(two, async (scene) => {
      await age(scene);
      damage(scene, 'a/f', 'F');
      await check(scene);
      const { journal } = scene.devices[1] as Scene['devices'][number];
      assert.ok(journal);
      journal.setChoices('repair', [damagedFiles(journal)[0]?.id as string], true);
      scene.volume(1).rename('a/f', 'a/moved');
      for (let round = 0; round < 2; round++) {
        scene.devices[1]?.ring(null);
        await scene.sync();
      }
      scene.assertTrees(tree);
      assert.deepEqual([scene.troubles(1), damagedFiles(journal)], [{}, []]);
    }));

  test('end with whoever writes to the file', () =>
    inScene(two, async (scene) => {
      await age(scene);
      damage(scene, 'c', 'C');
      await check(scene);
      scene.write(1, 'c', 'by hand');
      await scene.sync();
      scene.assertTrees({ ...tree, c: 'by hand' });
    }));

  test('are looked for in parts, and a part begins where the last one ended', () =>
    inScene(two, async (scene) => {
      await age(scene);
      const parts = [await check(scene, 1), await check(scene, 1), await check(scene, 1), await check(scene, 1)];
      assert.deepEqual(
        parts.map(({ files, isWhole }) => [files, isWhole]),
        [
          [1, false],
          [1, false],
          [1, false],
          [0, true],
        ],
      );
    }));

  test('are found in the background as well, a part at a time', () =>
    inScene(two, async (scene) => {
      await age(scene);
      damage(scene, 'a/b/g', 'G');
      const { sync, journal } = scene.devices[1] as Scene['devices'][number];
      const found: (boolean | undefined)[] = [];
      for (let part = 0; part < 3; part++) found.push(await alongside(scene, () => sync?.rehash()));
      assert.deepEqual(found.filter(Boolean).length, 1);
      assert.deepEqual(
        damagedFiles(journal as never).map(({ path }) => path),
        ['a/b/g'],
      );
      damage(scene, 'a/b/g', 'g');
      assert.equal((await check(scene)).files, 3);
      assert.deepEqual([scene.troubles(1), scene.tree(1)], [{}, tree], 'a disk that reads right again is believed');
    }));

  test('are not looked for in a folder without its mark', () =>
    inScene(
      two,
      async (scene) => {
        await age(scene);
        scene.volume(1).remove('.reprise/root.json');
        await assert.rejects(check(scene), /root-missing|target-refused/);
      },
      true,
    ));
});
