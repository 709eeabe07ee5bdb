// How many requests the acts of a person cost, and how many bytes beside the files' own: the figures that spec and guide promise.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { connect, type SealPool } from '@reprise/sdk';
import { type Drive, memoryHeadStore, openDrive } from '@reprise/sdk/drive';
import { nodePool, nodeTransport, type NodeTransport } from '@reprise/sdk/node';
import { nodeEngine } from '@reprise/vault/node';
import { DriveAccount } from '../support/drive-account.ts';
import { type Host, startHost } from '../support/server.ts';
import { memoryFile } from './content.ts';
import { countingTransport } from './counting.ts';

const files = 10_000;
const fileBytes = 300;
/** One padded chunk of 4 KiB, sealed, in its frame. */
const frameBytes = 36 + 36 + 4_096 + 16;

let host: Host;
let transport: NodeTransport;
let pool: SealPool;
before(async () => {
  host = await startHost();
  transport = nodeTransport();
  pool = nodePool(2);
});
after(async () => {
  transport?.[Symbol.dispose]();
  await pool?.[Symbol.asyncDispose]();
  await host?.[Symbol.asyncDispose]();
});

describe('a drive costs', () => {
  const counting = () => countingTransport(transport);

  test(`at most 40 requests and 2 MB of metadata for ${files} new files; 3 requests for a rename; 12 from nothing to a listing`, async () => {
    const counted = counting();
    const connection = connect({ server: host.url, transport: counted.transport });
    const account = await DriveAccount.open(connection);
    const options = { engine: nodeEngine, pool, heads: memoryHeadStore() };
    const drive = await openDrive(account.first, options);
    await drive.makeFolder('/photos');
    counted.requests = counted.sentBytes = 0;
    const items = Array.from({ length: files }, (_, n) =>
      memoryFile(`IMG_${String(n).padStart(5, '0')}.jpg`, new Uint8Array(fileBytes).fill(n)),
    );
    const outcome = await (await drive.put('/photos', items)).finished;
    assert.equal(outcome.files, files);
    const metadata = counted.sentBytes - files * frameBytes;
    assert.ok(counted.requests <= 40, `${counted.requests} requests`);
    assert.ok(metadata <= 2_000_000, `${metadata} bytes of metadata`);

    // Two leaves of 223 entries as a rule, and the node above them; where a name moves a cut, a few more leaves.
    const renames: number[] = [];
    for (const [from, to] of [
      ['5', 'renamed'],
      ['2', 'a'],
      ['7', 'IMG_03'],
      ['9', 'IMG_08'],
      ['1', 'z'],
    ]) {
      counted.requests = counted.sentBytes = 0;
      await drive.move(`/photos/IMG_0${from}000.jpg`, `/photos/${to}.jpg`);
      assert.ok(counted.requests <= 3, `${counted.requests} requests for a rename`);
      renames.push(counted.sentBytes);
    }
    const median = renames.toSorted((a, b) => a - b)[2] as number;
    assert.ok(median <= 280_000, `${renames.join(', ')} bytes for renames`);

    counted.requests = counted.sentBytes = 0;
    await drive.move('/photos', '/pictures');
    assert.ok(counted.requests <= 3, `${counted.requests} requests for the rename of a folder`);
    assert.ok(counted.sentBytes <= 10_000, `${counted.sentBytes} bytes for the rename of a folder`);

    counted.requests = 0;
    const fresh: Drive = await openDrive(await account.addDevice(connection), { ...options, heads: memoryHeadStore() });
    const enrolling = counted.requests;
    assert.deepEqual(
      (await Array.fromAsync(fresh.list('/'))).map(({ path }) => path),
      ['/pictures'],
    );
    assert.ok(counted.requests <= 12, `${counted.requests} requests, ${enrolling} of them to enrol`);

    // A device that holds the tree follows by the deltas: no node is fetched.
    assert.equal((await Array.fromAsync(fresh.list('/pictures'))).length, files);
    await drive.move('/pictures/renamed.jpg', '/pictures/again.jpg');
    counted.requests = 0;
    await fresh.refresh();
    await fresh.stat('/pictures/again.jpg');
    assert.ok(counted.requests <= 2, `${counted.requests} requests to follow a rename`);
  });
});
