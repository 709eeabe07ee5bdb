// Put a file or folder, get it back, compare: the same steps for every peer, interleaved, from a settled disk with empty caches, each step
// timed until its bytes are on the disk. A program that calls fsync itself has paid already; for the others the flush is added.
import { mkdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { flushToDisk, settleDisk, type CacheState } from '../harness/disk.ts';
import { assertSameBytes } from '../harness/same-bytes.ts';
import { inRounds } from '../harness/rounds.ts';
import type { Ran } from '../harness/command.ts';
import { peers } from '../peers/index.ts';
import type { Peer, RunningPeer } from '../peers/peer.ts';
import type { Absence, CaseResult, Series } from '../results.ts';
import type { CaseContext } from './case.ts';

/** A peer that needs longer than this for one put or get is measured once, and the table says so: its rounds would only make the others wait. */
const slowMsMin = 90_000;

type Step = { readonly programMs: number; readonly flushMs: number; readonly residentPeakBytes: number };
type Run = { readonly put: Step; readonly get: Step };

export async function measurePutAndGet(caseName: string, source: string, folder: string, context: CaseContext): Promise<CaseResult> {
  const runs = new Map<Peer, Run[]>();
  const absences: Absence[] = [];
  for (const peer of peers) {
    const reason = await peer.absence();
    if (reason === null) runs.set(peer, []);
    else absences.push({ caseName, subject: peer.name, reason });
  }
  let caches: CacheState = 'dropped';
  await inRounds([...runs.keys()], context.options.runs, async (peer, round) => {
    const done = runs.get(peer);
    if (done === undefined || done.some(isSlow)) return;
    const peerFolder = join(folder, `peer-${round}`);
    mkdirSync(peerFolder);
    try {
      await using running = await peer.start(peerFolder);
      const run = await putAndGet(running, source, peerFolder, (state) => (caches = state));
      done.push(run);
      context.say(`${caseName} run ${round + 1} ${peer.name}: put ${seconds(run.put)}, get ${seconds(run.get)}`);
    } catch (error) {
      // A peer that fails is told as absent with its own words, and does not take the others with it.
      absences.push({ caseName, subject: peer.name, reason: `failed in run ${round + 1}: ${(error as Error).message.slice(0, 600)}` });
      context.say(`${caseName} ${peer.name} FAILED: ${(error as Error).message}`);
      runs.delete(peer);
    } finally {
      rmSync(peerFolder, { recursive: true, force: true, maxRetries: 3 });
    }
  });
  const series = [...runs].flatMap(([peer, all]) => seriesOf(caseName, peer, all));
  const remarks = [
    `Page cache before each step: ${caches === 'dropped' ? 'emptied' : 'not emptied (needs root)'}. Every get was compared byte for byte with what was put. A program that took over ${slowMsMin / 1000} s for one step is measured once.`,
  ];
  return { series, absences, remarks };
}

function isSlow({ put, get }: Run): boolean {
  return Math.max(put.programMs, get.programMs) > slowMsMin;
}

async function putAndGet(peer: RunningPeer, source: string, folder: string, told: (state: CacheState) => void): Promise<Run> {
  const into = join(folder, 'got');
  mkdirSync(into);
  told(await settleDisk(folder));
  const put = await timed(() => peer.put(source), peer.storeFolder);
  told(await settleDisk(folder));
  const get = await timed(() => peer.get(into), into);
  await assertSameBytes(source, join(into, basename(source)));
  return { put, get };
}

async function timed(act: () => Promise<Ran>, written: string): Promise<Step> {
  const { ms, residentPeakBytes } = await act();
  return { programMs: ms, flushMs: await flushToDisk(written), residentPeakBytes };
}

function seriesOf(caseName: string, peer: Peer, runs: readonly Run[]): readonly Series[] {
  const one = (measure: string, unit: Series['unit'], value: (run: Run) => number): Series => ({
    caseName,
    measure,
    subject: peer.name,
    unit,
    better: 'less',
    values: runs.map(value),
  });
  return [
    one('put, until on disk', 's', ({ put }) => (put.programMs + put.flushMs) / 1000),
    one('get, until on disk', 's', ({ get }) => (get.programMs + get.flushMs) / 1000),
    one('put, program alone', 's', ({ put }) => put.programMs / 1000),
    one('get, program alone', 's', ({ get }) => get.programMs / 1000),
    one('client memory, put', 'MiB', ({ put }) => put.residentPeakBytes / 2 ** 20),
    one('client memory, get', 'MiB', ({ get }) => get.residentPeakBytes / 2 ** 20),
  ];
}

function seconds(step: Step): string {
  return `${(step.programMs / 1000).toFixed(2)} s + ${(step.flushMs / 1000).toFixed(2)} s flush`;
}
