// The named cases of names; tests/storm/README.md says which there are.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { rawName } from '../../../client/sync/src/testing/volume/neighbour.ts';
import { closeStage, inScene } from '../scene.ts';

after(closeStage);

describe('names', () => {
  test('C01 case-only-rename', async () => {
    for (const disk of ['ext4', 'apfs', 'ntfs'] as const)
      await inScene(['ext4', disk], async (scene) => {
        scene.write(0, 'name', 'n');
        scene.volume(0).makeFolder('folder');
        await scene.sync();
        scene.volume(0).rename('name', 'Name');
        scene.volume(0).rename('folder', 'FOLDER');
        await scene.sync();
        scene.assertTrees({ 'FOLDER/': '', Name: 'n' });
      });
  });

  test('C02 two-names-one-file', () =>
    inScene(['ext4', 'apfs'], async (scene) => {
      scene.write(0, 'a', 'small');
      await scene.sync();
      scene.write(0, 'A', 'large');
      await scene.sync();
      assert.deepEqual(scene.tree(0), { A: 'large', a: 'small' });
      assert.deepEqual(scene.tree(1), { a: 'small' });
      assert.deepEqual(scene.troubles(1), { A: 'name-clash' });
    }));

  test('C03 nfc-vs-nfd', () =>
    inScene(['ext4', 'hfs'], async (scene) => {
      const name = 'caf\u00e9';
      scene.write(0, name, 'coffee');
      await scene.sync();
      assert.deepEqual(Object.keys(scene.tree(1)), [name.normalize('NFD')]);
      scene.write(1, name, 'more');
      await scene.sync();
      assert.deepEqual(scene.tree(0), { [name]: 'more' });
    }));

  test('C04 windows-reserved', () =>
    inScene(['ext4', 'ntfs'], async (scene) => {
      for (const name of ['con', 'aux.txt', 'what?', 'fine']) scene.write(0, name, name);
      await scene.sync();
      assert.deepEqual(scene.tree(1), { fine: 'fine' });
      assert.deepEqual(scene.troubles(1), { 'aux.txt': 'name-refused', con: 'name-refused', 'what?': 'name-refused' });
    }));

  test('C05 trailing-dot-space', () =>
    inScene(['ext4', 'ntfs'], async (scene) => {
      for (const name of ['dot.', 'space ']) scene.write(0, name, name);
      await scene.sync();
      assert.deepEqual(scene.tree(1), {});
      assert.deepEqual(scene.troubles(1), { 'dot.': 'name-refused', 'space ': 'name-refused' });
    }));

  test('C06 colon-and-ads', () =>
    inScene(['ext4', 'ntfs'], async (scene) => {
      scene.write(0, 'file', 'file');
      scene.write(0, 'file:stream', 'stream');
      await scene.sync();
      assert.deepEqual(scene.tree(1), { file: 'file' });
      assert.deepEqual(scene.troubles(1), { 'file:stream': 'name-refused' });
    }));

  test('C07 volume-like-name', () =>
    inScene(['ext4', 'ext4'], async (scene) => {
      scene.volume(0).makeFolder('C:');
      scene.write(0, 'C:/f', 'f');
      await scene.sync();
      scene.assertTrees({ 'C:/': '', 'C:/f': 'f' });
    }));

  test('C08 255-bytes-vs-255-units', () =>
    inScene(['ntfs', 'ext4'], async (scene) => {
      const name = '日'.repeat(85);
      scene.write(0, name, 'fits everywhere');
      await scene.sync();
      scene.assertTrees({ [name]: 'fits everywhere' });
    }));

  test('C11 non-utf8-name', () =>
    inScene(
      ['ext4', 'ext4'],
      async (scene) => {
        scene.volume(0).makeFile(rawName(Uint8Array.of(0x66, 0xff)));
        scene.write(0, 'good', 'good');
        await scene.sync();
        assert.deepEqual(scene.tree(1), { good: 'good' });
        assert.deepEqual(Object.values(scene.troubles(0)), ['name-bytes']);
      },
      true,
    ));

  test('C12 control-and-escape-chars', () =>
    inScene(['ext4', 'ext4'], async (scene) => {
      const names = ['%2f', 'new\nline', 'tab\tbed', '\u0001', 'back\\slash', '"quoted"', '\u202egnp.exe'];
      for (const name of names) scene.write(0, name, name);
      await scene.sync();
      scene.assertTrees(Object.fromEntries(names.toSorted((a, b) => (a < b ? -1 : 1)).map((name) => [name, name])));
    }));

  test('C13 ignore-rules-grow', () =>
    inScene(
      ['ext4', 'ext4'],
      async (scene) => {
        scene.write(0, 'a.log', 'log');
        scene.write(0, 'b', 'b');
        await scene.sync();
        scene.write(0, '.repriseignore', '*.log\n');
        await scene.sync();
        assert.equal(scene.read(0, 'a.log'), 'log');
        assert.equal(scene.read(1, 'a.log'), 'log');
        scene.volume(0).remove('a.log');
        await scene.sync();
        assert.equal(scene.read(1, 'a.log'), 'log');
      },
      true,
    ));
});
