// A large file that is edited on one machine and then on the other: what each sends is what changed, wherever it stands.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import type { Cli } from '../support/cli.ts';
import { digestOf, writeRandom } from '../support/inputs.ts';
import { type Host, startHost } from '../support/server.ts';
import { startWire, type Wire } from '../support/wire.ts';
import { Machine, openTwo } from './sync-machine.ts';

const fileBytes = (process.env['REPRISE_LONG'] === '1' ? 200 : 64) * 2 ** 20;
/** Log entries, directories and requests of one run. */
const aroundBytes = 65_536;

let host: Host;
let wire: Wire;
let anna: Cli;
let ben: Cli;
before(async () => {
  host = await startHost();
  wire = await startWire(host.port);
  [anna, ben] = await openTwo({ url: wire.url });
});
after(async () => {
  anna?.[Symbol.dispose]();
  ben?.[Symbol.dispose]();
  await wire?.[Symbol.asyncDispose]();
  await host?.[Symbol.asyncDispose]();
});

async function sentBy(act: () => Promise<unknown>): Promise<number> {
  const before = wire.sentBytes();
  await act();
  return wire.sentBytes() - before;
}

test(`an insertion at the front of ${fileBytes} bytes sends what was inserted`, { timeout: 600_000 }, async () => {
  const [a, b] = [new Machine(anna, '/large'), new Machine(ben, '/large')];
  writeRandom(a.at('film.bin'), fileBytes);
  assert.ok((await sentBy(() => a.sync())) > fileBytes);
  await b.sync();
  const film = readFileSync(a.at('film.bin'));
  writeFileSync(a.at('film.bin'), Buffer.concat([Buffer.alloc(1_000, 'title '), film]));
  const inserted = await sentBy(() => a.sync());
  assert.ok(inserted < 4_096 + aroundBytes, `${inserted} bytes were sent`);
  await b.sync();
  assert.equal(await digestOf(b.at('film.bin')), await digestOf(a.at('film.bin')));

  // And on the machine that only ever fetched it.
  const there = readFileSync(b.at('film.bin'));
  writeFileSync(b.at('film.bin'), Buffer.concat([there.subarray(5_000, 50_000_000), there.subarray(50_005_000)]));
  const removed = await sentBy(() => b.sync());
  assert.ok(removed < 3 * 4_194_304 + aroundBytes, `${removed} bytes were sent`);
  await a.sync();
  assert.equal(await digestOf(a.at('film.bin')), await digestOf(b.at('film.bin')));

  const { link } = await anna.json(['link', '/large/film.bin']);
  const ran = await ben.run(['get', link, '-o', b.at('from-link.bin')]);
  assert.equal(ran.code, 0, ran.stderr);
  assert.equal(await digestOf(b.at('from-link.bin')), await digestOf(b.at('film.bin')));
});
