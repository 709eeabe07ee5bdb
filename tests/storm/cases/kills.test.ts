// Programs that are killed at every call while people go on: who alone changes something finds it as they left it, and beside it nothing.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { closeStage, killEverywhere, type Scene } from '../scene.ts';

after(closeStage);
const isLong = process.env['REPRISE_LONG'] === '1';

describe('what one person alone changes, while the program is killed', () => {
  test('has no conflict copy, stands where it was moved last, and is gone if it was removed', async () => {
    const acts = {
      prepare: (scene: Scene) => {
        scene.volume(0).makeFolder('d');
        for (const name of ['edited', 'moved', 'both', 'removed']) scene.write(0, name, `${name} 0`);
      },
      change: (scene: Scene) => {
        scene.write(0, 'edited', 'edited 1');
        scene.volume(0).rename('moved', 'd/moved 1');
        scene.volume(0).rename('both', 'both 1');
        scene.write(0, 'both 1', 'both 1');
        scene.write(0, 'new', 'new 1');
        scene.write(0, 'new and removed', '1');
        scene.write(0, 'new and moved', '1');
        scene.write(0, 'removed', 'removed 1');
      },
      meanwhile: (scene: Scene) => {
        scene.write(0, 'edited', 'edited 2');
        scene.volume(0).rename('d/moved 1', 'moved 2');
        scene.volume(0).rename('both 1', 'd/both 2');
        scene.write(0, 'd/both 2', 'both 2');
        scene.write(0, 'new', 'new 2');
        scene.volume(0).remove('new and removed');
        scene.volume(0).rename('new and moved', 'd/new and moved 2');
        scene.volume(0).remove('removed');
      },
      end: (scene: Scene) => {
        const expected = {
          'd/': '',
          'd/both 2': 'both 2',
          'd/new and moved 2': '1',
          edited: 'edited 2',
          'moved 2': 'moved 0',
          new: 'new 2',
        };
        for (const [device] of scene.devices.entries()) assert.deepEqual(scene.tree(device), expected);
      },
    };
    const disks = ['ext4', 'ext4'] as const;
    await killEverywhere(disks, 0, { ...acts, isFromCommit: true, ...(!isLong && { most: 12 }) });
    assert.ok((await killEverywhere(disks, 0, { ...acts, step: isLong ? 1 : 20 })) > 100);
  });

  test('has no conflict copy where a file that had just come from the drive is written to before the program begins again', async () => {
    const paths = ['edited', 'new', 'made/new', 'd/moved and edited'];
    let edited: readonly string[] = [];
    let edits = 0;
    const calls = await killEverywhere(['ext4', 'ext4'], 0, {
      step: isLong ? 1 : 4,
      prepare: (scene) => {
        edited = [];
        scene.volume(0).makeFolder('d');
        scene.write(0, 'edited', '0');
        scene.write(0, 'was elsewhere', '0');
      },
      change: (scene) => {
        scene.volume(1).makeFolder('made');
        scene.volume(1).rename('was elsewhere', 'd/moved and edited');
        for (const path of paths) scene.write(1, path, `${path} 1`);
      },
      meanwhile: (scene) => {
        edited = paths.filter((path) => scene.read(0, path) === `${path} 1`);
        edits += edited.length;
        for (const path of edited) scene.write(0, path, `${path} 2`);
      },
      end: (scene) => {
        const files = paths.map((path) => [path, `${path} ${edited.includes(path) ? 2 : 1}`]);
        const expected = { ...Object.fromEntries(files), 'd/': '', 'made/': '' };
        for (const [device] of scene.devices.entries()) assert.deepEqual(scene.tree(device), expected);
      },
    });
    assert.ok(calls > 100 && edits > paths.length, `${calls} calls, ${edits} edits`);
  });
});
