// What one thread of a mint does: coins verified, and as many signed with their proof. Measured by bitcache/mint/bench/coins.ts.
import { join } from 'node:path';
import { runCommand } from '../harness/command.ts';
import { root } from '../../tests/support/server.ts';
import { type Series, us } from '../results.ts';
import type { BenchCase } from './case.ts';

const script = join(root, 'bitcache/mint/bench/coins.ts');
const caseName = 'turn over a coin';

export const coins: BenchCase = {
  name: 'coins',
  about: 'ecash verified and signed with proof on one thread, native and WebAssembly',
  long: false,
  async run({ options, say }) {
    const speeds = new Map<string, number[]>();
    for (let run = 0; run < options.runs; run++) {
      const { unit, ...found } = JSON.parse((await runCommand(process.execPath, [script, '--json'])).stdout) as Record<string, unknown>;
      if (unit !== 'coins/s') throw new Error(`the benchmark of coins printed ${JSON.stringify(found)}`);
      for (const [name, speed] of Object.entries(found)) {
        speeds.set(name, [...(speeds.get(name) ?? []), Number(speed)]);
        say(`${caseName} run ${run + 1}, ${name}: ${String(speed)} coins/s`);
      }
    }
    const series = [...speeds].map(([measure, values]): Series => ({ caseName, measure, subject: us, unit: '/s', better: 'more', values }));
    return { series, absences: [], remarks: [] };
  },
};
