// Memory of a process and everything below it, read from /proc: what the kernel counts, not what a runtime reports about itself.
import { readdirSync, readFileSync } from 'node:fs';

export type ResidentSampler = { stop(): number };

/** Samples the tree under `pid` until stopped; `stop` answers the most bytes that were resident at once. */
export function sampleResident(pid: number, everyMs = 50): ResidentSampler {
  let peakBytes = 0;
  const processesSeen = new Set<number>();
  const sample = () => {
    let bytes = 0;
    for (const each of processTree(pid)) {
      processesSeen.add(each);
      bytes += residentBytes(each);
    }
    peakBytes = Math.max(peakBytes, bytes);
    // One process alone: the kernel keeps the exact high-water mark, which sampling may miss.
    if (processesSeen.size === 1) peakBytes = Math.max(peakBytes, highWaterBytes(pid));
  };
  sample();
  const timer = setInterval(sample, everyMs);
  return {
    stop() {
      clearInterval(timer);
      return peakBytes;
    },
  };
}

export function residentBytes(pid: number): number {
  return statusKilobytes(pid, 'VmRSS') * 1024;
}

function highWaterBytes(pid: number): number {
  return statusKilobytes(pid, 'VmHWM') * 1024;
}

/** `pid` and its descendants that are alive now. */
export function processTree(pid: number): readonly number[] {
  const found = [pid];
  for (let at = 0; at < found.length; at++) found.push(...childrenOf(found[at] as number));
  return found;
}

function childrenOf(pid: number): readonly number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
    );
  } catch {
    return []; // the process, or one of its threads, ended between two reads
  }
}

function statusKilobytes(pid: number, field: string): number {
  try {
    const line = readFileSync(`/proc/${pid}/status`, 'utf8').match(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm'));
    return line ? Number(line[1]) : 0;
  } catch {
    return 0;
  }
}
