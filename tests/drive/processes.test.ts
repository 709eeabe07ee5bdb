// Real processes: several at once on one device, and some that are killed at any moment. Nothing is lost, and no head goes back.
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Cli, openCli } from '../support/cli.ts';
import { digestOf, writeRandom } from '../support/inputs.ts';
import { type Host, startHost } from '../support/server.ts';

const isLong = process.env['REPRISE_LONG'] === '1';
const kills = isLong ? 20 : 4;
const files = isLong ? 200 : 30;

let host: Host;
let cli: Cli;
before(async () => {
  host = await startHost();
  cli = openCli(host.url);
  const signed = await cli.run(['signup']);
  assert.equal(signed.code, 0, signed.stderr);
});
after(async () => {
  cli?.[Symbol.dispose]();
  await host?.[Symbol.asyncDispose]();
});

async function pathsBelow(folder: string): Promise<string[]> {
  const { entries } = (await cli.json(['tree', folder])) as unknown as { entries: { path: string }[] };
  return entries.map(({ path }) => path);
}

test('six programs of one device change the drive at once, and every change stays', async () => {
  const names = Array.from({ length: 6 }, (_, n) => `/at-once/n${n}`);
  const ran = await Promise.all(names.map((name) => cli.run(['mkdir', '-p', name])));
  assert.deepEqual(
    ran.map(({ code }) => code),
    names.map(() => 0),
    ran.map(({ stderr }) => stderr).join(''),
  );
  assert.deepEqual(await pathsBelow('/at-once'), names);
  // One head for each space is what counts, whoever wrote last.
  const heads = readdirSync(join(cli.stateFolder, 'heads')).filter((name) => /\.\d{16}$/.test(name));
  const newest = Math.max(...heads.map((name) => Number(name.split('.')[1])));
  assert.ok(newest >= names.length);
});

test(`an upload into the drive that is killed ${kills} times ends with every byte there`, async () => {
  const folder = join(cli.folder, 'in');
  for (let n = 0; n < files; n++) writeRandom(join(folder, `f${n}.bin`), 700_000);
  for (let n = 0; n < kills; n++) {
    const ran = await cli.run(['put', folder, '/kept'], {
      onStart: (_, child) => {
        const timer = setTimeout(() => child.kill('SIGKILL'), 300 + Math.random() * 1_500);
        child.on('exit', () => clearTimeout(timer));
      },
    });
    assert.ok(ran.code === null || ran.code === 0, ran.stderr);
  }
  const last = await cli.run(['put', folder, '/kept', '--json']);
  assert.equal(last.code, 0, last.stderr);
  assert.deepEqual(
    (await pathsBelow('/kept')).sort(),
    ['/kept/in', ...Array.from({ length: files }, (_, n) => `/kept/in/f${n}.bin`)].sort(),
  );
  mkdirSync(join(cli.folder, 'out'));
  const got = await cli.run(['get', '/kept/in', '-o', 'out']);
  assert.equal(got.code, 0, got.stderr);
  for (let n = 0; n < files; n++)
    assert.equal(await digestOf(join(cli.folder, 'out', 'in', `f${n}.bin`)), await digestOf(join(folder, `f${n}.bin`)));
});
