// The named cases of editors and locks; tests/storm/README.md says which there are.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { encodeUtf8 } from '@reprise/kit';
import { closeStage, inScene } from '../scene.ts';

after(closeStage);
const two = ['ext4', 'ext4'] as const;

describe('editors and locks', () => {
  test('E01 atomic-save', () =>
    inScene(two, async (scene) => {
      scene.write(0, 'f', 'first');
      await scene.sync();
      const before = scene.fid(1, 'f');
      scene.write(0, 'f.new', 'second');
      scene.volume(0).rename('f.new', 'f', true);
      await scene.sync();
      scene.assertTrees({ f: 'second' });
      assert.equal(scene.fid(1, 'f'), before);
    }));

  test('E02 word-save', () =>
    inScene(two, async (scene) => {
      scene.write(0, 'f.doc', 'first');
      await scene.sync();
      const before = scene.fid(1, 'f.doc');
      scene.apart(0, (volume) => {
        volume.writeFile('draft.tmp', encodeUtf8('second'));
        volume.rename('f.doc', 'old.tmp');
        volume.rename('draft.tmp', 'f.doc');
        volume.remove('old.tmp');
      });
      await scene.sync();
      scene.assertTrees({ 'f.doc': 'second' });
      assert.equal(scene.fid(1, 'f.doc'), before);
    }));

  test('E03 office-lock-files', () =>
    inScene(
      two,
      async (scene) => {
        for (const name of ['~$report.docx', '.~lock.report.odt#', 'report.docx']) scene.write(0, name, name);
        await scene.sync();
        assert.deepEqual(Object.keys(scene.tree(1)), ['report.docx']);
      },
      true,
    ));

  test('E04 file-held-open', () =>
    inScene(['ext4', 'ntfs'], async (scene) => {
      for (const name of ['held', 'gone', 'free']) scene.write(0, name, 'first');
      await scene.sync();
      const holders = ['held', 'gone'].map((name) => scene.volume(1).inode(name));
      for (const holder of holders) holder.holders++;
      for (const name of ['held', 'free']) scene.write(0, name, 'second');
      scene.volume(0).remove('gone');
      await scene.sync();
      assert.deepEqual(scene.tree(1), { free: 'second', gone: 'first', held: 'first' });
      assert.deepEqual(scene.troubles(1), { gone: 'locked', held: 'locked' });
      for (const holder of holders) holder.holders--;
      await scene.sync();
      scene.assertTrees({ free: 'second', held: 'second' });
      assert.deepEqual(scene.troubles(1), {});
    }));

  test('E06 vanishes-during-scan', () =>
    inScene(two, async (scene) => {
      scene.write(0, 'f', 'f');
      scene.write(0, 'stays', 'stays');
      scene.before(
        0,
        ({ verb }) => verb === 'look-listed',
        () => scene.volume(0).remove('f'),
      );
      await scene.sync();
      assert.ok(scene.hasHappened);
      scene.assertTrees({ stays: 'stays' });
      assert.deepEqual(scene.troubles(0), {});
    }));

  test('E07 rapid-edits-as-upload-ends', () =>
    inScene(two, async (scene) => {
      scene.write(0, 'f', 'edit 0');
      let edits = 0;
      scene.world.atCall = (device, call) => {
        if (device !== scene.devices[0] || call.port !== 'net' || !call.url.endsWith('/log') || edits >= 6) return;
        scene.write(0, 'f', `edit ${++edits}`);
      };
      await scene.sync();
      scene.world.atCall = undefined;
      assert.equal(edits, 6);
      await scene.sync();
      scene.assertTrees({ f: 'edit 6' });
    }));

  test('E05 growing-file', () =>
    inScene(two, async (scene) => {
      const before = Number(scene.devices[0]?.journal?.fact('seq') ?? 0);
      scene.write(0, 'log', '');
      let text = '';
      for (let line = 0; line < 60; line++) {
        text += `line ${line}\n`;
        scene.write(0, 'log', text);
        scene.devices[0]?.ring('');
        for (let turn = 0; turn < 8; turn++) await scene.world.turn();
        scene.world.scheduler.nowMs += 100;
      }
      const there = scene.read(1, 'log');
      assert.ok(there === null || text.startsWith(there), 'what is sent of it stood there once');
      await scene.sync();
      scene.assertTrees({ log: text });
      const commits = Number(scene.devices[0]?.journal?.fact('seq')) - before;
      assert.ok(commits <= 20, `${commits} versions of a file that was being written`);
    }));
});
