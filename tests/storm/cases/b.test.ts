// The named cases of conflicts; tests/storm/README.md says which there are.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { encodeUtf8 } from '@reprise/kit';
import type { Volume } from '../../../client/sync/src/testing/volume/volume.ts';
import { closeStage, inScene, type Scene } from '../scene.ts';

after(closeStage);
const two = ['ext4', 'ext4'] as const;

/** Both do something while they do not know of each other; the first one is first in the log. */
async function apart(scene: Scene, first: (volume: Volume) => void, second: (volume: Volume) => void): Promise<void> {
  scene.off(1);
  first(scene.volume(0));
  await scene.sync();
  second(scene.volume(1));
  scene.on(1);
  await scene.sync();
}
const write = (path: string, text: string) => (volume: Volume) => void volume.writeFile(path, encodeUtf8(text));

describe('conflicts', () => {
  test('B01 both-edit', () =>
    inScene(two, async (scene) => {
      scene.write(0, 'f.txt', 'base');
      await scene.sync();
      await apart(scene, write('f.txt', 'first'), write('f.txt', 'second'));
      scene.assertTrees({ 'f (conflict).txt': 'second', 'f.txt': 'first' });
    }));

  test('B02 conflict-of-conflict', () =>
    inScene(two, async (scene) => {
      scene.write(0, 'f', 'base');
      await scene.sync();
      await apart(scene, write('f', 'first'), write('f', 'second'));
      const copy = Object.keys(scene.tree(0)).find((name) => name !== 'f') ?? assert.fail('there is a copy');
      await apart(scene, write(copy, 'third'), write(copy, 'fourth'));
      const names = Object.keys(scene.tree(0));
      assert.equal(names.length, 3);
      assert.ok(names.every((name) => name.split('(conflict').length <= 2));
    }));

  test('B05 identical-edit-both-sides', () =>
    inScene(two, async (scene) => {
      scene.write(0, 'f', 'base');
      await scene.sync();
      await apart(scene, write('f', 'equal'), write('f', 'equal'));
      scene.assertTrees({ f: 'equal' });
    }));

  test('B07 delete-vs-delete, mkdir-vs-mkdir', () =>
    inScene(two, async (scene) => {
      scene.write(0, 'f', 'base');
      await scene.sync();
      const both = (volume: Volume): void => {
        volume.remove('f');
        volume.makeFolder('d');
      };
      await apart(scene, both, both);
      scene.assertTrees({ 'd/': '' });
    }));

  test('B08 file-vs-dir-same-name', () =>
    inScene(two, async (scene) => {
      await apart(scene, write('x', 'file'), (volume) => {
        volume.makeFolder('x');
        write('x/inside', 'inside')(volume);
      });
      scene.assertTrees({ 'x (conflict)': 'file', 'x/': '', 'x/inside': 'inside' });
    }));

  test('B09 move-vs-move', () =>
    inScene(two, async (scene) => {
      scene.write(0, 'f', 'f');
      await scene.sync();
      await apart(
        scene,
        (volume) => volume.rename('f', 'first'),
        (volume) => volume.rename('f', 'second'),
      );
      scene.assertTrees({ first: 'f' });
    }));

  test('B10 move-cycle', () =>
    inScene(two, async (scene) => {
      scene.volume(0).makeFolder('a');
      scene.volume(0).makeFolder('b');
      await scene.sync();
      await apart(
        scene,
        (volume) => volume.rename('a', 'b/a'),
        (volume) => volume.rename('b', 'a/b'),
      );
      scene.assertTrees({ 'b/': '', 'b/a/': '' });
    }));

  test('B11 swap-and-rotate', () =>
    inScene(two, async (scene) => {
      for (const name of ['a', 'b', 'c']) scene.write(0, name, name);
      await scene.sync();
      scene.apart(0, (volume) => {
        volume.rename('a', 'spare');
        volume.rename('c', 'a');
        volume.rename('b', 'c');
        volume.rename('spare', 'b');
      });
      await scene.sync();
      scene.assertTrees({ a: 'c', b: 'a', c: 'b' });
    }));

  test('B12 rename-replace', () =>
    inScene(two, async (scene) => {
      scene.write(0, 'x', 'kept');
      scene.write(0, 'y', 'replaced');
      await scene.sync();
      const before = scene.fid(1, 'y');
      scene.apart(0, (volume) => volume.rename('x', 'y', true));
      await scene.sync();
      scene.assertTrees({ y: 'kept' });
      assert.equal(scene.fid(1, 'y'), before);
    }));

  test('B13 edit-and-move vs move-and-edit', () =>
    inScene(two, async (scene) => {
      scene.volume(0).makeFolder('d');
      scene.write(0, 'f', 'base');
      await scene.sync();
      await apart(scene, (volume) => volume.rename('f', 'd/f'), write('f', 'edited'));
      scene.assertTrees({ 'd/': '', 'd/f': 'edited' });
    }));
});
