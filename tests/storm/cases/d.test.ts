// The named cases of kinds and attributes; tests/storm/README.md says which there are.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { blockBytes } from '../../../client/sync/src/testing/volume/content.ts';
import { closeStage, inScene } from '../scene.ts';

after(closeStage);
const two = ['ext4', 'ext4'] as const;

describe('kinds and attributes', () => {
  test('D01 symlink-target-deleted', () =>
    inScene(
      two,
      async (scene) => {
        scene.volume(0).makeFolder('real');
        scene.write(0, 'real/f', 'f');
        scene.volume(0).makeLink('link', 'real');
        await scene.sync();
        assert.equal(scene.volume(1).readLink('link'), 'real');
        scene.volume(0).remove('link');
        await scene.sync();
        assert.equal(scene.volume(1).look('link'), null);
        scene.assertTrees({ 'real/': '', 'real/f': 'f' });
      },
      true,
    ));

  test('D02 dir-becomes-symlink', () =>
    inScene(
      two,
      async (scene) => {
        for (const folder of ['d', 'e']) {
          scene.volume(0).makeFolder(folder);
          scene.write(0, `${folder}/f`, folder);
        }
        await scene.sync();
        scene.apart(0, (volume) => {
          volume.remove('d/f');
          volume.remove('d');
          volume.makeLink('d', 'e');
        });
        await scene.sync();
        assert.equal(scene.volume(1).readLink('d'), 'e');
        scene.assertTrees({ 'e/': '', 'e/f': 'e' });
      },
      true,
    ));

  test('D04 symlink-loop', () =>
    inScene(
      two,
      async (scene) => {
        scene.volume(0).makeFolder('d');
        scene.volume(0).makeLink('d/up', '..');
        scene.volume(0).makeLink('d/self', 'self');
        await scene.sync();
        assert.deepEqual([scene.volume(1).readLink('d/up'), scene.volume(1).readLink('d/self')], ['..', 'self']);
      },
      true,
    ));

  test('D05 fifo-socket-device', () =>
    inScene(
      two,
      async (scene) => {
        scene.volume(0).makeSpecial('pipe');
        scene.write(0, 'f', 'f');
        await scene.sync();
        assert.deepEqual(scene.tree(1), { f: 'f' });
        assert.equal(scene.volume(1).look('pipe'), null);
        assert.deepEqual(scene.troubles(0), { pipe: 'special-file' });
      },
      true,
    ));

  test('D06 hard-links', () =>
    inScene(two, async (scene) => {
      scene.write(0, 'a', 'shared');
      scene.volume(0).link('a', 'b');
      await scene.sync();
      scene.assertTrees({ a: 'shared', b: 'shared' });
      scene.write(0, 'a', 'both at once');
      await scene.sync();
      scene.assertTrees({ a: 'both at once', b: 'both at once' });
    }));

  test('D07 sparse-file', () =>
    inScene(two, async (scene) => {
      const inode = scene.volume(0).makeFile('disk.img', 4 * 2 ** 20);
      scene.volume(0).writeAt(inode, 'disk.img', 2 ** 20, Uint8Array.of(1, 2, 3));
      await scene.sync();
      const there = scene.volume(1).inode('disk.img').content;
      assert.equal(there.sizeBytes, 4 * 2 ** 20);
      assert.ok(there.blockCount <= 32, `${there.blockCount * blockBytes} bytes are on the disk`);
      assert.deepEqual(there.read(2 ** 20, 3), Uint8Array.of(1, 2, 3));
    }));

  test('D11 mtime-float', () =>
    inScene(two, async (scene) => {
      scene.write(0, 'f', 'f');
      scene.volume(0).setTime(scene.volume(0).inode('f'), 1_600_000_000_123_456_789n);
      await scene.sync();
      assert.equal(scene.volume(1).inode('f').mtimeNs, 1_600_000_000_123_456_789n);
    }));

  test('D13 empty-file, empty-dir', () =>
    inScene(two, async (scene) => {
      scene.write(0, 'f', '');
      scene.volume(0).makeFolder('d');
      await scene.sync();
      scene.assertTrees({ 'd/': '', f: '' });
    }));

  test('D14 exec-bit-only-change', () =>
    inScene(two, async (scene) => {
      scene.write(0, 'run', 'run');
      await scene.sync();
      scene.volume(0).mark('run', true);
      await scene.sync();
      assert.equal(scene.volume(1).inode('run').isExecutable, true);
    }));

  test('D15 read-only-dir, permission revoked', () =>
    inScene(two, async (scene) => {
      scene.volume(0).makeFolder('d');
      scene.write(0, 'd/f', 'f');
      await scene.sync();
      scene.volume(0).inode('d').isReadable = false;
      await scene.sync();
      assert.deepEqual(scene.tree(1), { 'd/': '', 'd/f': 'f' });
      assert.ok(Object.values(scene.troubles(0)).includes('unreadable'));
      scene.volume(0).inode('d').isReadable = true;
      await scene.sync();
      scene.assertTrees({ 'd/': '', 'd/f': 'f' });
      assert.deepEqual(scene.troubles(0), {});
    }));
});
