// Power is lost again and again while a file goes up, here or at the server. Every run goes on where the last one stopped: at most one
// part a lane is sent again, no key ever seals two plaintexts, and what comes out is what went in.
// A few kills by default; REPRISE_LONG=1 makes it 2 GiB and 20 kills at random moments.
import assert from 'node:assert/strict';
import { copyFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { formatHex, systemRandom } from '@reprise/kit';
import { Journal } from '@reprise/sdk';
import { journalFile } from '@reprise/sdk/node';
import { nodeEngine } from '@reprise/vault/node';
import { openCli } from '../support/cli.ts';
import { digestOf, writeRandom } from '../support/inputs.ts';
import { type Host, startHost } from '../support/server.ts';
import { startWire } from '../support/wire.ts';

const isLong = process.env['REPRISE_LONG'] === '1';
const fileBytes = isLong ? 2 ** 31 : 150_000_000;
const kills = isLong ? 20 : 5;
const lanes = 4;
const partBytesMax = 16_842_752;
/** Requests and their heads, and the sealing's own overhead of a file. */
const overheadShare = 1.01;

test(`${fileBytes} bytes survive ${kills} kills of client and server`, { timeout: isLong ? 3_600_000 : 540_000 }, async (t) => {
  let host: Host = await startHost();
  const { port, dataFolder } = host;
  await using wire = await startWire(port);
  using cli = openCli(wire.url);
  try {
    const file = writeRandom(join(cli.folder, 'film.bin'), 1_000_000);
    const digest = await growTo(file, fileBytes);
    const keys = new Map<string, string>();
    let sentBefore = 0;
    let resumes = 0;
    for (let kill = 0; kill < kills; kill++) {
      // Slow enough for the kill to hit the middle.
      wire.limitUpload(isLong ? 120_000_000 : 40_000_000);
      const share = isLong ? 0.03 + Math.random() * 0.05 : 0.15;
      const stopAt = sentBefore + share * fileBytes;
      let pid = 0;
      const running = cli.run(['put', file, '--json'], {
        onStart: (started) => (pid = started),
        onError: (text) => (resumes += /Resuming/.test(text) ? 1 : 0),
      });
      const ended = running.then((ran) => ran);
      const isOver = { value: false };
      void ended.then(() => (isOver.value = true));
      while (wire.sentBytes() < stopAt && !isOver.value) await sleep(10);
      assert.equal(isOver.value, false, 'the kill hits a run that has not ended');
      const isServer = kill % 2 === 1;
      if (isServer) {
        await host.kill();
        host = await startHost({ dataFolder, port, publicUrl: host.url });
        await sleep(300);
      }
      process.kill(pid, 'SIGKILL');
      await ended;
      sentBefore = wire.sentBytes();
      for (const [key, id] of await readKeys(cli.stateFolder, cli.folder)) {
        assert.equal(keys.get(key) ?? id, id, 'a key sealed two plaintexts');
        keys.set(key, id);
      }
    }
    wire.limitUpload(null);
    const { link, bytes } = await cli.json(['put', file], { onError: (text) => (resumes += /Resuming/.test(text) ? 1 : 0) });
    assert.equal(bytes, fileBytes);
    assert.ok(resumes > 0, 'at least one run went on from an earlier one');
    assert.equal(new Set(keys.values()).size, keys.size, 'each id has a key of its own');
    const again = wire.sentBytes() - fileBytes * overheadShare;
    t.diagnostic(`sent again: ${Math.round(again / 1e6)} MB in ${kills} kills, ${resumes} resumed runs, ${keys.size} keys`);
    assert.ok(again <= kills * lanes * partBytesMax, `${again} bytes were sent again`);
    const out = join(cli.folder, 'back.bin');
    assert.equal((await cli.run(['get', link.replace(host.url, wire.url), '-o', out])).code, 0);
    assert.equal(await digestOf(out), digest);
    assert.deepEqual(readdirSync(join(cli.stateFolder, 'puts')), [], 'no journal is left');
  } finally {
    await host[Symbol.asyncDispose]();
  }
});

/** Repeats the file's random megabyte with a counter in each, so that no two chunks are alike. */
async function growTo(file: string, bytes: number): Promise<string> {
  const { openSync, writeSync, closeSync, ftruncateSync } = await import('node:fs');
  const piece = readFileSync(file);
  const fd = openSync(file, 'r+');
  for (let at = 0, n = 0; at < bytes; at += piece.length, n++) {
    piece.writeUInt32BE(n);
    writeSync(fd, piece, 0, piece.length, at);
  }
  ftruncateSync(fd, bytes);
  closeSync(fd);
  return digestOf(file);
}

/** Key and id of every chunk that the journals of a killed program name, in hex. */
async function readKeys(stateFolder: string, folder: string): Promise<[string, string][]> {
  const key = new Uint8Array(readFileSync(join(stateFolder, 'device.key')));
  const found: [string, string][] = [];
  for (const name of readdirSync(join(stateFolder, 'puts'))) {
    if (name.endsWith('.lock')) continue;
    const copy = join(folder, name);
    copyFileSync(join(stateFolder, 'puts', name), copy);
    using store = journalFile(copy);
    const state = await new Journal(store, { engine: nodeEngine, key, random: systemRandom }).load();
    for (const chunks of state?.known.values() ?? [])
      for (const chunk of chunks.values()) found.push([formatHex(chunk.key), formatHex(chunk.id)]);
  }
  return found;
}
