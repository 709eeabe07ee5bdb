// The shape of what the benchmark finds: series of equal runs, what they are held against, and what could not be measured.

export type Unit = 's' | 'ms' | 'MiB/s' | 'GB/s' | 'MiB' | 'kB' | 'points' | '/s' | 'requests' | 'nodes' | 'devices';
export type Direction = 'less' | 'more';

/** One subject measured `values.length` times at one thing. */
export type Series = {
  readonly caseName: string;
  readonly measure: string;
  readonly subject: string;
  readonly unit: Unit;
  readonly better: Direction;
  readonly values: readonly number[];
  readonly note?: string;
};

/** Something that was not measured, and why. Printed, never swallowed. */
export type Absence = { readonly caseName: string; readonly subject: string; readonly reason: string };

export type CaseResult = { readonly series: readonly Series[]; readonly absences: readonly Absence[]; readonly remarks: readonly string[] };

export const us = 'Reprise';

/** For what takes time: ours, in ms. */
export function timesOf(caseName: string): (measure: string, values: readonly number[]) => Series {
  return (measure, values) => ({ caseName, measure, subject: us, unit: 'ms', better: 'less', values });
}
