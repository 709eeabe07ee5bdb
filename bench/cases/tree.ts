// The drive's tree without a network: what an edit, a rename, a merge and a diff cost in time and in sealed bytes. Measured by client/vault/bench/tree.ts.
import { join } from 'node:path';
import { runCommand } from '../harness/command.ts';
import { root } from '../../tests/support/server.ts';
import { us, type Series, type Unit } from '../results.ts';
import type { BenchCase } from './case.ts';

const script = join(root, 'client/vault/bench/tree.ts');
const caseName = 'tree of a drive';

export const tree: BenchCase = {
  name: 'tree',
  about: 'edit, rename, add, merge and compare directories of 100,000 and 1,000,000 files',
  long: false,
  async run({ options, say }) {
    const found = new Map<string, { readonly unit: Unit; readonly values: number[] }>();
    for (let run = 0; run < options.runs; run++) {
      const { stdout } = await runCommand(process.execPath, [script, '--json', ...(options.quick ? ['--quick'] : [])]);
      for (const { measure, unit, value } of JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as readonly Figure[]) {
        const series = found.get(measure) ?? { unit, values: [] };
        found.set(measure, series);
        series.values.push(value);
        say(`${caseName} run ${run + 1}, ${measure}: ${value} ${unit}`);
      }
    }
    const series = [...found].map(
      ([measure, { unit, values }]): Series => ({ caseName, measure, subject: us, unit, better: 'less', values }),
    );
    return { series, absences: [], remarks: options.quick ? ['with a tenth of the files'] : [] };
  },
};

type Figure = { readonly measure: string; readonly unit: Unit; readonly value: number };
