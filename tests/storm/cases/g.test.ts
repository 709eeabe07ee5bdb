// The named cases of transport, server and collection; tests/storm/README.md says which there are.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { formatHex } from '@reprise/kit';
import { Failure } from '@reprise/protocol';
import { connect } from '@reprise/sdk';
import { openDrive } from '@reprise/sdk/drive';
import { nodeEngine } from '@reprise/vault/node';
import { planContent } from '../../../client/sdk/src/drive/changes.ts';
import { retryMs, secondLookMs } from '../../../client/sync/src/limits.ts';
import { closeStage, inScene, type Scene } from '../scene.ts';

after(closeStage);
const two = ['ext4', 'ext4'] as const;

describe('transport, server and collection', () => {
  test('G08 hash-of-all-zero-chunk-forgotten', () =>
    inScene(
      two,
      async (scene) => {
        const sizes = [1, 4_095, 4_096, 65_536, 65_537, 262_144, 262_145, 1_048_576, 4_194_304, 4_194_305, 9_000_000];
        for (const size of sizes) {
          scene.volume(0).makeFile(`holes ${size}`, size);
          scene.volume(0).writeFile(`zeros ${size}`, new Uint8Array(size));
        }
        await scene.sync();
        for (const size of sizes)
          for (const name of [`holes ${size}`, `zeros ${size}`])
            assert.ok(Buffer.from(scene.volume(1).readFile(name)).equals(Buffer.alloc(size)), name);
        scene.volume(0).writeAt(scene.volume(0).inode('zeros 9000000'), 'zeros 9000000', 9_000_000, new Uint8Array(5_000_000));
        await scene.sync();
        assert.ok(Buffer.from(scene.volume(1).readFile('zeros 9000000')).equals(Buffer.alloc(14_000_000)));
      },
      true,
    ));

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

  test('G18 bad-decrypt-one-node', () =>
    inScene(two, async (scene) => {
      const { damaged } = scene.world.service;
      scene.off(1);
      for (const folder of ['d', 'd/deep', 'e']) scene.volume(0).makeFolder(folder);
      for (const path of ['d/f', 'd/deep/g', 'e/f']) scene.write(0, path, path);
      await scene.sync();
      damaged.add(await nodeOf(scene, 'd'));
      scene.on(1);
      scene.write(1, 'here', 'here');
      await scene.sync();
      assert.deepEqual(scene.troubles(1), { d: 'damaged' });
      assert.deepEqual(scene.tree(1), { 'e/': '', 'e/f': 'e/f', here: 'here' }, 'all else goes on');
      damaged.clear();
      await aDayLater(scene);
      const whole = { 'd/': '', 'd/deep/': '', 'd/deep/g': 'd/deep/g', 'd/f': 'd/f', 'e/': '', 'e/f': 'e/f', here: 'here' };
      scene.assertTrees(whole);
      // Of a folder that is known here, nothing is removed while it does not open, and what was is found afterwards.
      scene.off(1);
      scene.write(0, 'd/new', 'new');
      scene.volume(0).remove('d/deep/g');
      await scene.sync();
      damaged.add(await nodeOf(scene, 'd'));
      scene.on(1);
      scene.write(1, 'd/f', 'edited here');
      scene.write(1, 'e/f', 'edited here');
      await scene.sync();
      assert.deepEqual(scene.tree(1), { ...whole, 'd/f': 'edited here', 'e/f': 'edited here' });
      assert.equal(scene.read(0, 'e/f'), 'edited here');
      assert.equal(scene.read(0, 'd/f'), 'd/f');
      damaged.clear();
      await aDayLater(scene);
      const { 'd/deep/g': _, ...left } = whole;
      scene.assertTrees({ ...left, 'd/f': 'edited here', 'd/new': 'new', 'e/f': 'edited here' });
      assert.deepEqual(scene.troubles(1), {});
    }));

  test('a small file whose bytes are not those of its entry stalls alone, and all else comes (G18)', () =>
    inScene(two, async (scene) => {
      for (const name of ['bad', 'other']) scene.write(0, name, name);
      await scene.sync();
      scene.off(1);
      scene.write(0, 'new', 'new');
      await scene.sync();
      const { service, scheduler, account } = scene.world;
      const connection = connect({ server: service.origin, transport: service.transport, clock: { now: () => scheduler.nowMs } });
      const drive = await openDrive(await account.addDevice(connection), { engine: nodeEngine });
      const from = (await drive.stat('/other'))?.entry;
      assert.ok(from);
      const digest = new Uint8Array(32).fill(7);
      await drive.commit((view) => planContent(view, ['bad'], { ...from, digest }, [], drive.tools()));
      scene.off(0);
      scene.on(1);
      await scene.sync();
      assert.deepEqual(scene.troubles(1), { bad: 'damaged' });
      assert.deepEqual(scene.tree(1), { bad: 'bad', new: 'new', other: 'other' });
      const honest = (await drive.stat('/new'))?.entry;
      assert.ok(honest);
      await drive.commit((view) => planContent(view, ['bad'], honest, [], drive.tools()));
      scene.on(0);
      await scene.sync();
      scene.assertTrees({ bad: 'new', new: 'new', other: 'other' });
      assert.deepEqual(scene.troubles(1), {});
    }));

  test('what moved into a folder that does not open waits where it was (G18)', () =>
    inScene(two, async (scene) => {
      const { damaged } = scene.world.service;
      for (const folder of ['a', 'a/deep', 'b', 'c']) scene.volume(0).makeFolder(folder);
      for (const path of ['a/x', 'a/y', 'a/deep/g', 'a/deep/h', 'b/old', 'c/z']) scene.write(0, path, path);
      await scene.sync();
      const known = scene.tree(1);
      scene.off(1);
      scene.volume(0).rename('a/x', 'b/moved');
      scene.volume(0).rename('a/deep', 'b/deep');
      scene.volume(0).remove('b/deep/h');
      scene.volume(0).remove('a/y');
      await scene.sync();
      scene.write(0, 'a/x', 'another');
      await scene.sync();
      damaged.add(await nodeOf(scene, 'b'));
      scene.on(1);
      await scene.sync();
      scene.world.scheduler.nowMs += 2 * secondLookMs;
      await scene.sync();
      assert.deepEqual(scene.tree(1), known, 'whatever may be in it stays');
      const waiting = { 'a/deep': 'damaged', 'a/deep/h': 'damaged', 'a/x': 'damaged', 'a/y': 'damaged', b: 'damaged' };
      assert.deepEqual(scene.troubles(1), waiting);
      // Nor does it go by another start; what is done here stays here, and all else goes on.
      scene.off(1);
      scene.write(1, 'a/x', 'edited here');
      scene.write(1, 'a/deep/g', 'edited here');
      scene.write(1, 'a/copy', 'a/x');
      scene.volume(1).remove('c/z');
      scene.on(1);
      await scene.sync();
      const { 'c/z': _, ...left } = known;
      assert.deepEqual(scene.tree(1), { ...left, 'a/copy': 'a/x', 'a/deep/g': 'edited here', 'a/x': 'edited here' });
      const there = { 'a/': '', 'a/copy': 'a/x', 'a/x': 'another', 'b/': '', 'b/deep/': '', 'b/old': 'b/old', 'c/': '' };
      assert.deepEqual(scene.tree(0), { ...there, 'b/deep/g': 'a/deep/g', 'b/moved': 'a/x' });
      assert.deepEqual(scene.troubles(1), waiting, 'what was removed here waits for nothing');
      damaged.clear();
      await aDayLater(scene);
      scene.assertTrees({ ...there, 'b/deep/g': 'edited here', 'b/moved': 'edited here' });
      assert.deepEqual(scene.troubles(1), {});
    }));

  test('what moved between two folders that do not open waits until both do (G18)', () =>
    inScene(two, async (scene) => {
      const { damaged } = scene.world.service;
      for (const folder of ['d', 'e', 'd/sub', 'e/sub2']) scene.volume(0).makeFolder(folder);
      for (const path of ['d/x', 'd/y', 'd/sub/f', 'e/w', 'e/sub2/g']) scene.write(0, path, path);
      await scene.sync();
      const known = scene.tree(1);
      scene.off(1);
      scene.volume(0).rename('d/x', 'e/x');
      scene.volume(0).rename('d/sub', 'e/sub');
      scene.volume(0).rename('e/w', 'd/w');
      scene.volume(0).rename('e/sub2', 'd/sub2');
      scene.volume(0).remove('d/y');
      await scene.sync();
      const [d, e] = [await nodeOf(scene, 'd'), await nodeOf(scene, 'e')];
      damaged.add(d).add(e);
      scene.on(1);
      await scene.sync();
      assert.deepEqual(scene.tree(1), known);
      damaged.delete(d);
      await aDayLater(scene);
      scene.world.scheduler.nowMs += 2 * secondLookMs;
      await scene.sync();
      assert.deepEqual(scene.tree(1), known, 'what left the one that opened may be in the other');
      assert.deepEqual(scene.troubles(1), { 'd/sub': 'damaged', 'd/x': 'damaged', 'd/y': 'damaged', e: 'damaged' });
      damaged.clear();
      await aDayLater(scene);
      const ofD = { 'd/': '', 'd/sub2/': '', 'd/sub2/g': 'e/sub2/g', 'd/w': 'e/w' };
      scene.assertTrees({ ...ofD, 'e/': '', 'e/sub/': '', 'e/sub/f': 'd/sub/f', 'e/x': 'd/x' });
      assert.deepEqual(scene.troubles(1), {});
    }));
});

/** Of a folder as it stands in the drive now: the id of its top node. */
async function nodeOf({ world }: Scene, name: string): Promise<string> {
  const { service, scheduler, account } = world;
  const connection = connect({ server: service.origin, transport: service.transport, clock: { now: () => scheduler.nowMs } });
  const drive = await openDrive(await account.addDevice(connection), { engine: nodeEngine });
  const entry = await drive.stat(`/${name}`);
  const content = entry?.entry.content;
  if (content?.kind !== 'directory') throw new Error(`${name} is no folder of the drive`);
  return formatHex(content.ref.id);
}

async function aDayLater(scene: Scene): Promise<void> {
  scene.world.scheduler.nowMs += retryMs.damaged + 1_000;
  await scene.sync();
}
