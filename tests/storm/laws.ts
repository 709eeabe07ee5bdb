// What holds at the end of every story. spec/sync.md "Laws".
import assert from 'node:assert/strict';
import { connect } from '@reprise/sdk';
import { type Drive, openDrive } from '@reprise/sdk/drive';
import { nodeEngine } from '@reprise/vault/node';
import type { Device } from './device.ts';
import { wordsIn, wordsOn } from './ledger.ts';
import type { World } from './world.ts';

/** Path → what stands there. */
export type Listing = ReadonlyMap<string, string>;

export async function checkLaws(world: World): Promise<void> {
  const { service, scheduler, account } = world;
  const connection = connect({ server: service.origin, transport: service.transport, clock: { now: () => scheduler.nowMs } });
  const drive = await openDrive(await account.addDevice(connection), { engine: nodeEngine });
  const { listing, words } = await readDrive(drive);
  for (const device of world.devices) checkEqual(device, listing);
  checkWords(world, words);
  checkCopies(listing);
  for (const device of world.devices) checkHead(device, drive);
}

async function readDrive(drive: Drive): Promise<{ listing: Listing; words: ReadonlySet<string> }> {
  const listing = new Map<string, string>();
  const words = new Set<string>();
  for await (const entry of drive.walk('/')) {
    if (entry.kind === 'folder') listing.set(entry.path, 'folder');
    else {
      const bytes = await drive.readWhole(entry);
      listing.set(entry.path, show(bytes, entry.executable));
      for (const found of wordsIn(bytes)) words.add(found);
    }
  }
  return { listing, words };
}

function show(bytes: Uint8Array, isExecutable: boolean): string {
  return `${new TextDecoder().decode(bytes).replace(/(.)\1{3,}/g, (run, one) => `${one}×${run.length}`)}${isExecutable ? ' x' : ''}`;
}

/** L1: what stalls is left out, and everything else is equal. */
function checkEqual(device: Device, inDrive: Listing): void {
  const stalled = stalledPaths(device);
  const isExcused = (path: string): boolean => isBelow(path.slice(1), stalled) || stalled.some((one) => `/${one}`.startsWith(`${path}/`));
  const onDisk = new Map<string, string>();
  const { volume } = device.parts;
  for (const { path, inode } of volume.walk()) {
    if (path === '.reprise' || path.startsWith('.reprise/')) continue;
    const what = inode.kind === 'file' ? show(inode.content.read(0, inode.content.sizeBytes), inode.isExecutable) : inode.kind;
    onDisk.set(`/${path.normalize('NFC')}`, what);
  }
  const only = (listing: Listing): [string, string][] =>
    [...listing].filter(([path]) => !isExcused(path)).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const marks = volume.profile.hasExecutableBit ? (text: string) => text : (text: string) => text.replace(/ x$/, '');
  assert.deepEqual(
    only(onDisk).map(([path, what]) => [path, marks(what)]),
    only(inDrive).map(([path, what]) => [path, marks(what)]),
    `L1: ${device.name} and the drive are equal`,
  );
}

function stalledPaths({ journal }: Device): readonly string[] {
  return (journal?.troubles() ?? []).map(({ path }) => path.normalize('NFC'));
}

function isBelow(path: string, folders: readonly string[]): boolean {
  return folders.some((folder) => path === folder || path.startsWith(`${folder}/`));
}

/** L2, L3, L4: what nobody took away who had seen it is in the drive, or on the disk of a device that says why not. */
function checkWords({ ledger, devices }: World, inDrive: ReadonlySet<string>): void {
  const stalled = new Set(
    devices.flatMap((device) => {
      const paths = stalledPaths(device);
      return paths.length === 0 ? [] : [...wordsOn(device.parts.volume, (path) => isBelow(path.normalize('NFC'), paths))];
    }),
  );
  const lost = [...ledger.alive].filter((word) => !inDrive.has(word) && !stalled.has(word) && !ledger.lostByPower.has(word));
  assert.deepEqual(lost, [], 'L2: nothing that was written is lost');
}

/** L12: a copy of a copy has a name of the same length. */
function checkCopies(listing: Listing): void {
  const bred = [...listing.keys()].filter((path) => (path.split('/').at(-1) ?? '').split('(conflict ').length > 2);
  assert.deepEqual(bred, [], 'L12: conflict copies do not breed');
}

/** L10: nobody is behind, and nobody ahead of what the log holds. */
function checkHead(device: Device, drive: Drive): void {
  const seq = device.journal?.fact('seq');
  assert.ok(typeof seq === 'number' && seq <= drive.seq, `L10: ${device.name} has a head that the log has`);
}
