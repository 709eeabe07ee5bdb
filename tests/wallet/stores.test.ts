// What every store of a wallet does, wherever it is: one suite for memory, a folder, and the hidden file of a drive.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { connect } from '@reprise/sdk';
import { openDrive, walletFile } from '@reprise/sdk/drive';
import { nodeTransport, recordFiles } from '@reprise/sdk/node';
import { nodeEngine } from '@reprise/vault/node';
import { memoryWalletStore, type WalletStore } from '@reprise/wallet';
import { DriveAccount } from '../support/drive-account.ts';
import { type Host, startHost } from '../support/server.ts';

/** @param open one more door to the same store */
function describeStore(name: string, open: (store: string) => Promise<WalletStore> | WalletStore): void {
  describe(`a store ${name}`, () => {
    it('holds nothing at first, then what was saved last', async () => {
      const [one, other] = [await open('a'), await open('a')];
      assert.equal(await one.load(), undefined);
      assert.equal(await one.save(Uint8Array.of(1, 2), undefined), true);
      assert.deepEqual(await other.load(), Uint8Array.of(1, 2));
    });
    it('is replaced only by who has read what is there', async () => {
      const [one, other] = [await open('b'), await open('b')];
      assert.equal(await one.save(Uint8Array.of(9), Uint8Array.of(1)), false);
      assert.equal(await one.save(Uint8Array.of(1), undefined), true);
      assert.equal(await other.save(Uint8Array.of(2), undefined), false);
      assert.equal(await other.save(Uint8Array.of(2), Uint8Array.of(1)), true);
      assert.equal(await one.save(Uint8Array.of(3), Uint8Array.of(1)), false);
      assert.deepEqual(await one.load(), Uint8Array.of(2));
    });
    it('lets one of many win at a time, and loses nobody’s mark', async () => {
      const doors = await Promise.all(Array.from({ length: 3 }, () => open('c')));
      const mark = async (store: WalletStore, letter: number) => {
        for (let left = 3; left > 0; ) {
          const now = await store.load();
          if (await store.save(Uint8Array.of(...(now ?? []), letter), now)) left--;
        }
      };
      await Promise.all(doors.map(mark));
      const marks = [...((await doors[0]?.load()) ?? [])].sort();
      assert.deepEqual(marks, [0, 0, 0, 1, 1, 1, 2, 2, 2]);
    });
  });
}

const inMemory = new Map<string, WalletStore>();
describeStore('in memory', (name) => {
  const store = inMemory.get(name) ?? memoryWalletStore();
  inMemory.set(name, store);
  return store;
});

describe('on a disk', () => {
  let folder: string;
  before(() => void (folder = mkdtempSync(join(tmpdir(), 'reprise-wallet-'))));
  after(() => rmSync(folder, { recursive: true, force: true }));
  describeStore('in a folder', (name) => {
    const records = recordFiles(folder);
    return { load: async () => records.load(name), save: async (bytes, expected) => records.save(name, bytes, expected) };
  });
});

describe('at a host', () => {
  let host: Host;
  const accounts = new Map<string, Promise<DriveAccount>>();
  const transport = nodeTransport();
  before(async () => void (host = await startHost()));
  after(async () => {
    transport[Symbol.dispose]();
    await host[Symbol.asyncDispose]();
  });
  describeStore('in a drive, two devices or more', async (name) => {
    const account = accounts.get(name) ?? DriveAccount.open(connect({ server: host.url, transport }));
    accounts.set(name, account);
    const drive = await openDrive((await account).first, { engine: nodeEngine });
    return walletFile(drive);
  });
});
