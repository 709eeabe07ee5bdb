// The named cases of kinds and attributes; tests/storm/README.md says which there are.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, describe, test } from 'node:test';
import { connect } from '@reprise/sdk';
import { type Drive, openDrive } from '@reprise/sdk/drive';
import type { Entry } from '@reprise/vault';
import { nodeEngine } from '@reprise/vault/node';
import { Draft } from '../../../client/sdk/src/drive/draft.ts';
import { blockBytes } from '../../../client/sync/src/testing/volume/content.ts';
import { closeStage, inScene, type Scene } from '../scene.ts';

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

  test('D03 upgrade-deletes-symlinks', () =>
    inScene(
      two,
      async (scene) => {
        for (const folder of ['d', 'd/sub', 'e']) scene.volume(0).makeFolder(folder);
        for (const path of ['d/f', 'd/sub/g', 'e/f']) scene.write(0, path, path);
        await scene.sync();
        const drive = await aDrive(scene);
        // As a later version would, which knows more kinds.
        await drive.commit(async (view) => {
          const draft = new Draft(view, drive.tools().random, scene.world.scheduler.nowMs);
          for (const path of [['d', 'sub'], ['e']]) draft.put(await draft.folder(path), ofLaterKind('odd'));
          return draft.plan();
        });
        const kindsAt = async (path: string): Promise<string> => {
          await drive.refresh();
          const found: string[] = [];
          for await (const entry of drive.list(path)) found.push(`${entry.name} ${entry.entry.content.kind}`);
          return found.toSorted().join(', ');
        };
        await scene.sync();
        const tree = { 'd/': '', 'd/f': 'd/f', 'd/sub/': '', 'd/sub/g': 'd/sub/g', 'e/': '', 'e/f': 'e/f' };
        scene.assertTrees(tree);
        // Nobody can delete it by what is done beside it, above it, or in its name; nor does a start bring it to a disk.
        scene.volume(0).rename('d', 'moved');
        scene.volume(0).remove('moved/sub/g');
        scene.volume(0).remove('moved/sub');
        scene.apart(1, (volume) => {
          volume.remove('e/f');
          volume.remove('e');
        });
        await scene.sync();
        assert.equal(await kindsAt('/moved/sub'), 'odd unknown');
        assert.equal(await kindsAt('/e'), 'odd unknown');
        for (const device of [0, 1]) {
          const there = Object.keys(scene.tree(device));
          assert.ok(!there.some((path) => path.includes('odd')), there.join());
        }
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

  test('D08 preallocate+sparse', () =>
    inScene(two, async (scene) => {
      const { blocksMax, blocksFree } = scene.volume(1);
      scene.volume(0).makeFile('disk.img', 4 * 2 ** 20);
      const lengths = new Set<number>();
      scene.world.atCall = (device, call) => {
        if (device !== scene.devices[1] || call.port !== 'disk' || call.call.verb !== 'write') return;
        lengths.add(scene.volume(1).inode(call.call.path).content.sizeBytes);
      };
      scene.volume(0).writeAt(scene.volume(0).inode('disk.img'), 'disk.img', 2 ** 20, Uint8Array.of(1));
      scene.volume(0).writeAt(scene.volume(0).inode('disk.img'), 'disk.img', 3 * 2 ** 20, Uint8Array.of(2));
      await scene.sync();
      assert.deepEqual([...lengths], [4 * 2 ** 20], 'it has its length before its first byte');
      assert.ok(blocksFree - (scene.volume(1).blocksFree - scene.volume(1).blocksMax + blocksMax) < 256, 'and its holes');
      assert.deepEqual(scene.volume(1).readFile('disk.img'), scene.volume(0).readFile('disk.img'));
    }));

  test('D10 mtime-2s, mtime-DST', () =>
    inScene(['ext4', 'fat'], async (scene) => {
      scene.write(0, 'a', 'a');
      scene.write(1, 'b', 'b');
      await scene.sync();
      const seq = scene.devices[0]?.journal?.fact('seq');
      scene.apart(1, (volume) => {
        for (const name of ['a', 'b']) volume.setTime(volume.inode(name), volume.inode(name).mtimeNs + 3_600_000_000_000n);
      });
      await scene.sync();
      assert.equal(scene.devices[0]?.journal?.fact('seq'), seq, 'an hour that a whole disk is off is no edit');
      scene.assertTrees({ a: 'a', b: 'b' });
      scene.write(0, 'a', 'edited');
      await scene.sync();
      scene.assertTrees({ a: 'edited', b: 'b' });
    }));

  test('D11 mtime-float', () =>
    inScene(two, async (scene) => {
      scene.write(0, 'f', 'f');
      scene.volume(0).setTime(scene.volume(0).inode('f'), 1_600_000_000_123_456_789n);
      await scene.sync();
      assert.equal(scene.volume(1).inode('f').mtimeNs, 1_600_000_000_123_456_789n);
    }));

  test('D12 mtime-absurd', () =>
    inScene(two, async (scene) => {
      const days = 86_400_000_000_000n;
      const times = { zero: 0n, before: -1n, ancient: -719_528n * days, far: 2_932_896n * days };
      for (const [name, timeNs] of Object.entries(times)) {
        scene.write(0, name, name);
        // Some are beyond what 64 bits of nanoseconds hold.
        scene.volume(0).setTime(scene.volume(0).inode(name), timeNs);
      }
      await scene.sync();
      scene.assertTrees({ ancient: 'ancient', before: 'before', far: 'far', zero: 'zero' });
      const seq = scene.devices[0]?.journal?.fact('seq');
      for (const device of [0, 1]) {
        scene.off(device);
        scene.on(device);
      }
      await scene.sync();
      assert.equal(scene.devices[0]?.journal?.fact('seq'), seq, 'and nobody takes them for edits');
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

  test('D17 dup-directory-entries', () =>
    inScene(two, async (scene) => {
      for (const name of ['a', 'b', 'c']) scene.write(0, name, name);
      const { names } = scene.volume(0);
      const entries = names.entries.bind(names);
      names.entries = (folder) => [...entries(folder)].flatMap((entry) => [entry, entry]).values();
      await scene.sync();
      scene.write(0, 'b', 'edited');
      scene.volume(0).rename('c', 'd');
      await scene.sync();
      names.entries = entries;
      await scene.sync();
      scene.assertTrees({ a: 'a', b: 'edited', d: 'c' });
    }));
});

async function aDrive({ world: { service, scheduler, account } }: Scene): Promise<Drive> {
  const connection = connect({ server: service.origin, transport: service.transport, clock: { now: () => scheduler.nowMs } });
  return openDrive(await account.addDevice(connection), { engine: nodeEngine });
}

function ofLaterKind(name: string): Entry {
  const fid = new Uint8Array(randomBytes(16));
  const content = { kind: 'unknown', number: 90, value: 7 } as const;
  return { name, fid, content, size: 0, mtimeNs: 0n, executable: false, digest: null, thumb: null, ext: new Map() };
}
