// The named cases of scale and watchers, where a simulated disk can count what is asked of it; tests/storm/README.md says which there are.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { Journal } from '@reprise/sync/node';
import { closeStage, inScene, type Scene } from '../scene.ts';

after(closeStage);
const two = ['ext4', 'ext4'] as const;

/** Transactions of the journal, which each wait for the disk, while something happens. */
async function transactionsOf(act: () => Promise<void>): Promise<number> {
  const { write } = Journal.prototype;
  let [count, depth] = [0, 0];
  Journal.prototype.write = function <Result>(this: Journal, work: () => Result): Result {
    if (depth++ === 0) count++;
    try {
      return write.call(this, work) as Result;
    } finally {
      depth--;
    }
  };
  try {
    await act();
  } finally {
    Journal.prototype.write = write;
  }
  return count;
}

function fill(scene: Scene, files: number): void {
  for (let folder = 0; folder < files / 50; folder++) {
    scene.volume(0).makeFolder(`d${folder}`);
    for (let file = 0; file < 50; file++) scene.write(0, `d${folder}/f${file}`, `${folder} ${file}`);
  }
}

describe('scale and watchers', () => {
  test('F03 rename-halves-split', async () => {
    for (const heard of [['to'], ['from'], ['to', 'from'], ['from', 'to']] as const)
      await inScene(two, async (scene) => {
        for (const folder of ['from', 'to']) scene.volume(0).makeFolder(folder);
        scene.write(0, 'from/f', 'moved');
        await scene.sync();
        const before = scene.fid(0, 'from');
        // Each half is heard of alone, and acted on before the other is.
        scene.volume(0).rename('from/f', 'to/f');
        for (const folder of heard) {
          scene.devices[0]?.ring(folder);
          while (await scene.world.turn());
        }
        await scene.sync();
        scene.assertTrees({ 'from/': '', 'to/': '', 'to/f': 'moved' });
        assert.equal(scene.fid(0, 'from'), before);
      });
  });

  test('F05 recursive-fs-watch-crash', () => {
    const folder = join(import.meta.dirname, '../../../client/sync/src');
    const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
    const watching = sources.filter((name) => /\bwatch\(/.test(readFileSync(join(folder, name), 'utf8')) && name.startsWith('node/'));
    assert.ok(watching.length > 0, 'the watcher is found');
    for (const name of watching)
      for (const [call] of readFileSync(join(folder, name), 'utf8').matchAll(/\bwatch\([^;]*/g))
        assert.doesNotMatch(call, /recursive/, name);
  });

  test('F09 db-slower-than-disk', () =>
    inScene(two, async (scene) => {
      for (const [index, device] of scene.devices.entries()) {
        scene.off(index);
        device.newAtOnce = undefined;
        scene.on(index);
      }
      fill(scene, 200);
      const few = await transactionsOf(() => scene.sync());
      const files = 1_000;
      for (let folder = 0; folder < files / 50; folder++) {
        scene.volume(0).makeFolder(`e${folder}`);
        for (let file = 0; file < 50; file++) scene.write(0, `e${folder}/f${file}`, `${folder} ${file}`);
      }
      const many = await transactionsOf(() => scene.sync());
      assert.ok(many < 2 * few + 100, `${few} transactions for 200 files, ${many} for ${files}`);
    }));

  test('F10 deep-tree', () =>
    inScene(two, async (scene) => {
      const deep = Array.from({ length: 100 }, (_, level) => `level-${level}`);
      for (let depth = 1; depth <= deep.length; depth++) scene.volume(0).makeFolder(deep.slice(0, depth).join('/'));
      scene.write(0, `${deep.join('/')}/f`, 'at the bottom');
      await scene.sync();
      assert.equal(scene.read(1, `${deep.join('/')}/f`), 'at the bottom');
      scene.volume(1).rename('level-0', 'renamed');
      scene.write(1, `renamed/${deep.slice(1).join('/')}/f`, 'edited');
      await scene.sync();
      assert.equal(scene.read(0, `renamed/${deep.slice(1).join('/')}/f`), 'edited');
    }));

  test('F11 excluded-tree-still-walked', () =>
    inScene(
      two,
      async (scene) => {
        scene.write(0, '.repriseignore', 'node_modules/\n');
        await scene.sync();
        scene.volume(0).makeFolder('node_modules');
        scene.volume(0).makeFolder('node_modules/deep');
        scene.write(0, 'node_modules/deep/f', 'ignored');
        scene.write(0, 'seen', 'seen');
        const asked = new Set<string>();
        scene.world.atCall = (device, call) => {
          if (device === scene.devices[0] && call.port === 'disk' && call.call.verb !== 'watch') asked.add(call.call.path);
        };
        await scene.sync();
        assert.ok(asked.has('seen'));
        assert.deepEqual(
          [...asked].filter((path) => path.startsWith('node_modules')),
          [],
        );
        assert.deepEqual(Object.keys(scene.tree(1)), ['.repriseignore', 'seen']);
      },
      true,
    ));

  test('G09 files-cache-race', async () => {
    for (const disk of ['ext4', 'fat', 'plain'] as const)
      await inScene([disk, 'ext4'], async (scene) => {
        for (let round = 0; round < 6; round++) {
          scene.write(0, 'f', `round ${round} first `);
          scene.devices[0]?.ring('');
          for (let turn = 0; turn < 12 + round; turn++) await scene.world.turn();
          // Of the same length, and within the same step of the disk's clock.
          scene.write(0, 'f', `round ${round} second`);
          await scene.sync();
          assert.equal(scene.read(1, 'f'), `round ${round} second`, disk);
        }
      });
  });
});
