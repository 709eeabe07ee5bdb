// What devices say of the folders that they sync, against a real host: every device reads it, its age decides what it is worth, and it stays small.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Bytes, formatHex, parseHex, systemRandom } from '@reprise/kit';
import { connect, inlinePool } from '@reprise/sdk';
import { type Drive, memoryHeadStore, openDrive, readSyncStates, saySyncState, syncHeartbeatMs, type SyncSaid } from '@reprise/sdk/drive';
import { nodeTransport, type NodeTransport } from '@reprise/sdk/node';
import { encodeKeptList, syncStatesList } from '@reprise/vault';
import { nodeEngine } from '@reprise/vault/node';
import { DriveAccount } from '../support/drive-account.ts';
import { overwrite, plant } from '../support/rubbish.ts';
import { type Host, startHost } from '../support/server.ts';

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
const options = () => ({ engine: nodeEngine, pool: inlinePool(nodeEngine), heads: memoryHeadStore() });
const nowMs = 1_790_000_000_000;
const said = (folder: string, change: Partial<SyncSaid> = {}): SyncSaid => ({
  root: formatHex(systemRandom(16)),
  folder,
  drivePath: '/',
  state: 'in-step',
  holds: { removals: 0, conflicts: 0, fullDisk: 0, others: 0 },
  ...change,
});
const shown = async (drive: Drive, atMs: number) => {
  await drive.refresh();
  return (await readSyncStates(drive, atMs)).map(({ folder, state, isFresh }) => [folder, state, isFresh]);
};

test('each device reads what the others said last, also where two spoke at once', async () => {
  const account = await DriveAccount.open(connection());
  const drive = await openDrive(account.first, options());
  const otherSession = await account.addDevice(connection());
  const other = await openDrive(otherSession, options());
  assert.deepEqual(await shown(other, nowMs), []);
  const photos = said('/photos', { state: 'attention', holds: { removals: 4, conflicts: 1, fullDisk: 0, others: 2 } });
  await Promise.all([saySyncState(drive, photos, nowMs), saySyncState(other, said('/music'), nowMs)]);
  await saySyncState(drive, said('/work', { state: 'paused' }), nowMs);
  await other.refresh();
  const states = await readSyncStates(other, nowMs);
  assert.deepEqual(
    states.filter(({ deviceId }) => deviceId === account.first.deviceId).map(({ folder, state }) => [folder, state]),
    [
      ['/photos', 'attention'],
      ['/work', 'paused'],
    ],
  );
  assert.deepEqual(states.find(({ root }) => root === photos.root)?.holds, photos.holds);
  assert.deepEqual(
    states.filter(({ deviceId }) => deviceId === otherSession.deviceId).map(({ folder }) => folder),
    ['/music'],
  );
  await saySyncState(drive, { ...photos, state: 'in-step' }, nowMs + 1);
  await drive.refresh();
  assert.equal((await readSyncStates(drive, nowMs + 1)).find(({ root }) => root === photos.root)?.state, 'in-step');
});

test('what is older than a heartbeat and a half hour, or from the future, counts no more', async () => {
  const drive = await openDrive((await DriveAccount.open(connection())).first, options());
  await saySyncState(drive, said('/a'), nowMs);
  const last = nowMs + syncHeartbeatMs + 30 * 60_000;
  const rows = [
    [nowMs, true],
    [last, true],
    [last + 1, false],
    [nowMs - 300_000, true],
    [nowMs - 300_001, false],
  ] as const;
  for (const [atMs, isFresh] of rows) assert.deepEqual(await shown(drive, atMs), [['/a', 'in-step', isFresh]], String(atMs - nowMs));
});

test('the list stays small: of 256 folders the newest stay, of a long path the end, and nothing for longer than 90 days', async () => {
  const drive = await openDrive((await DriveAccount.open(connection())).first, options());
  await saySyncState(drive, said('/first'), nowMs);
  const device = parseHex(drive.parts.session.deviceId) as Bytes;
  const items = Array.from({ length: 256 }, (_, i) => ({ ...said(`/${i}`), device, root: systemRandom(16), saidMs: nowMs + i }));
  await overwrite(drive, 'states', encodeKeptList(syncStatesList, { items, unread: [] }));
  await saySyncState(drive, said('/last'), nowMs + 256);
  const folders = (await shown(drive, nowMs)).map(([folder]) => folder);
  assert.equal(folders.length, 256);
  assert.ok(!folders.includes('/0') && folders.includes('/1') && folders.includes('/last'));
  const laterMs = nowMs + 91 * 24 * 3_600_000;
  await saySyncState(drive, said(`/${'é'.repeat(600)}/end`), laterMs);
  const [only, ...more] = await readSyncStates(drive, laterMs);
  assert.deepEqual(more, []);
  assert.match(only?.folder ?? '', /^…é+\/end$/);
  assert.ok(Buffer.byteLength(only?.folder ?? '') <= 1_024);
});

test('a list that somebody damaged is begun anew, and nothing that nobody can read stays in it', async () => {
  const drive = await openDrive((await DriveAccount.open(connection())).first, options());
  await saySyncState(drive, said('/a'), nowMs);
  await plant(drive, 'states');
  await saySyncState(drive, said('/b'), nowMs);
  assert.deepEqual(
    (await shown(drive, nowMs)).map(([folder]) => folder),
    ['/a', '/b'],
  );
  await overwrite(drive, 'states', systemRandom(40));
  await assert.rejects(readSyncStates(drive, nowMs), { code: 'bad-object' });
  await saySyncState(drive, said('/c'), nowMs);
  assert.deepEqual(
    (await shown(drive, nowMs)).map(([folder]) => folder),
    ['/c'],
  );
});

test('nothing of it is told as a change of the drive, nor listed in it', async () => {
  const drive = await openDrive((await DriveAccount.open(connection())).first, options());
  await drive.makeFolder('/x');
  await saySyncState(drive, said('/a'), nowMs);
  const moments = await Array.fromAsync(drive.moments());
  const newest = moments[0]?.seq ?? -1;
  const counts = (await drive.momentCounts([newest])).get(newest);
  assert.deepEqual(counts, { added: 0, removed: 0, changed: 0, first: null });
  assert.deepEqual(
    (await Array.fromAsync(drive.list('/'))).map(({ name }) => name),
    ['x'],
  );
});
