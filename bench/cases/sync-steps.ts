// The same steps for every program that keeps two folders equal: something changes in one of them, and the clock stops when it is in the other and on
// the disk. What a program says of itself is not believed: the other folder is looked at.
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { flushToDisk } from '../harness/disk.ts';
import { inRounds } from '../harness/rounds.ts';
import { makeScratch } from '../harness/scratch.ts';
import type { RunningSyncPeer, SyncPeer } from '../peers/sync/peer.ts';
import { us, type Absence, type CaseResult, type Series } from '../results.ts';
import type { CaseContext } from './case.ts';

/** What was just written is looked at twice by who is careful: that is not what is measured. Each call answers with a later time, long ago. */
export function longAgo(): Date {
  return new Date(Date.now() - 3_600_000 + 60_000 * calls++);
}
let calls = 0;

export type SyncStep = {
  readonly measure: string;
  change(a: string): void;
  /** Whether all of it is in the other folder. */
  isIn(b: string): boolean;
  /** A peer that takes longer than this is not asked for the steps that follow, and why is told. */
  readonly mostMs?: number;
};

const stepMsMax = 120_000;
/** A program that needs longer than this for one step is measured once: its rounds would only make the others wait. */
const slowMsMin = 20_000;

type Found = { readonly measure: string; readonly ms: number; readonly sentMs: number | null };
const gaveUp: Found = { measure: '', ms: 0, sentMs: null };

export async function measureSync(
  caseName: string,
  peers: readonly SyncPeer[],
  makeSteps: () => readonly SyncStep[],
  { options, say }: CaseContext,
): Promise<CaseResult> {
  using scratch = makeScratch(options.folder, 'sync');
  const runs = new Map<SyncPeer, Found[]>();
  const absences: Absence[] = [];
  for (const peer of peers) {
    const reason = await peer.absence();
    if (reason === null) runs.set(peer, []);
    else absences.push({ caseName, subject: peer.name, reason });
  }
  await inRounds([...runs.keys()], options.runs, async (peer, round) => {
    const found = runs.get(peer);
    if (!found || found.includes(gaveUp) || found.some(({ ms }) => ms > slowMsMin)) return;
    const folder = join(scratch.folder, `peer-${round}`);
    mkdirSync(folder);
    try {
      await using running = await peer.start(folder);
      for (const step of makeSteps()) {
        const one = await timed(running, step);
        found.push(one);
        say(`${caseName} run ${round + 1}, ${peer.name}, ${step.measure}: ${(one.ms / 1_000).toFixed(2)} s`);
        if (peer.name === us || one.ms <= (step.mostMs ?? Number.POSITIVE_INFINITY)) continue;
        const reason = `took ${(one.ms / 1_000).toFixed(1)} s for ${step.measure}: what follows was not asked of it`;
        absences.push({ caseName, subject: peer.name, reason });
        found.push(gaveUp);
        break;
      }
    } catch (error) {
      absences.push({ caseName, subject: peer.name, reason: `failed in run ${round + 1}: ${(error as Error).message.slice(0, 600)}` });
      say(`${caseName} ${peer.name} FAILED: ${(error as Error).message}`);
      // What it has shown before stays.
      found.push(gaveUp);
    } finally {
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    }
  });
  const series = [...runs].flatMap(([peer, found]) => seriesOf(caseName, peer, found));
  return { series, absences, remarks: [remarkOf(peers)] };
}

async function timed(running: RunningSyncPeer, { measure, change, isIn }: SyncStep): Promise<Found> {
  change(running.a);
  await flushToDisk(running.a);
  const startedAt = performance.now();
  const { sentMs } = await running.bring();
  const msMax = running.isDoneWhenBrought ? 0 : stepMsMax;
  while (!isIn(running.b)) {
    if (performance.now() - startedAt > msMax)
      throw new Error(`${measure}: it said that it was done, and this was not in the other folder`);
    await sleep(20);
  }
  const programMs = performance.now() - startedAt;
  return { measure, ms: programMs + (await flushToDisk(running.b)), sentMs };
}

function seriesOf(caseName: string, peer: SyncPeer, found: readonly Found[]): readonly Series[] {
  const measured = found.filter((one) => one !== gaveUp);
  return [...Map.groupBy(measured, ({ measure }) => measure)].flatMap(([measure, all]) => {
    const one = (of: string, values: readonly number[]): Series[] =>
      values.length === 0
        ? []
        : [{ caseName, measure: of, subject: peer.name, unit: 's', better: 'less', values: values.map((ms) => ms / 1_000) }];
    const halves = all.flatMap(({ ms, sentMs }) => (sentMs === null ? [] : [[sentMs, ms - sentMs] as const]));
    return [
      ...one(
        measure,
        all.map(({ ms }) => ms),
      ),
      ...one(
        `${measure}: sent`,
        halves.map(([sent]) => sent),
      ),
      ...one(
        `${measure}: fetched`,
        halves.map(([, fetched]) => fetched),
      ),
    ];
  });
}

/** How each is run: they are no peers of other cases. */
export function remarkOf(peers: readonly SyncPeer[]): string {
  return [
    'From a change in one folder until it is in the other and on the disk, both on this machine: the program’s time plus a flush of the file system, so that who waits for the disk and who does not are held to the same. Where a server is in between, its two halves are shown as well. Page cache warm.',
    `Who takes over ${slowMsMin / 1_000} s for a step is measured once.`,
    ...peers.map(({ name, about }) => `**${name}**: ${about}`),
  ].join(' ');
}
