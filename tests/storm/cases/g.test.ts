// The named cases of transport, server and collection; tests/storm/README.md says which there are.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { Failure } from '@reprise/protocol';
import { closeStage, inScene } from '../scene.ts';

after(closeStage);
const two = ['ext4', 'ext4'] as const;

describe('transport, server and collection', () => {
  test('G10 store-full', () =>
    inScene(two, async (scene) => {
      scene.write(0, 'old', 'old');
      await scene.sync();
      let refused = 0;
      scene.world.atCall = (device, call) => {
        if (device !== scene.devices[0] || call.port !== 'net' || !call.url.endsWith('/puts') || call.half !== 'request') return;
        if (refused++ > 0 || scene.volume(0).look('new')) throw new Failure('over-quota', { missingBytes: 1 });
      };
      scene.write(0, 'new', 'new');
      scene.write(1, 'theirs', 'theirs');
      await scene.sync();
      assert.deepEqual(scene.troubles(0), { new: 'quota-full' });
      assert.deepEqual(scene.tree(0), { new: 'new', old: 'old', theirs: 'theirs' }, 'what needs no room goes on');
      const asked = refused;
      await scene.sync();
      assert.equal(refused, asked, 'it is not asked again and again');
      scene.world.atCall = undefined;
      scene.world.scheduler.nowMs += 600_000;
      await scene.sync();
      scene.assertTrees({ new: 'new', old: 'old', theirs: 'theirs' });
      assert.deepEqual(scene.troubles(0), {});
    }));
});
