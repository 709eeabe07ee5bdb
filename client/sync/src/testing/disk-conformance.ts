// What every disk does behind the port, be it real or in memory: one suite for all, as far as each can.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { encodeUtf8 } from '@reprise/kit';
import { type Disk, type DiskPath, DiskRefusal, type RefusalReason } from '../ports.ts';
import { inodeOf } from '../stamps.ts';

/** Another program on the same disk. */
export interface Neighbour {
  write(path: DiskPath, text: string): void;
  read(path: DiskPath): string;
  makeFolder(path: DiskPath): void;
  remove(path: DiskPath): void;
  rename(from: DiskPath, to: DiskPath): void;
  makeLink(path: DiskPath, target: string): void;
  /** A FIFO, a socket or a device. */
  makeSpecial(path: DiskPath): void;
  /** A file whose name is these bytes. */
  writeRaw(folder: DiskPath, name: Uint8Array): void;
  /** Blocks that hold bytes, in bytes. */
  roomOf(path: DiskPath): number;
  /** Nobody may list what is in the folder any more, or again. @returns whether that has an effect here */
  deny(folder: DiskPath, isDenied: boolean): boolean;
}

export type DiskUnderTest = {
  readonly name: string;
  /** Opens an empty one. */
  readonly open: () => Promise<{ readonly disk: Disk; readonly neighbour: Neighbour } & AsyncDisposable>;
  /** What is to be found by probing. */
  readonly expected: {
    readonly foldsCase: boolean;
    /** Finds a name under every normalization form. */
    readonly foldsForms: boolean;
    readonly spells: 'as-given' | 'decomposed';
    readonly hasHardLinks: boolean;
    readonly hasLinks: boolean;
    readonly hasExecutableBit: boolean;
    readonly hasRawNames: boolean;
    readonly mtimeStepNs: bigint;
    readonly refusedNames: readonly string[];
    readonly heldNames: readonly string[];
  };
};

const meta = { mtimeNs: 1_700_000_000_000_000_000n, isExecutable: false };
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

