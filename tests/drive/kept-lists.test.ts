// The lists that an account keeps in its drive, against a real host: what somebody with a stolen credential writes among their entries blocks none of them.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { formatHex, systemRandom } from '@reprise/kit';
import { encodeDcbor } from '@reprise/protocol/formats';
import { connect, inlinePool } from '@reprise/sdk';
import {
  countUnread,
  dropUnread,
  forgetParcels,
  keepParcels,
  keptParcels,
  memoryHeadStore,
  nameDevice,
  openDrive,
  readAccountNames,
} from '@reprise/sdk/drive';
import { nodeTransport, type NodeTransport } from '@reprise/sdk/node';
import { formatManageUrl } from '@reprise/vault';
import { nodeEngine } from '@reprise/vault/node';
import { DriveAccount } from '../support/drive-account.ts';
import { overwrite, plant, rawList, rubbish } from '../support/rubbish.ts';
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
const options = () => ({ engine: nodeEngine, pool: inlinePool(nodeEngine), heads: memoryHeadStore() });

const none = { links: 0, offers: 0, names: 0, parcels: 0 };

test('what nobody can read blocks no list, is counted, stays when a list changes, and goes when a person says so', async () => {
  const account = await DriveAccount.open(connection());
  const drive = await openDrive(account.first, options());
  await (
    await drive.put(
      '/',
      ['a.txt', 'b.txt'].map((name) => memoryFile(name, name)),
    )
  ).finished;
  const parcels = ['first', 'second'].map((title) => ({
    title,
    manageUrl: formatManageUrl(host.url, { secret: systemRandom(32), space: systemRandom(32) }),
  }));
  const first = await drive.links.create('/a.txt');
  await nameDevice(drive, account.first.deviceId, 'Laptop');
  await keepParcels(drive, parcels);
  assert.deepEqual(await countUnread(drive), none);
  const lists = ['links', 'names', 'parcels', 'offers'];
  for (const name of lists) await plant(drive, name);

  const other = await openDrive(await account.addDevice(connection()), options());
  const titles = async () => ({
    links: (await other.links.list()).map(({ title }) => title),
    names: [...(await readAccountNames(other)).values()],
    parcels: (await keptParcels(other)).map(({ title }) => title),
  });
  assert.deepEqual(await titles(), { links: ['a.txt'], names: ['Laptop'], parcels: ['second', 'first'] });
  const all = { links: rubbish.length, offers: rubbish.length, names: rubbish.length, parcels: rubbish.length };
  assert.deepEqual(await countUnread(other), all);

  await other.links.create('/b.txt');
  await other.links.change(first.id, { label: 'for Ana' });
  await nameDevice(other, account.first.deviceId, 'Old laptop');
  await forgetParcels(other, [(await keptParcels(other)).at(-1)!.id]);
  const changed = { links: ['b.txt', 'a.txt'], names: ['Old laptop'], parcels: ['second'] };
  assert.deepEqual(await titles(), changed);
  for (const name of lists) {
    const [, entries] = (await rawList(other, name)) ?? assert.fail(name);
    const kept = entries.map((entry) => formatHex(encodeDcbor(entry)));
    for (const entry of rubbish) assert.ok(kept.includes(formatHex(encodeDcbor(entry))), name);
  }

  assert.deepEqual(await dropUnread(other), all);
  assert.deepEqual(await countUnread(other), none);
  assert.deepEqual(await titles(), changed);
});

test('a list that is rubbish as a whole is told of, and keeps none of the others from being read or cleared', async () => {
  const account = await DriveAccount.open(connection());
  const drive = await openDrive(account.first, options());
  await (await drive.put('/', [memoryFile('a.txt', 'a')])).finished;
  await drive.links.create('/a.txt');
  await nameDevice(drive, account.first.deviceId, 'Laptop');
  for (const name of ['offers', 'parcels']) await overwrite(drive, name, systemRandom(40));
  await plant(drive, 'names');
  assert.deepEqual(await countUnread(drive), { ...none, offers: null, parcels: null, names: rubbish.length });
  assert.deepEqual(
    (await drive.links.list()).map(({ title }) => title),
    ['a.txt'],
  );
  await assert.rejects(keptParcels(drive), { code: 'bad-object' });
  assert.deepEqual(await dropUnread(drive), { ...none, offers: null, parcels: null, names: rubbish.length });
  assert.deepEqual(await countUnread(drive), { ...none, offers: null, parcels: null });
  assert.deepEqual([...(await readAccountNames(drive)).values()], ['Laptop']);
});
