// The named cases of data that others lost or clobbered; tests/storm/README.md says which there are.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { encodeUtf8 } from '@reprise/kit';
import { Dice } from '../../../client/sync/src/testing/dice.ts';
import { closeStage, inScene, killEverywhere } from '../scene.ts';

after(closeStage);
const two = ['ext4', 'ext4'] as const;
const contents = (tree: Record<string, string>): string[] => Object.values(tree).filter(Boolean).toSorted();

describe('lost or clobbered data', () => {
  test('A01 edit-between-scan-and-pull', () =>
    inScene(two, async (scene) => {
      scene.write(0, 'f', 'base');
      await scene.sync();
      scene.write(0, 'f', 'theirs');
      scene.before(
        1,
        ({ verb, path }) => verb === 'link' && path.startsWith('.reprise/safety'),
        () => scene.write(1, 'f', 'mine'),
      );
      await scene.sync();
      assert.ok(scene.hasHappened);
      scene.assertTrees({ f: 'theirs', 'f (conflict)': 'mine' });
    }));

  test('A02 symlink-or-dir-over-unscanned-file', () =>
    inScene(two, async (scene) => {
      scene.write(0, 'f', 'base');
      await scene.sync();
      scene.write(0, 'f', 'theirs');
      scene.before(
        1,
        ({ verb, path }) => verb === 'link' && path.startsWith('.reprise/safety'),
        () => {
          scene.volume(1).remove('f');
          scene.volume(1).makeFolder('f');
          scene.write(1, 'f/mine', 'mine');
        },
      );
      await scene.sync();
      assert.ok(scene.hasHappened);
      assert.deepEqual(contents(scene.tree(0)), ['mine', 'theirs']);
    }));

  test('A03 delete-vs-unseen-edit', () =>
    inScene(two, async (scene) => {
      scene.write(0, 'f', 'base');
      await scene.sync();
      scene.off(1);
      scene.volume(0).remove('f');
      await scene.sync();
      scene.write(1, 'f', 'edited');
      scene.on(1);
      await scene.sync();
      scene.assertTrees({ f: 'edited' });
    }));

  test('A04 dir-delete-vs-child-added', () =>
    inScene(two, async (scene) => {
      scene.volume(0).makeFolder('d');
      scene.write(0, 'd/old', 'old');
      await scene.sync();
      scene.off(1);
      scene.volume(0).remove('d/old');
      scene.volume(0).remove('d');
      await scene.sync();
      scene.write(1, 'd/new', 'new');
      scene.on(1);
      await scene.sync();
      scene.assertTrees({ 'd/': '', 'd/new': 'new' });
    }));

  test('A05 move-into-renamed-dir', () =>
    inScene(two, async (scene) => {
      scene.volume(0).makeFolder('d');
      scene.write(0, 'f', 'f');
      await scene.sync();
      scene.off(1);
      scene.volume(0).rename('d', 'e');
      await scene.sync();
      scene.volume(1).rename('f', 'd/f');
      scene.on(1);
      await scene.sync();
      scene.assertTrees({ 'e/': '', 'e/f': 'f' });
    }));

  test('A06 rename+modify-into-renamed-dir', () =>
    inScene(two, async (scene) => {
      scene.volume(0).makeFolder('d');
      scene.write(0, 'f', 'f');
      await scene.sync();
      scene.off(1);
      scene.volume(0).rename('d', 'e');
      await scene.sync();
      scene.volume(1).rename('f', 'd/g');
      scene.write(1, 'd/g', 'changed');
      scene.on(1);
      await scene.sync();
      scene.assertTrees({ 'e/': '', 'e/g': 'changed' });
    }));

  test('A07 inode-reuse-is-not-rename', () =>
    inScene(two, async (scene) => {
      scene.write(0, 'x', 'the old one');
      await scene.sync();
      const before = scene.fid(1, 'x');
      scene.apart(0, (volume) => {
        const { number } = volume.inode('x');
        volume.remove('x');
        assert.equal(volume.writeFile('y', encodeUtf8('another')).number, number, 'its number was handed on');
      });
      await scene.sync();
      scene.assertTrees({ y: 'another' });
      assert.notEqual(scene.fid(1, 'y'), before);
    }));

  test('A08 birthtime-unreliable', async () => {
    for (const disk of ['plain', 'fat'] as const)
      await inScene([disk, 'ext4'], async (scene) => {
        scene.volume(0).makeFolder('d');
        scene.write(0, 'd/a', 'a');
        scene.write(0, 'd/b', 'b');
        scene.write(0, 'f', 'f');
        await scene.sync();
        const before = [scene.fid(1, 'd'), scene.fid(1, 'f')];
        scene.apart(0, (volume) => {
          volume.rename('d', 'e');
          volume.rename('f', 'g');
        });
        await scene.sync();
        scene.assertTrees({ 'e/': '', 'e/a': 'a', 'e/b': 'b', g: 'f' });
        assert.deepEqual([scene.fid(1, 'e'), scene.fid(1, 'g')], before, `on ${disk}, both are who they were`);
      });
  });

  test('A09 touch-is-not-an-edit', () =>
    inScene(two, async (scene) => {
      scene.write(0, 'f', 'base');
      await scene.sync();
      scene.off(1);
      scene.write(0, 'f', 'edited');
      await scene.sync();
      scene.volume(1).setTime(scene.volume(1).inode('f'), 1_900_000_000_000_000_000n);
      scene.on(1);
      await scene.sync();
      scene.assertTrees({ f: 'edited' });
    }));

  test('A10 same-second-same-size-edit', async () => {
    for (const disk of ['plain', 'hfs', 'fat'] as const)
      await inScene([disk, 'ext4'], async (scene) => {
        scene.write(0, 'f', 'aaaa');
        const { mtimeNs } = scene.volume(0).inode('f');
        await scene.sync();
        scene.volume(0).setTime(scene.volume(0).writeFile('f', encodeUtf8('bbbb')), mtimeNs);
        await scene.sync();
        scene.assertTrees({ f: 'bbbb' });
      });
  });

  test('A11 edit-during-walk', () =>
    inScene(two, async (scene) => {
      scene.volume(0).makeFolder('z');
      scene.write(0, 'f', 'before');
      scene.write(0, 'z/g', 'g');
      scene.before(
        0,
        ({ verb, path }) => verb === 'list' && path === 'z',
        () => scene.write(0, 'f', 'during'),
      );
      await scene.sync();
      assert.ok(scene.hasHappened);
      scene.assertTrees({ f: 'during', 'z/': '', 'z/g': 'g' });
    }));

  test('A12 edit-during-upload', async () => {
    for (const nth of [2, 4])
      await inScene(two, async (scene) => {
        scene.write(0, 'f', 'a'.repeat(3_000_000));
        let reads = 0;
        scene.before(
          0,
          ({ verb, path }) => verb === 'read' && path === 'f' && ++reads === nth,
          () => scene.write(0, 'f', 'b'.repeat(3_000_000)),
        );
        await scene.sync();
        assert.ok(scene.hasHappened, 'while it was read to be sent, and while it was first read');
        assert.ok(scene.read(1, 'f') === 'b'.repeat(3_000_000));
      });
  });

  test('A13 content-change-mtime-kept', () =>
    inScene(two, async (scene) => {
      scene.write(0, 'f', 'first!');
      await scene.sync();
      const { mtimeNs } = scene.volume(0).inode('f');
      scene.volume(0).setTime(scene.volume(0).writeFile('f', encodeUtf8('second')), mtimeNs);
      await scene.sync();
      scene.assertTrees({ f: 'second' });
    }));

  test('A16 power-loss-zero-file', () =>
    inScene(two, async (scene) => {
      const good = 'good bytes '.repeat(1_000);
      let lost = 0;
      for (let seed = 1; seed <= 8; seed++) {
        scene.write(0, `here ${seed}`, good);
        scene.write(1, `there ${seed}`, good);
        scene.volume(0).makeFolder(`folder ${seed}`);
        scene.write(0, `folder ${seed}/name`, good);
        await scene.sync();
        // Whoever wrote here synced nothing: bytes are lost, and names.
        scene.apart(0, (volume) => volume.cutPower(new Dice(seed)));
        if (JSON.stringify(scene.tree(0)) !== JSON.stringify(scene.tree(1))) lost++;
        await scene.sync();
        const rounds = Array.from({ length: seed }, (_, at) => at + 1);
        scene.assertTrees(
          Object.fromEntries(
            rounds
              .flatMap((at) => [
                [`here ${at}`, good],
                [`there ${at}`, good],
                [`folder ${at}/`, ''],
                [`folder ${at}/name`, good],
              ])
              .toSorted(([one = ''], [other = '']) => (one < other ? -1 : 1)),
          ),
        );
      }
      assert.ok(lost > 3, `${lost} cuts took something`);
    }));

  test('A17 unmounted-root', () =>
    inScene(
      two,
      async (scene) => {
        scene.write(0, 'f', 'f');
        scene.write(1, 'g', 'g');
        await scene.sync();
        scene.off(0);
        const volume = scene.volume(0);
        for (const { path } of [...volume.walk()].toReversed()) volume.remove(path);
        scene.on(0);
        for (let turn = 0; turn < 400 && (scene.devices[0]?.refusals.length ?? 0) < 3; turn++) await scene.world.turn();
        assert.match(scene.devices[0]?.refusals.join() ?? '', /root-missing|target-refused/);
        scene.off(0);
        await scene.sync();
        assert.deepEqual(scene.tree(1), { f: 'f', g: 'g' });
      },
      true,
    ));

  test('A18 os-disk-full-deletes-server', () =>
    inScene(two, async (scene) => {
      scene.write(0, 'small', 's');
      await scene.sync();
      const volume = scene.volume(1);
      const room = volume.blocksMax;
      volume.blocksMax = volume.blocksMax - volume.blocksFree + 1;
      scene.write(0, 'big', 'b'.repeat(100_000));
      scene.write(0, 'tiny', '');
      await scene.sync();
      assert.deepEqual(scene.troubles(1), { big: 'disk-full' });
      assert.deepEqual(scene.tree(1), { small: 's', tiny: '' }, 'what fits goes on');
      assert.deepEqual(Object.keys(scene.tree(0)), ['big', 'small', 'tiny']);
      volume.blocksMax = room;
      scene.world.scheduler.nowMs += 60_000;
      await scene.sync();
      scene.assertTrees({ big: 'b'.repeat(100_000), small: 's', tiny: '' });
    }));

  test('A19 mass-delete', () =>
    inScene(
      two,
      async (scene) => {
        for (let n = 0; n < 60; n++) scene.write(0, `f${n}`, `content ${n}`);
        await scene.sync();
        for (let n = 0; n < 60; n++) scene.volume(0).remove(`f${n}`);
        scene.write(0, 'new', 'new');
        await scene.sync();
        assert.equal(Object.keys(scene.tree(1)).length, 61, 'what was removed stays, all else goes on');
        assert.deepEqual([...new Set(Object.values(scene.troubles(0)))], ['held']);
      },
      true,
    ));

  test('A22 new-account-nonempty-folder', () =>
    inScene(two, async (scene) => {
      scene.off(1);
      const volume = scene.volume(1);
      for (const { path } of [...volume.walk()].toReversed()) volume.remove(path);
      scene.devices[1]?.forget();
      scene.volume(0).makeFolder('d');
      scene.write(0, 'd/same', 'same');
      scene.write(0, 'd/other', 'theirs');
      scene.write(0, 'only-there', 'there');
      await scene.sync();
      volume.makeFolder('d');
      scene.write(1, 'd/same', 'same');
      scene.write(1, 'd/other', 'mine');
      scene.write(1, 'only-here', 'here');
      scene.on(1);
      await scene.sync();
      scene.assertTrees({
        'd/': '',
        'd/other': 'theirs',
        'd/other (conflict)': 'mine',
        'd/same': 'same',
        'only-here': 'here',
        'only-there': 'there',
      });
    }));

  test('A24 ignored-file-deleted-by-remote-delete', () =>
    inScene(
      two,
      async (scene) => {
        scene.volume(0).makeFolder('d');
        scene.write(0, 'd/f', 'f');
        await scene.sync();
        scene.write(1, 'd/f.swp', 'of an editor');
        await scene.sync();
        scene.volume(0).remove('d/f');
        scene.volume(0).remove('d');
        await scene.sync();
        assert.deepEqual(scene.tree(0), {});
        assert.deepEqual(scene.tree(1), { 'd/': '', 'd/f.swp': 'of an editor' });
      },
      true,
    ));

  test('A25 faulted-two-step-move', async () => {
    const calls = await killEverywhere(two, 1, {
      prepare: (scene) => {
        scene.write(0, 'a', 'a');
        scene.write(0, 'b', 'b');
      },
      change: (scene) => {
        scene.volume(0).rename('a', 'c');
        scene.volume(0).rename('b', 'a');
        scene.volume(0).rename('c', 'b');
      },
      end: (scene) => scene.assertTrees({ a: 'b', b: 'a' }),
      step: 5,
    });
    assert.ok(calls > 10);
  });

  test('A26 collapse-of-nested-renames', () =>
    inScene(two, async (scene) => {
      for (const folder of ['a', 'a/b', 'a/b/c']) scene.volume(0).makeFolder(folder);
      scene.write(0, 'a/b/c/f', 'f');
      await scene.sync();
      scene.off(1);
      scene.volume(0).rename('a/b/c', 'a/b/z');
      scene.volume(0).rename('a/b', 'a/y');
      scene.volume(0).rename('a', 'x');
      await scene.sync();
      scene.on(1);
      await scene.sync();
      scene.assertTrees({ 'x/': '', 'x/y/': '', 'x/y/z/': '', 'x/y/z/f': 'f' });
      assert.equal(
        scene.devices[1]?.reports.reduce((sum, report) => sum + report.received, 0),
        0,
      );
    }));

  test('A27 state-file-missing-half', async () => {
    await killEverywhere(two, 1, {
      prepare: (scene) => {
        scene.volume(0).makeFolder('d');
        for (const name of ['a', 'b', 'c']) scene.write(0, `d/${name}`, name);
      },
      change: (scene) => {
        scene.volume(0).rename('d', 'e');
        scene.write(0, 'e/a', 'changed');
        scene.volume(0).remove('e/b');
      },
      end: (scene) => scene.assertTrees({ 'e/': '', 'e/a': 'changed', 'e/c': 'c' }),
      step: 11,
    });
  });

  test('A28 lock-timer-dies', () =>
    inScene(two, async (scene) => {
      scene.write(0, 'mine', 'mine');
      scene.before(
        0,
        ({ verb, path }) => verb === 'read' && path === 'mine',
        () => scene.off(0),
      );
      scene.write(1, 'theirs', 'theirs');
      await scene.sync();
      assert.deepEqual(scene.tree(1), { theirs: 'theirs' }, 'nobody waits for who is gone');
      scene.on(0);
      await scene.sync();
      scene.assertTrees({ mine: 'mine', theirs: 'theirs' });
    }));

  test('A30 cache-corrupt-after-crash', async () => {
    for (let at = 0; at < 4; at++)
      await inScene(two, async (scene) => {
        scene.off(1);
        scene.write(0, 'f', 'x'.repeat(20_000));
        await scene.sync();
        scene.on(1);
        let writes = 0;
        scene.before(
          1,
          ({ path }) => path.startsWith('.reprise/tmp/') && writes++ === at,
          () => {
            scene.off(1);
            scene.volume(1).cutPower({ below: (bound) => bound - 1, one: (items) => items[items.length - 2] as never });
            scene.on(1);
          },
        );
        await scene.sync();
        assert.ok(scene.hasHappened, `call ${at} on a draft`);
        scene.assertTrees({ f: 'x'.repeat(20_000) });
      });
  });

  test('A31 interrupted-commit', async () => {
    const calls = await killEverywhere(two, 0, {
      prepare: (scene) => scene.write(0, 'f', 'first'),
      change: (scene) => {
        scene.write(0, 'f', 'second');
        scene.write(0, 'g', 'new');
      },
      end: (scene) => scene.assertTrees({ f: 'second', g: 'new' }),
      step: 9,
    });
    assert.ok(calls > 10);
  });

  test('A32 source-gone-before-third-device', () =>
    inScene(['ext4', 'ext4', 'ext4'], async (scene) => {
      scene.off(2);
      scene.write(0, 'f', 'short-lived');
      scene.write(0, 'g', 'first');
      await scene.sync();
      scene.volume(0).remove('f');
      scene.write(0, 'g', 'second');
      await scene.sync();
      scene.off(0);
      scene.on(2);
      await scene.sync();
      assert.deepEqual(scene.tree(2), { g: 'second' });
      assert.deepEqual(scene.troubles(2), {});
      scene.on(0);
      await scene.sync();
    }));
});
