// Small pictures beside files, against a real host: made at the upload or later, carried by copies, versions and the trash, and gone with
// their file.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { connect, inlinePool } from '@reprise/sdk';
import { type Drive, type FilePicture, memoryHeadStore, openDrive, type OpenDriveOptions } from '@reprise/sdk/drive';
import { nodeTransport, type NodeTransport } from '@reprise/sdk/node';
import { nodeEngine } from '@reprise/vault/node';
import { DriveAccount } from '../support/drive-account.ts';
import { type Host, startHost } from '../support/server.ts';
import { memoryFile } from './content.ts';

let host: Host;
let transport: NodeTransport;
before(async () => {
  host = await startHost();
  transport = nodeTransport();
});
after(async () => {
  transport?.[Symbol.dispose]();
  await host?.[Symbol.asyncDispose]();
});

const connection = () => connect({ server: host.url, transport });
const options = (): OpenDriveOptions => ({ engine: nodeEngine, pool: inlinePool(nodeEngine), heads: memoryHeadStore() });
const takenS = Date.UTC(2024, 6, 14, 23, 30) / 1000;

/** A JPEG as far as a thumbnail's first bytes go. */
function picture(fill: number, length = 20_000): Uint8Array {
  const bytes = new Uint8Array(length).fill(fill);
  bytes.set([0xff, 0xd8, 0xff, 0xe0]);
  return bytes;
}

async function put(drive: Drive, path: string, text: string, made: FilePicture | null | Error, onTaken: 'version' | 'both' = 'both') {
  const make = async () => {
    if (made instanceof Error) throw made;
    return made;
  };
  await (await drive.put('/', [memoryFile(path, text)], { picture: make, onTaken })).finished;
}

async function shown(drive: Drive, ...paths: string[]): Promise<(number | null)[]> {
  const found = await drive.thumbnails(await Promise.all(paths.map((path) => drive.stat(path))));
  return found.map((one) => one && (one.picture[10] ?? 0));
}

describe('the pictures of a drive', () => {
  test('come with an upload, are read by another device in one go, and say when they were taken', async () => {
    const account = await DriveAccount.open(connection());
    const drive = await openDrive(account.first, options());
    await put(drive, 'a.jpg', 'a', { thumbnail: picture(1), takenS });
    await put(drive, 'b.jpg', 'b', { thumbnail: picture(2, 262_144), takenS: null });
    await put(drive, 'c.txt', 'c', null);
    await put(drive, 'd.jpg', 'd', new Error('broken'));
    await put(drive, 'e.jpg', 'e', { thumbnail: picture(3, 262_145), takenS: Date.UTC(3000, 0) / 1000 });
    const other = await openDrive(await account.addDevice(connection()), options());
    assert.deepEqual(await shown(other, '/a.jpg', '/b.jpg', '/c.txt', '/d.jpg', '/e.jpg'), [1, 2, null, null, null]);
    assert.equal((await other.stat('/a.jpg')).takenMs, 1000 * takenS);
    assert.equal((await other.stat('/e.jpg')).takenMs, null);
  });

  test('go along with copies, moves, the trash and versions; a new content has its own or none', async () => {
    const account = await DriveAccount.open(connection());
    const drive = await openDrive(account.first, options());
    await put(drive, 'a.jpg', 'one', { thumbnail: picture(1), takenS });
    await drive.copy('/a.jpg', '/copy.jpg');
    await drive.move('/a.jpg', '/b.jpg');
    await drive.remove(['/copy.jpg']);
    await drive.restore([(await Array.fromAsync(drive.trash()))[0]!.id]);
    assert.deepEqual(await shown(drive, '/b.jpg', '/copy.jpg'), [1, 1]);
    await put(drive, 'b.jpg', 'two', { thumbnail: picture(2), takenS: takenS + 60 }, 'version');
    await put(drive, 'copy.jpg', 'two', null, 'version');
    assert.deepEqual(await shown(drive, '/b.jpg', '/copy.jpg'), [2, null]);
    assert.deepEqual([(await drive.stat('/b.jpg')).takenMs, (await drive.stat('/copy.jpg')).takenMs], [1000 * (takenS + 60), null]);
    const [, first] = await drive.versions('/b.jpg');
    await drive.restoreVersion('/b.jpg', first!.seq);
    assert.deepEqual(await shown(drive, '/b.jpg'), [1]);
    assert.equal((await drive.stat('/b.jpg')).takenMs, 1000 * takenS);
  });

  test('are put beside files that came without, unless these changed meanwhile', async () => {
    const account = await DriveAccount.open(connection());
    const drive = await openDrive(account.first, options());
    for (const name of ['a.jpg', 'b.jpg', 'c.jpg', 'd.jpg']) await put(drive, name, name, null);
    const made = await Promise.all(
      ['/a.jpg', '/b.jpg', '/c.jpg', '/d.jpg'].map(async (path) => ({
        entry: await drive.stat(path),
        picture: { thumbnail: picture(7), takenS },
      })),
    );
    await put(drive, 'b.jpg', 'another', null, 'version');
    await drive.remove(['/c.jpg']);
    await drive.move('/d.jpg', '/e.jpg');
    await drive.keepPictures(made);
    assert.deepEqual(await shown(drive, '/a.jpg', '/b.jpg', '/e.jpg'), [7, null, null]);
    const entry = await drive.stat('/a.jpg');
    assert.equal(entry.takenMs, 1000 * takenS);
    assert.equal(entry.modifiedMs, made[0]!.entry.modifiedMs);
    assert.equal((await drive.versions('/a.jpg')).length, 1);
    const { seq } = drive;
    const nothing = { added: 0, removed: 0, changed: 0, first: null };
    assert.deepEqual((await drive.momentCounts([seq])).get(seq), nothing, 'nobody changed anything');
    await drive.keepPictures(made);
    assert.equal(drive.seq, seq, 'nothing is left to change, so nothing is committed');
  });

  test('count in the allowance, and end with the last file that names them', async () => {
    const account = await DriveAccount.open(connection());
    const drive = await openDrive(account.first, options());
    await put(drive, 'plain.jpg', 'x', null);
    const before = (await drive.usage()).liveBytes;
    await put(drive, 'a.jpg', 'x', { thumbnail: picture(1, 60_000), takenS: null });
    const withPicture = (await drive.usage()).liveBytes;
    assert.ok(withPicture - before > 64_000, `${withPicture - before} bytes more`);
    await drive.remove(['/a.jpg']);
    await drive.emptyTrash();
    await drive.sweep();
    const { liveBytes } = await drive.usage();
    assert.ok(withPicture - liveBytes > 64_000, `${withPicture - liveBytes} bytes less`);
  });
});
