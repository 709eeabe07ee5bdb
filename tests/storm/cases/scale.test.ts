// The named cases of many files: a look holds one folder at a time; tests/storm/README.md says which there are.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { formatHex, systemRandom } from '@reprise/kit';
import { Journal, nodeDisk, sha256 } from '@reprise/sync/node';
import { Ignore } from '../../../client/sync/src/ignore.ts';
import type { Disk, Listed } from '../../../client/sync/src/ports.ts';
import { scan } from '../../../client/sync/src/scan.ts';
import type { NodeId } from '../../../client/sync/src/tree.ts';

const perFolder = 50;
/** A look that is under way has one folder in its hands, and may not have let go of the one before. */
const foldersHeldMax = 2;

/** Files of a few bytes that were written long ago, fifty in a folder and a hundred folders in one above. */
function fill(folder: string, files: number): void {
  const longAgo = Date.now() / 1_000 - 86_400;
  for (let file = 0; file < files; file++) {
    const number = Math.floor(file / perFolder);
    const below = join(folder, String(Math.floor(number / 100)), String(number % 100));
    if (file % perFolder === 0) mkdirSync(below, { recursive: true });
    writeFileSync(join(below, `${file}.txt`), `file ${file}\n`);
    utimesSync(join(below, `${file}.txt`), longAgo, longAgo);
  }
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Which of what a disk answered is still held, asked before each of its next answers. */
class Held {
  readonly listings: WeakRef<object>[] = [];
  readonly stamps: WeakRef<object>[] = [];
  listingsMost = 0;
  stampsMost = 0;
  longest = 0;
  #calls = 0;

  of(disk: Disk): Disk {
    const list = async (folder: string): Promise<readonly Listed[]> => {
      // What a turn of the loop asked a reference for, it holds until it ends.
      await nextTurn();
      this.#look();
      const listed = await disk.list(folder);
      this.longest = Math.max(this.longest, listed.length);
      this.listings.push(new WeakRef(listed));
      for (const { stamp } of listed) if (stamp) this.stamps.push(new WeakRef(stamp));
      return listed;
    };
    return new Proxy(disk, {
      get: (target, verb) => {
        if (verb === 'list') return list;
        const found = Reflect.get(target, verb) as unknown;
        return typeof found === 'function' ? found.bind(target) : found;
      },
    });
  }

  #look(): void {
    if (this.#calls++ % 10 !== 9) return;
    collect();
    const alive = (held: readonly WeakRef<object>[]): number => held.filter((one) => one.deref() !== undefined).length;
    this.listingsMost = Math.max(this.listingsMost, alive(this.listings));
    this.stampsMost = Math.max(this.stampsMost, alive(this.stamps));
  }
}

describe('many files', () => {
  test('F06 1.2M-files', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'reprise-many-'));
    try {
      const root = join(folder, 'root');
      fill(root, 6_000);
      using journal = Journal.open(join(folder, 'journal'), { root: 'r', space: 's', folder: '0'.repeat(32) });
      const disk = nodeDisk(root);
      const tools = {
        probe: await disk.probe(),
        journal,
        ignore: new Ignore([]),
        hash: sha256,
        newId: () => formatHex(systemRandom(16)) as NodeId,
        nowNs: () => BigInt(Date.now()) * 1_000_000n,
        isRoot: async () => true,
      };
      const [first, again] = [new Held(), new Held()];
      await scan({ ...tools, disk: first.of(disk) }, 'all');
      const { seen } = await scan({ ...tools, disk: again.of(disk) }, 'all');
      assert.equal(seen, 6_000 + 120 + 2);
      for (const { listingsMost, longest } of [first, again]) {
        assert.ok(listingsMost <= foldersHeldMax, `${listingsMost} listings are held at once`);
        assert.ok(longest <= 100, `one answer tells of ${longest} names`);
      }
      // What is new is held until it is told: so what is held is seen here.
      assert.ok(first.stampsMost > 5_000, `${first.stampsMost} files are held that were never seen before`);
      assert.ok(again.stampsMost <= foldersHeldMax * 100, `a look where nothing changed holds what it saw of ${again.stampsMost} files`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