export function describeDisk({ name: title, open, expected }: DiskUnderTest): void {
  const on =
    (act: (disk: Disk, neighbour: Neighbour) => Promise<void>): (() => Promise<void>) =>
    async () => {
      await using opened = await open();
      await act(opened.disk, opened.neighbour);
    };

  describe(`a disk: ${title}`, () => {
    describe('looks', () => {
      test(
        'at what stands at a path, and finds nothing where nothing is',
        on(async (disk, neighbour) => {
          neighbour.makeFolder('a');
          neighbour.write('a/b', 'hello');
          const [folder, file] = [await disk.look('a'), await disk.look('a/b')];
          assert.equal(folder?.kind, 'folder');
          assert.equal(file?.kind, 'file');
          assert.equal(file.sizeBytes, 5);
          assert.equal(file.device, folder.device);
          assert.notEqual(file.inode, folder.inode);
          assert.equal(await disk.look('x'), null);
          assert.equal(await disk.look('x/y'), null);
          assert.equal((await disk.look(''))?.kind, 'folder');
        }),
      );
      test(
        'at all that is in a folder, with the stamps that `look` gives',
        on(async (disk, neighbour) => {
          neighbour.makeFolder('a');
          neighbour.write('a/b', 'b');
          neighbour.makeFolder('a/c');
          neighbour.write('a/c/d', 'd');
          const listed = new Map((await disk.list('a')).map(({ name, stamp }) => [name, stamp]));
          assert.deepEqual([...listed.keys()].toSorted(), ['b', 'c']);
          assert.deepEqual(listed.get('b'), await disk.look('a/b'));
          assert.deepEqual(listed.get('c'), await disk.look('a/c'));
          assert.deepEqual(await disk.list('a/c').then((items) => items.map((item) => item.name)), ['d']);
        }),
      );
      test(
        'and refuses to list what is no folder or is not there',
        on(async (disk, neighbour) => {
          neighbour.write('a', 'a');
          await refuses(disk.list('a'), 'not-a-folder');
          await refuses(disk.list('b'), 'absent');
          await refuses(disk.list('b/c'), 'absent');
          await refuses(disk.list('a/c'), 'not-a-folder');
          await refuses(disk.look('a/c'), 'not-a-folder');
        }),
      );
      test(
        'at nothing outside: names that would lead out are no names',
        on(async (disk) => {
          for (const path of ['..', '../x', 'a/../..', '.', 'a//b', '/', '/etc', 'a\0b']) await refuses(disk.look(path), 'name-refused');
        }),
      );
      test(
        'at a folder that may not be read, says so, and takes nothing in it for gone',
        on(async (disk, neighbour) => {
          neighbour.makeFolder('a');
          neighbour.write('a/b', 'b');
          if (!neighbour.deny('a', true)) return;
          await refuses(disk.list('a'), 'denied');
          neighbour.deny('a', false);
          assert.equal((await disk.list('a')).length, 1);
        }),
      );
      if (expected.hasRawNames)
        test(
          'at names that are no UTF-8, and gives none for them',
          on(async (disk, neighbour) => {
            neighbour.write('good', 'x');
            neighbour.writeRaw('', Uint8Array.of(0x61, 0xff, 0xfe));
            const listed = await disk.list('');
            assert.deepEqual(
              listed.map(({ name, stamp }) => [name, stamp?.kind]).toSorted(),
              [
                [null, 'file'],
                ['good', 'file'],
              ].toSorted(),
            );
          }),
        );
    });

    describe('reads', () => {
      test(
        'ranges of a file that it holds open, whatever becomes of its name',
        on(async (disk, neighbour) => {
          neighbour.write('a', 'hello world');
          const file = await disk.open('a');
          assert.equal(text(await file.read(6, 5)), 'world');
          assert.equal(text(await file.read(6, 50)), 'world');
          assert.equal((await file.read(50, 5)).length, 0);
          assert.deepEqual(await file.stat(), await disk.look('a'));
          await file.close();
        }),
      );
      test(
        'no folder, and nothing that is not there',
        on(async (disk, neighbour) => {
          neighbour.makeFolder('a');
          await refuses(disk.open('a'), 'special');
          await refuses(disk.open('b'), 'absent');
        }),
      );
      if (expected.hasLinks) {
        test(
          'the target of a link, and never what it leads to',
          on(async (disk, neighbour) => {
            neighbour.write('a', 'a');
            neighbour.makeLink('l', 'a');
            assert.equal((await disk.look('l'))?.kind, 'link');
            assert.equal(await disk.readLink('l'), 'a');
            await refuses(disk.open('l'), 'special');
            await refuses(disk.readLink('a'), 'special');
          }),
        );
        test(
          'nothing, writes nothing and makes nothing through a link to a folder',
          on(async (disk, neighbour) => {
            neighbour.makeFolder('real');
            neighbour.write('real/f', 'f');
            neighbour.makeLink('l', 'real');
            await refuses(disk.list('l'), 'not-a-folder');
            await refuses(disk.look('l/f'), 'not-a-folder');
            await refuses(disk.open('l/f'), 'not-a-folder');
            await refuses(disk.create('l/new', 0), 'not-a-folder');
            await refuses(disk.makeFolder('l/new'), 'not-a-folder');
            await refuses(disk.remove('l/f'), 'not-a-folder');
            await refuses(disk.move('l/f', 'stolen'), 'not-a-folder');
            await refuses(disk.move('real/f', 'l/g'), 'not-a-folder');
            await refuses(disk.sync('l'), 'not-a-folder');
            assert.equal(neighbour.read('real/f'), 'f');
          }),
        );
        test(
          'a special file never: it would wait for whoever writes to it',
          on(async (disk, neighbour) => {
            neighbour.makeSpecial('pipe');
            assert.equal((await disk.look('pipe'))?.kind, 'special');
            await refuses(disk.open('pipe'), 'special');
            await refuses(disk.mark('pipe', true), 'special');
          }),
        );
      }
    });

    describe('writes', () => {
      test(
        'a new file whole, and says how it looks then',
        on(async (disk, neighbour) => {
          const file = await disk.create('a', 6);
          assert.equal((await disk.look('a'))?.sizeBytes, 6);
          await file.write(3, encodeUtf8('def'));
          await file.write(0, encodeUtf8('abc'));
          const stamp = await file.finish(meta);
          assert.deepEqual(stamp, await disk.look('a'));
          assert.equal(stamp.mtimeNs, meta.mtimeNs);
          assert.equal(neighbour.read('a'), 'abcdef');
        }),
      );
      test(
        'no file over another, and none into a folder that is not there',
        on(async (disk, neighbour) => {
          neighbour.write('a', 'old');
          await refuses(disk.create('a', 3), 'taken');
          await refuses(disk.create('x/a', 3), 'absent');
          await refuses(disk.create('a/b', 3), 'not-a-folder');
          assert.equal(neighbour.read('a'), 'old');
        }),
      );
      test(
        'zeros as holes',
        on(async (disk, neighbour) => {
          const sizeBytes = 2 ** 20;
          const file = await disk.create('a', sizeBytes);
          const bytes = new Uint8Array(sizeBytes);
          bytes[5] = 1;
          await file.write(0, bytes);
          assert.equal((await file.finish(meta)).sizeBytes, sizeBytes);
          assert.ok(neighbour.roomOf('a') <= 2 ** 17, 'one block of many is there');
          const read = await disk.open('a');
          assert.deepEqual(await read.read(0, 8), Uint8Array.of(0, 0, 0, 0, 0, 1, 0, 0));
          assert.ok((await read.read(2 ** 19, 4096)).every((byte) => byte === 0));
          await read.close();
        }),
      );
      test(
        'times as the disk keeps them, the strangest as well',
        on(async (disk) => {
          for (const [index, mtimeNs] of [0n, 1n, -1_000_000_000n, 253_402_300_799_000_000_000n, -62_135_596_800_000_000_000n].entries()) {
            const file = await disk.create(`t${index}`, 0);
            assert.deepEqual(await file.finish({ ...meta, mtimeNs }), await disk.look(`t${index}`));
          }
        }),
      );
      test(
        'times to the microsecond, or as coarsely as the disk keeps them',
        on(async (disk) => {
          const wanted = 1_600_000_000_123_456_789n;
          const { mtimeNs } = await (await disk.create('f', 0)).finish({ ...meta, mtimeNs: wanted });
          const away = mtimeNs < wanted ? wanted - mtimeNs : mtimeNs - wanted;
          assert.ok(away < (expected.mtimeStepNs > 1_000n ? expected.mtimeStepNs : 1_000n), `${away} ns away`);
        }),
      );
      if (expected.hasExecutableBit)
        test(
          'the mark of what can be run, which is no new content',
          on(async (disk) => {
            const stamp = await (await disk.create('a', 0)).finish({ ...meta, isExecutable: true });
            assert.equal(stamp.isExecutable, true);
            await disk.mark('a', false);
            const marked = await disk.look('a');
            assert.equal(marked?.isExecutable, false);
            assert.equal(marked.mtimeNs, stamp.mtimeNs);
            await disk.mark('a', true);
            assert.equal((await disk.look('a'))?.isExecutable, true);
            await disk.makeFolder('b');
            await refuses(disk.mark('b', true), 'special');
            await refuses(disk.mark('c', true), 'absent');
          }),
        );
      test(
        'folders, once',
        on(async (disk, neighbour) => {
          await disk.makeFolder('a');
          await refuses(disk.makeFolder('a'), 'taken');
          neighbour.write('b', 'b');
          await refuses(disk.makeFolder('b'), 'taken');
          await refuses(disk.makeFolder('x/y'), 'absent');
          await disk.makeFolder('a/b');
          await disk.sync('a');
          await disk.sync('');
        }),
      );
      if (expected.hasLinks)
        test(
          'links as text, whatever they lead to',
          on(async (disk) => {
            await disk.makeLink('l', '../outside/é');
            assert.equal(await disk.readLink('l'), '../outside/é');
            assert.equal((await disk.look('l'))?.sizeBytes, encodeUtf8('../outside/é').length);
            await refuses(disk.makeLink('l', 'x'), 'taken');
          }),
        );
      else
        test(
          'no links',
          on(async (disk) => refuses(disk.makeLink('l', 'x'), 'unsupported')),
        );
    });

    describe('moves', () => {
      test(
        'files, folders with all that is in them, and keeps which node each is',
        on(async (disk, neighbour) => {
          neighbour.makeFolder('a');
          neighbour.makeFolder('b');
          neighbour.write('a/f', 'f');
          const [folder, file] = [await disk.look('a'), await disk.look('a/f')];
          const moved = await disk.move('a/f', 'b/g');
          assert.deepEqual(moved, await disk.look('b/g'));
          assert.equal((await disk.look('b/g'))?.inode, file?.inode);
          assert.equal(await disk.look('a/f'), null);
          await disk.move('a', 'b/a');
          assert.equal((await disk.look('b/a'))?.inode, folder?.inode);
          assert.deepEqual(await disk.move('b/a', 'c'), await disk.look('c'));
          assert.equal(neighbour.read('b/g'), 'f');
        }),
      );
      test(
        'nothing over anything, be it a file, an empty folder or one that is not',
        on(async (disk, neighbour) => {
          neighbour.write('f', 'f');
          neighbour.write('g', 'g');
          neighbour.makeFolder('empty');
          neighbour.makeFolder('full');
          neighbour.write('full/x', 'x');
          for (const to of ['g', 'empty', 'full']) await refuses(disk.move('f', to), 'taken');
          for (const to of ['g', 'empty']) await refuses(disk.move('full', to), 'taken');
          await refuses(disk.move('empty', 'full'), 'taken');
          assert.equal(neighbour.read('g'), 'g');
          assert.equal(neighbour.read('full/x'), 'x');
          assert.equal((await disk.look('empty'))?.kind, 'folder');
        }),
      );
      test(
        'no folder below itself, and nothing that is not there',
        on(async (disk, neighbour) => {
          neighbour.makeFolder('a');
          neighbour.makeFolder('a/b');
          await refuses(disk.move('a', 'a/b/c'), 'name-refused');
          await refuses(disk.move('x', 'y'), 'absent');
          await refuses(disk.move('a', 'x/y'), 'absent');
        }),
      );
      if (expected.foldsCase)
        test(
          'a node to another spelling of its name',
          on(async (disk, neighbour) => {
            neighbour.write('name', 'n');
            neighbour.makeFolder('folder');
            await disk.move('name', 'Name');
            await disk.move('folder', 'FOLDER');
            assert.deepEqual((await disk.list('')).map(({ name }) => name).toSorted(), ['FOLDER', 'Name']);
            assert.equal(neighbour.read('name'), 'n');
          }),
        );
      test(
        'a file over another with nothing in between, and over no folder',
        on(async (disk, neighbour) => {
          neighbour.write('old', 'old');
          neighbour.write('new', 'new');
          neighbour.makeFolder('folder');
          const { inode } = (await disk.look('new')) ?? assert.fail('it is there');
          await disk.replace('new', 'old');
          assert.equal(neighbour.read('old'), 'new');
          assert.equal((await disk.look('old'))?.inode, inode);
          assert.equal(await disk.look('new'), null);
          await disk.replace('old', 'elsewhere');
          await refuses(disk.replace('elsewhere', 'folder'), 'taken');
          await refuses(disk.replace('folder', 'elsewhere'), 'taken');
          await refuses(disk.replace('gone', 'elsewhere'), 'absent');
        }),
      );
      test(
        'a file over the one that was meant, and over none that took its place',
        on(async (disk, neighbour) => {
          neighbour.write('f', 'old');
          neighbour.write('new', 'new');
          const meant = (await disk.look('f')) ?? assert.fail('it is there');
          neighbour.write('saved', 'saved');
          await disk.replace('saved', 'f');
          await refuses(disk.replace('new', 'f', inodeOf(meant)), 'taken');
          assert.equal(neighbour.read('f'), 'saved');
          await disk.replace('new', 'f', inodeOf((await disk.look('f')) ?? meant));
          assert.equal(neighbour.read('f'), 'new');
          await refuses(disk.replace('f', 'gone', inodeOf(meant)), 'taken');
        }),
      );
      test(
        'no file away where a folder was',
        on(async (disk, neighbour) => {
          neighbour.makeFolder('a');
          neighbour.write('f', 'f');
          await disk.removeFolder('a');
          await refuses(disk.removeFolder('a'), 'absent');
          await refuses(disk.removeFolder('f'), 'not-a-folder');
          neighbour.makeFolder('full');
          neighbour.write('full/x', 'x');
          await refuses(disk.removeFolder('full'), 'not-empty');
          assert.equal(neighbour.read('f'), 'f');
        }),
      );
      test(
        'what is gone out of the way: files, links, and folders that are empty',
        on(async (disk, neighbour) => {
          neighbour.makeFolder('a');
          neighbour.write('a/f', 'f');
          await refuses(disk.remove('a'), 'not-empty');
          await disk.remove('a/f');
          await disk.remove('a');
          await refuses(disk.remove('a'), 'absent');
          assert.deepEqual(await disk.list(''), []);
        }),
      );
      if (expected.hasHardLinks)
        test(
          'nothing by giving a second name, over nothing',
          on(async (disk, neighbour) => {
            neighbour.write('a', 'a');
            neighbour.write('b', 'b');
            await disk.link('a', 'c');
            assert.equal((await disk.look('c'))?.inode, (await disk.look('a'))?.inode);
            await refuses(disk.link('a', 'b'), 'taken');
            await refuses(disk.link('x', 'y'), 'absent');
            await disk.remove('a');
            assert.equal(neighbour.read('c'), 'a');
            assert.equal(neighbour.read('b'), 'b');
          }),
        );
      else
        test(
          'no second names',
          on(async (disk, neighbour) => {
            neighbour.write('a', 'a');
            await refuses(disk.link('a', 'b'), 'unsupported');
          }),
        );
    });

    describe('is probed', () => {
      test(
        'and found to be what it is, with nothing left behind',
        on(async (disk, neighbour) => {
          neighbour.write('mine', 'mine');
          const found = await disk.probe();
          const { foldsCase, hasHardLinks, hasLinks, hasExecutableBit, mtimeStepNs } = expected;
          assert.deepEqual(
            [found.foldsCase, found.hasHardLinks, found.hasLinks, found.hasExecutableBit, found.mtimeStepNs],
            [foldsCase, hasHardLinks, hasLinks, hasExecutableBit, mtimeStepNs],
          );
          assert.equal(found.device, (await disk.look(''))?.device);
          assert.ok(found.freeBytes > 0);
          assert.deepEqual(
            (await disk.list('')).map(({ name }) => name),
            ['mine'],
          );
        }),
      );
      test(
        'and refuses the names that probing said, and no other',
        on(async (disk) => {
          const { refusesName } = await disk.probe();
          for (const name of expected.refusedNames) {
            assert.ok(refusesName(name), `${JSON.stringify(name)} is refused`);
            await assert.rejects(disk.create(name, 0), DiskRefusal);
          }
          for (const name of expected.heldNames) {
            assert.ok(!refusesName(name), `${JSON.stringify(name)} is held`);
            await (await disk.create(name, 0)).finish(meta);
            const spelled = expected.spells === 'decomposed' ? name.normalize('NFD') : name;
            assert.ok((await disk.list('')).some((listed) => listed.name === spelled));
            await disk.remove(name);
          }
        }),
      );
      test(
        'and tells normalization forms apart, or not',
        on(async (disk, neighbour) => {
          neighbour.write('é'.normalize('NFC'), 'e');
          const stamp = await disk.look('é'.normalize('NFD'));
          assert.equal(stamp !== null, expected.foldsForms);
        }),
      );
    });
  });
}

async function refuses(act: Promise<unknown>, reason: RefusalReason): Promise<void> {
  await assert.rejects(act, (error) => {
    assert.ok(error instanceof DiskRefusal, String(error));
    assert.equal(error.reason, reason, error.message);
    return true;
  });
}
