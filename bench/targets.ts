// What Reprise has to reach, each beside the measure that shows it. The report says reached or missed for every one that was measured.
import type { Series } from './results.ts';
import { median } from './harness/median.ts';
import { us } from './results.ts';

export type Target =
  | {
      readonly kind: 'bound';
      readonly caseName: RegExp;
      readonly measure: RegExp;
      readonly subject?: string;
      readonly most?: number;
      readonly least?: number;
      readonly text: string;
    }
  | {
      readonly kind: 'ahead';
      readonly caseName: RegExp;
      readonly measure: RegExp;
      readonly rival: RegExp;
      /** How many times; once, unless it says more. */
      readonly least?: number;
      readonly text: string;
    }
  | {
      readonly kind: 'share';
      readonly caseName: RegExp;
      readonly measure: RegExp;
      readonly rival: RegExp;
      readonly least: number;
      readonly text: string;
    };

export type Verdict = { readonly text: string; readonly measured: string; readonly outcome: 'reached' | 'missed' | 'not measured' };

const inTime = /until on disk/;

export const targets: readonly Target[] = [
  { kind: 'bound', caseName: /^seal/, measure: /^1 thread$/, least: 0.8, text: 'seal, one thread ≥ 0.8 GB/s' },
  { kind: 'bound', caseName: /^seal/, measure: /^2 threads$/, least: 1.5, text: 'seal, two threads ≥ 1.5 GB/s' },
  { kind: 'bound', caseName: /^one file, 4 GiB/, measure: /^put, until/, most: 16, text: 'put of 4 GiB ≤ 16 s' },
  { kind: 'bound', caseName: /^one file, 4 GiB/, measure: /^get, until/, most: 16, text: 'get of 4 GiB ≤ 16 s' },
  { kind: 'ahead', caseName: /^one file/, measure: inTime, rival: /^rclone/, text: 'put and get of one file ahead of rclone crypt' },
  { kind: 'ahead', caseName: /^one file/, measure: inTime, rival: /^restic/, text: 'put and get of one file ahead of restic' },
  { kind: 'bound', caseName: /^10,000 files/, measure: /^put, until/, most: 3, text: 'put of 10,000 files of 4 KiB ≤ 3 s' },
  { kind: 'ahead', caseName: /files of 4 KiB/, measure: /^put, until/, rival: /^rclone/, text: 'put of many files ahead of rclone crypt' },
  { kind: 'ahead', caseName: /files of 4 KiB/, measure: /^put, until/, rival: /^restic/, text: 'put of many files ahead of restic' },
  { kind: 'bound', caseName: /^client memory, 20 GiB/, measure: /^client/, most: 300, text: 'client memory for 20 GiB ≤ 300 MiB' },
  { kind: 'share', caseName: /^server, objects/, measure: /./, rival: /^nginx/, least: 0.6, text: 'server download ≥ 60 % of nginx' },
  { kind: 'bound', caseName: /^commits/, measure: /^SQLite$/, least: 300, text: 'commits on SQLite ≥ 300/s' },
  { kind: 'bound', caseName: /^commits/, measure: /^PostgreSQL$/, least: 500, text: 'commits on PostgreSQL ≥ 500/s' },
  { kind: 'bound', caseName: /^turn over a coin/, measure: /^native$/, least: 1_000, text: 'mint: coins turned over, native ≥ 1,000/s' },
  { kind: 'bound', caseName: /^turn over a coin/, measure: /^wasm$/, least: 500, text: 'mint: coins turned over, WebAssembly ≥ 500/s' },
  { kind: 'bound', caseName: /^mint over HTTP/, measure: /^swap/, most: 30, text: 'mint: swap of 2 → 4 at 100/s, p99 ≤ 30 ms' },
  {
    kind: 'bound',
    caseName: /^mint over HTTP/,
    measure: /info/,
    most: 50,
    text: 'mint: /v1/info under 1,000-output requests, p99 ≤ 50 ms',
  },
  {
    kind: 'ahead',
    caseName: /^mints side by side/,
    measure: /at a time$/,
    rival: /^nutshell/,
    least: 5,
    text: 'mint: swaps a second ≥ 5 times those of nutshell',
  },
  { kind: 'bound', caseName: /^sales/, measure: /^SQLite$/, least: 500, text: 'sales on SQLite ≥ 500/s' },
  { kind: 'bound', caseName: /^sales/, measure: /^PostgreSQL$/, least: 1_000, text: 'sales on PostgreSQL ≥ 1,000/s' },
  { kind: 'bound', caseName: /^sales/, measure: /^(SQLite|PostgreSQL), p99/, most: 50, text: 'sales: p99 of one ≤ 50 ms' },
  { kind: 'bound', caseName: /^sales/, measure: /at 100\/s, p99/, most: 50, text: 'sales at 100/s: p99 of one ≤ 50 ms' },
  { kind: 'bound', caseName: /^tree/, measure: /^merge two devices with 5,000/, most: 3_000, text: 'merge of 5,000 changes each ≤ 3 s' },
  { kind: 'bound', caseName: /^tree/, measure: /^update .* median: sealed/, most: 80, text: 'update one of 100,000 entries ≤ 80 kB' },
  { kind: 'bound', caseName: /^tree/, measure: /^update .* median: nodes/, most: 2, text: 'update one of 100,000 entries ≤ 2 nodes' },
  {
    kind: 'bound',
    caseName: /^folders kept equal/,
    measure: /^10,000 .*: sent$/,
    most: 1.5,
    text: 'sync: 10,000 files of 4 KiB sent ≤ 1.5 s',
  },
  {
    kind: 'bound',
    caseName: /^folders kept equal/,
    measure: /^the folder of 10,000 .*: sent$/,
    most: 1,
    text: 'sync: a folder of 10,000 files renamed ≤ 1 s',
  },
  { kind: 'bound', caseName: /^a file of 1 KiB/, measure: /^median$/, most: 300, text: 'sync: a small file elsewhere, median ≤ 0.3 s' },
  { kind: 'bound', caseName: /^a file of 1 KiB/, measure: /^p99$/, most: 1_000, text: 'sync: a small file elsewhere, p99 ≤ 1 s' },
  { kind: 'bound', caseName: /^1,000,000 files/, measure: /^one folder/, most: 10, text: 'sync: a look at 1,000,000 files ≤ 10 s' },
  { kind: 'bound', caseName: /^1,000,000 files/, measure: /^memory/, most: 150, text: 'sync: memory beside 1,000,000 files ≤ 150 MiB' },
  { kind: 'bound', caseName: /^200 devices/, measure: /gave up$/, most: 0, text: '200 devices commit to one head: none starved' },
  { kind: 'bound', caseName: /^sign-in/, measure: /first rows$/, most: 2_000, text: 'sign-in to the first rows ≤ 2 s' },
  { kind: 'bound', caseName: /^sign-in/, measure: /to the server$/, most: 12, text: 'sign-in to the first rows ≤ 12 requests' },
  { kind: 'bound', caseName: /^purchase/, measure: /Lightning$/, most: 2_000, text: 'purchase over Lightning to the first byte ≤ 2 s' },
  {
    kind: 'bound',
    caseName: /^purchase/,
    measure: /(wallet|wallet of the machine|coins of the browser|pasted token)$/,
    most: 500,
    text: 'purchase with coins to the first byte ≤ 0.5 s',
  },
  { kind: 'bound', caseName: /^save/, measure: /^Chromium/, least: 120, text: 'save in Chromium ≥ 120 MiB/s' },
  { kind: 'bound', caseName: /^save/, measure: /^Firefox/, least: 40, text: 'save in Firefox ≥ 40 MiB/s' },
  { kind: 'bound', caseName: /^save/, measure: /^heap/, most: 200, text: 'heap of the page while saving ≤ 200 MiB' },
  { kind: 'bound', caseName: /^video/, measure: /first frame/, most: 750, text: 'video: first frame ≤ 750 ms' },
  { kind: 'bound', caseName: /^video/, measure: /seek p95/, most: 600, text: 'video: seek p95 ≤ 600 ms' },
  { kind: 'bound', caseName: /^drop/, measure: /complete/, most: 1500, text: 'drop to finished link, 10 MB ≤ 1.5 s' },
  { kind: 'bound', caseName: /^start-up script/, measure: /^landing/, most: 40, text: 'landing: start-up script ≤ 40 kB' },
  { kind: 'bound', caseName: /^start-up script/, measure: /^link/, most: 60, text: 'link page: start-up script ≤ 60 kB' },
  // As Lighthouse judges by itself, its throttling simulated; what an applied one gives is listed beside.
  {
    kind: 'bound',
    caseName: /^Lighthouse/,
    measure: /performance, (landing|link) page.*simulated/,
    least: 95,
    text: 'Lighthouse mobile performance of landing and link page ≥ 95, throttling simulated',
  },
  {
    kind: 'bound',
    caseName: /^Lighthouse/,
    measure: /performance, drive.*simulated/,
    least: 90,
    text: 'Lighthouse mobile performance of the drive ≥ 90, throttling simulated',
  },
  {
    kind: 'bound',
    caseName: /^acts in a folder of 100,000/,
    measure: /^all acts/,
    most: 120,
    text: 'acts in a folder of 100,000 entries, p75 ≤ 120 ms',
  },
  { kind: 'bound', caseName: /^Lighthouse/, measure: /accessibility/, least: 100, text: 'Lighthouse accessibility 100' },
];

