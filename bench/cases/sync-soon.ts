// How soon a small file is on another machine while both are followed: what a person waits for.
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { percentile } from '../harness/median.ts';
import { makeScratch } from '../harness/scratch.ts';
import { followingPeers } from '../peers/sync/index.ts';
import type { RunningSyncPeer } from '../peers/sync/peer.ts';
import type { Absence, Series } from '../results.ts';
import type { BenchCase } from './case.ts';
import { remarkOf } from './sync-steps.ts';

const caseName = 'a file of 1 KiB, until it is in the other folder';
/** Whoever is this slow is asked a few times only. */
const slowMs = 3_000;
const fewTimes = 3;
const msMax = 60_000;

export const syncSoon: BenchCase = {
  name: 'sync-soon',
  about: 'two folders that are followed, with peers: how soon a file of 1 KiB is in the other',
  long: false,
  async run({ options, say }) {
    using scratch = makeScratch(options.folder, 'soon');
    const series: Series[] = [];
    const absences: Absence[] = [];
    const times = options.quick ? 5 : 10 * options.runs;
    for (const peer of followingPeers) {
      const reason = await peer.absence();
      if (reason !== null) {
        absences.push({ caseName, subject: peer.name, reason });
        continue;
      }
      const folder = join(scratch.folder, 'peer');
      mkdirSync(folder);
      try {
        await using running = await peer.start(folder);
        const found = await latencies(running, times);
        const one = (measure: string, values: readonly number[]): Series => ({
          caseName,
          measure,
          subject: peer.name,
          unit: 'ms',
          better: 'less',
          values,
        });
        series.push(one('median', found), one('p99', [percentile(found, 0.99)]));
        say(`${caseName}, ${peer.name}: ${found.map((ms) => ms.toFixed(0)).join(' ')} ms`);
      } catch (error) {
        absences.push({ caseName, subject: peer.name, reason: `failed: ${(error as Error).message.slice(0, 600)}` });
      } finally {
        rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
      }
    }
    const rivals = `${times} files each, of who takes over ${slowMs / 1_000} s ${fewTimes}. Those that keep folders equal only when told (rsync, rclone bisync) have no such figure.`;
    return { series, absences, remarks: [rivals, remarkOf(followingPeers)] };
  },
};

async function latencies({ a, b, follow }: RunningSyncPeer, times: number): Promise<number[]> {
  const following = await follow?.();
  const found: number[] = [];
  try {
    await sleep(2_000);
    for (let i = 0; i < times && !(i >= fewTimes && Math.min(...found) > slowMs); i++) {
      const content = randomBytes(512).toString('hex');
      const [here, there] = [join(a, `small-${i}.txt`), join(b, `small-${i}.txt`)];
      const startedAt = performance.now();
      writeFileSync(here, content);
      while (!existsSync(there) || readFileSync(there, 'utf8') !== content) {
        if (performance.now() - startedAt > msMax) throw new Error(`not there after ${msMax / 1_000} s`);
        await sleep(5);
      }
      found.push(performance.now() - startedAt);
    }
  } finally {
    await following?.stop();
  }
  return found;
}
