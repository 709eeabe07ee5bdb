// Faults that this engine had itself, each found by reading or by a storm, and what has to hold instead.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { DiskRefusal } from '../../../client/sync/src/ports.ts';
import type { NodeId } from '../../../client/sync/src/tree.ts';
import { closeStage, inScene } from '../scene.ts';

after(closeStage);
const two = ['ext4', 'ext4'] as const;

describe('faults of our own', () => {
  test('what came down before a kill, and was changed or removed in the drive since, is no conflict and does not come back', () =>
    inScene(two, async (scene) => {
      scene.write(0, 'replaced', 'first');
      await scene.sync();
      scene.volume(0).makeFolder('new');
      for (const name of ['new/edited', 'new/removed', 'edited', 'removed']) scene.write(0, name, 'first');
      scene.write(0, 'replaced', 'second');
      // All is in its place, and no row says so yet.
      scene.before(
        1,
        ({ verb, path }) => verb === 'sync' && path === '' && scene.volume(1).look('new/edited') !== null,
        () => scene.off(1),
      );
      await scene.sync();
      assert.ok(scene.hasHappened);
      for (const name of ['new/edited', 'edited', 'replaced']) scene.write(0, name, 'last');
      for (const name of ['new/removed', 'removed']) scene.volume(0).remove(name);
      await scene.sync();
      scene.on(1);
      await scene.sync();
      scene.assertTrees({ 'new/': '', 'new/edited': 'last', edited: 'last', replaced: 'last' });
    }));

  test('what is new in many folders is committed in parts, and what moved into one of them is known there', () =>
    inScene(two, async (scene) => {
      for (const name of ['stays', 'moves']) scene.write(0, name, name);
      await scene.sync();
      const [seq, moved] = [scene.devices[0]?.journal?.fact('seq') as number, scene.fid(0, 'moves')];
      scene.off(1);
      const folders = Array.from({ length: 12 }, (_, i) => `new${i}`);
      for (const folder of folders) {
        scene.volume(0).makeFolder(folder);
        scene.volume(0).makeFolder(`${folder}/deep`);
        scene.write(0, `${folder}/deep/f`, folder);
      }
      scene.devices[0]?.ring('');
      while (await scene.world.turn());
      const commits = (scene.devices[0]?.journal?.fact('seq') as number) - seq;
      assert.ok(commits >= 3, `${commits} commits`);
      // Into the last of many that are new: nothing of those is left for later while something is missing.
      for (const folder of folders) scene.volume(0).makeFolder(`more-${folder}`);
      scene.volume(0).rename('moves', `more-new0/moves`);
      scene.on(1);
      await scene.sync();
      const all = folders.flatMap((folder) => [
        [`${folder}/`, ''],
        [`${folder}/deep/`, ''],
        [`${folder}/deep/f`, folder],
        [`more-${folder}/`, ''],
      ]);
      scene.assertTrees({ ...Object.fromEntries(all), stays: 'stays', 'more-new0/moves': 'moves' });
      const journal = scene.devices[1]?.journal;
      assert.equal(moved && journal?.remote.get(moved as NodeId)?.parent, scene.fid(1, 'more-new0'));
    }));

  test('a save that takes a file’s name while that is replaced stays', () =>
    inScene(two, async (scene) => {
      scene.write(0, 'f', 'base');
      await scene.sync();
      scene.write(0, 'f', 'theirs');
      scene.before(
        1,
        ({ verb, path }) => verb === 'replace' && path === 'f',
        () => {
          scene.write(1, 'draft~', 'mine');
          scene.volume(1).rename('draft~', 'f', true);
        },
      );
      await scene.sync();
      assert.ok(scene.hasHappened);
      scene.assertTrees({ f: 'theirs', 'f (conflict)': 'mine' });
    }));

  test('a file that stands where an empty folder was is not removed with it', () =>
    inScene(two, async (scene) => {
      scene.volume(0).makeFolder('d');
      await scene.sync();
      scene.volume(0).remove('d');
      scene.before(
        1,
        ({ verb, path }) => verb.startsWith('remove') && path === 'd',
        () => {
          scene.volume(1).remove('d');
          scene.write(1, 'd', 'mine');
        },
      );
      await scene.sync();
      assert.ok(scene.hasHappened);
      scene.assertTrees({ d: 'mine' });
    }));

  test('a folder moved to an ignored name: what was not sent stays and goes up, what was is not wanted here', () =>
    inScene(
      two,
      async (scene) => {
        scene.write(1, '.repriseignore', 'old/\n');
        scene.volume(0).makeFolder('projects');
        for (const name of ['kept', 'edited', 'sub.swp']) scene.write(0, `projects/${name}`, name);
        scene.volume(0).makeFolder('projects/deep');
        scene.write(0, 'projects/deep/f', 'deep');
        await scene.sync();
        scene.off(1);
        scene.write(1, 'projects/edited', 'edited here');
        scene.write(1, 'projects/deep/new', 'new here');
        scene.off(0);
        // Where the rule is not known yet, or does not hold.
        scene.volume(0).remove('.repriseignore');
        scene.volume(0).makeFolder('old');
        scene.volume(0).rename('projects', 'old/projects');
        scene.on(0);
        await scene.sync();
        scene.write(1, '.repriseignore', 'old/\n# here\n');
        scene.on(1);
        await scene.sync();
        assert.deepEqual(scene.tree(1), {
          '.repriseignore': 'old/\n# here\n',
          'projects/': '',
          'projects/deep/': '',
          'projects/deep/new': 'new here',
          'projects/edited': 'edited here',
        });
        assert.deepEqual(
          [...scene.volume(1).walk('.reprise/safety')].filter(({ inode }) => inode.content.sizeBytes > 7),
          [],
        );
        assert.deepEqual(scene.troubles(1), {});
        assert.deepEqual(scene.devices[1]?.refusals, []);
        assert.equal(scene.read(0, 'projects/edited'), 'edited here');
        assert.equal(scene.read(0, 'projects/deep/new'), 'new here');
        // And out again: all that the drive has there comes.
        scene.volume(0).rename('old/projects', 'back');
        await scene.sync();
        assert.equal(scene.read(1, 'back/edited'), 'edited');
        assert.equal(scene.read(1, 'back/deep/f'), 'deep');
      },
      true,
    ));

  test('a folder that comes back is no husk any more, and stays in the drive', () =>
    inScene(
      two,
      async (scene) => {
        scene.volume(0).makeFolder('d');
        scene.write(0, 'd/f', 'f');
        scene.volume(0).makeFolder('d/sub');
        await scene.sync();
        scene.write(1, 'd/f.swp', 'of an editor');
        scene.off(0);
        scene.apart(0, (volume) => volume.rename('d', '.reprise/d'));
        await scene.sync();
        assert.deepEqual(scene.tree(1), { 'd/': '', 'd/f.swp': 'of an editor' });
        scene.apart(0, (volume) => volume.rename('.reprise/d', 'd'));
        await scene.sync();
        assert.deepEqual(scene.tree(0), { 'd/': '', 'd/f': 'f', 'd/sub/': '' });
        assert.deepEqual(scene.tree(1), { 'd/': '', 'd/f': 'f', 'd/f.swp': 'of an editor', 'd/sub/': '' });
        const before = scene.devices[0]?.journal?.fact('seq');
        scene.off(1);
        scene.on(1);
        await scene.sync();
        assert.deepEqual(scene.tree(0), { 'd/': '', 'd/f': 'f', 'd/sub/': '' });
        assert.equal(scene.devices[0]?.journal?.fact('seq'), before, 'nobody has anything to say about it');
      },
      true,
    ));

  test('a folder that may be read again is read again, though nothing in it changed', () =>
    inScene(two, async (scene) => {
      scene.volume(0).makeFolder('d');
      scene.write(0, 'd/f', 'f');
      await scene.sync();
      scene.volume(0).inode('d').isReadable = false;
      scene.devices[0]?.ring('d');
      while (await scene.world.turn());
      assert.deepEqual(scene.troubles(0), { d: 'unreadable' });
      scene.volume(0).inode('d').isReadable = true;
      await scene.world.heal();
      assert.deepEqual(scene.troubles(0), {});
    }));

  test('what was on its way in a swap is back when the disk refuses', () =>
    inScene(
      two,
      async (scene) => {
        for (const folder of ['a', 'b']) {
          scene.volume(0).makeFolder(folder);
          scene.write(0, `${folder}/f`, folder);
        }
        await scene.sync();
        scene.off(1);
        scene.volume(0).rename('a', 'c');
        scene.volume(0).rename('b', 'a');
        scene.volume(0).rename('c', 'b');
        await scene.sync();
        scene.on(1);
        scene.before(
          1,
          ({ verb, path }) => verb === 'move' && (path === 'a' || path === 'b'),
          () => {
            throw new DiskRefusal('denied', 'a');
          },
        );
        await scene.sync();
        assert.ok(scene.hasHappened);
        assert.deepEqual(Object.values(scene.tree(1)).filter(Boolean).toSorted(), ['a', 'b'], 'both are where people look');
        assert.deepEqual([...scene.volume(1).walk('.reprise/tmp')], []);
        scene.off(1);
        scene.on(1);
        await scene.sync();
        scene.assertTrees({ 'a/': '', 'a/f': 'b', 'b/': '', 'b/f': 'a' });
      },
      true,
    ));

  test('conflicts of names as long as names may be keep both, each under a name of its own', () =>
    inScene(two, async (scene) => {
      // Alike but for their ends, which the names of their copies have no room for.
      const names = ['1', '2', '3'].map((end) => `${'é'.repeat(125)}${end}.txt`);
      for (const name of names) scene.write(0, name, 'base');
      await scene.sync();
      for (const device of [0, 1]) scene.off(device);
      for (const device of [0, 1]) for (const name of names) scene.write(device, name, `${device} ${name.at(-5)}`);
      scene.world.scheduler.nowMs += 10_000;
      for (const device of [0, 1]) scene.on(device);
      await scene.sync();
      const tree = scene.tree(0);
      assert.deepEqual(Object.values(tree).toSorted(), ['0 1', '0 2', '0 3', '1 1', '1 2', '1 3']);
      for (const name of Object.keys(tree)) assert.ok(Buffer.byteLength(name) <= 255 && name.isWellFormed() && name.endsWith('.txt'), name);
      for (const name of names) assert.ok(name in tree);
      assert.deepEqual([scene.tree(1), scene.troubles(0), scene.troubles(1)], [tree, {}, {}]);
    }));

  test('what is new in the drive comes in parts, each in its place before the next is fetched', () =>
    inScene(two, async (scene) => {
      scene.write(0, 'stays', 'stays');
      await scene.sync();
      scene.off(1);
      const folders = Array.from({ length: 8 }, (_, i) => `new${i}`);
      for (const folder of folders) {
        scene.volume(0).makeFolder(folder);
        scene.volume(0).makeFolder(`${folder}/deep`);
        for (const name of ['f', 'g']) scene.write(0, `${folder}/deep/${name}`, folder);
      }
      await scene.sync();
      scene.on(1);
      let draftsMost = 0;
      let isAtWork = true;
      while (isAtWork) {
        isAtWork = await scene.world.turn();
        draftsMost = Math.max(draftsMost, scene.volume(1).look('.reprise/tmp') ? scene.volume(1).list('.reprise/tmp').length : 0);
      }
      assert.ok(draftsMost > 0 && draftsMost <= 6, `${draftsMost} drafts at once`);
      await scene.sync();
      const expected = folders.flatMap((folder) => [
        [`${folder}/`, ''],
        [`${folder}/deep/`, ''],
        [`${folder}/deep/f`, folder],
        [`${folder}/deep/g`, folder],
      ]);
      scene.assertTrees({ stays: 'stays', ...(Object.fromEntries(expected) as Record<string, string>) });
    }));

  test('what comes in parts and cannot stand here stalls, with what is below it, and keeps nothing else from coming', () =>
    inScene(['ext4', 'ntfs'], async (scene) => {
      scene.off(1);
      const refused = Array.from({ length: 8 }, (_, i) => `what${i}?`);
      for (const name of refused) scene.write(0, name, name);
      scene.volume(0).makeFolder('why?');
      for (let i = 0; i < 8; i++) scene.write(0, `why?/${i}`, 'below');
      const fine = Array.from({ length: 8 }, (_, i) => `fine${i}`);
      for (const name of fine) scene.write(0, name, name);
      await scene.sync();
      scene.on(1);
      await scene.sync();
      assert.deepEqual(scene.tree(1), Object.fromEntries(fine.map((name) => [name, name])));
      assert.deepEqual(scene.troubles(1), Object.fromEntries([...refused, 'why?'].map((name) => [name, 'name-refused'])));
      scene.write(1, 'fine0', 'edited');
      await scene.sync();
      assert.equal(scene.read(0, 'fine0'), 'edited');
    }));

  test('a file that was written once is read when it has settled, without another wait', () =>
    inScene(two, async (scene) => {
      scene.write(0, 'f', 'before');
      await scene.sync();
      const { schedule, clock } = scene.devices[0]?.sync?.ports ?? assert.fail('it runs');
      const { sleep } = schedule;
      const waitsUntil: number[] = [];
      schedule.sleep = (delayMs, signal) => {
        waitsUntil.push(clock.now() + delayMs);
        return sleep(delayMs, signal);
      };
      scene.write(0, 'f', 'after');
      const writtenMs = Number((scene.volume(0).look('f') ?? assert.fail('it is there')).mtimeNs / 1_000_000n);
      let readMs = 0;
      scene.before(
        0,
        ({ verb, path }) => verb === 'open' && path === 'f',
        () => (readMs = clock.now()),
      );
      while (await scene.world.turn());
      assert.ok(scene.hasHappened);
      assert.deepEqual(waitsUntil, [writtenMs + 152]);
      assert.ok(readMs >= writtenMs + 150);
      await scene.sync();
      scene.assertTrees({ f: 'after' });
    }));

  test('a file that somebody goes on writing to is looked at less and less often', () =>
    inScene(two, async (scene) => {
      const { schedule } = scene.devices[0]?.sync?.ports ?? assert.fail('it runs');
      const { sleep } = schedule;
      const waitsMs: number[] = [];
      schedule.sleep = async (delayMs, signal) => {
        waitsMs.push(delayMs);
        await sleep(delayMs, signal);
        if (waitsMs.length < 5) scene.write(0, 'f', `text ${waitsMs.length}`);
      };
      scene.write(0, 'f', 'text');
      while (await scene.world.turn());
      assert.deepEqual(waitsMs.slice(1), [320, 640, 1_280, 2_000]);
      await scene.sync();
      scene.assertTrees({ f: 'text 4' });
    }));
});