export function judge(series: readonly Series[]): readonly Verdict[] {
  return targets.map((target) => judgeOne(target, series));
}

function judgeOne(target: Target, all: readonly Series[]): Verdict {
  const about = all.filter(({ caseName, measure }) => target.caseName.test(caseName) && target.measure.test(measure));
  const ours = about.filter(({ subject }) => subject === us);
  const pairs =
    target.kind === 'bound'
      ? []
      : pairUp(
          ours,
          about.filter(({ subject }) => target.rival.test(subject)),
        );
  if (ours.length === 0 || (target.kind !== 'bound' && pairs.length === 0))
    return { text: target.text, measured: '–', outcome: 'not measured' };
  const decided =
    target.kind === 'bound'
      ? ours.map((one) => ({
          good: median(one.values) <= (target.most ?? Infinity) && median(one.values) >= (target.least ?? -Infinity),
          said: `${format(one)}`,
        }))
      : pairs.map(({ own, other }) => {
          const factor = advantage(own, other);
          const least = target.kind === 'ahead' ? (target.least ?? 1) : target.least;
          return { good: factor >= least, said: target.kind === 'ahead' ? `${factor.toFixed(2)} ×` : `${Math.round(100 * factor)} %` };
        });
  return {
    text: target.text,
    measured: decided.map(({ said }) => said).join(', '),
    outcome: decided.every(({ good }) => good) ? 'reached' : 'missed',
  };
}

function pairUp(ours: readonly Series[], others: readonly Series[]) {
  return ours.flatMap((own) =>
    others.filter((other) => other.measure === own.measure && other.caseName === own.caseName).map((other) => ({ own, other })),
  );
}

/** How many times better `own` is than `other`: above 1 is ahead. */
export function advantage(own: Series, other: Series): number {
  return own.better === 'less' ? median(other.values) / median(own.values) : median(own.values) / median(other.values);
}

export function format({ values, unit }: Series): string {
  const value = median(values);
  return `${value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)} ${unit}`;
}
