// The cipher alone: AES-256-GCM and SHA-256 of what came out, on one thread and on two. Measured by client/vault/bench/seal.ts.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '../harness/command.ts';
import { root } from '../../tests/support/server.ts';
import { us, type Series } from '../results.ts';
import type { BenchCase } from './case.ts';

const script = join(root, 'client/vault/bench/seal.ts');
const caseName = 'seal and hash 4 MiB chunks';

export const seal: BenchCase = {
  name: 'seal',
  about: 'AES-256-GCM and SHA-256 of the result, one thread and two',
  long: false,
  async run({ options, say }) {
    if (!existsSync(script))
      return { series: [], absences: [{ caseName, subject: us, reason: 'client/vault/bench/seal.ts is absent' }], remarks: [] };
    const speeds = new Map<number, number[]>();
    for (let run = 0; run < options.runs; run++) {
      for (const { threads, gigabytesPerSecond } of parseSealReport((await runCommand(process.execPath, [script, '--json'])).stdout)) {
        speeds.set(threads, [...(speeds.get(threads) ?? []), gigabytesPerSecond]);
        say(`${caseName} run ${run + 1}, ${threads} thread(s): ${gigabytesPerSecond.toFixed(2)} GB/s`);
      }
    }
    const series = [...speeds].map(
      ([threads, values]): Series => ({
        caseName,
        measure: `${threads} thread${threads === 1 ? '' : 's'}`,
        subject: us,
        unit: 'GB/s',
        better: 'more',
        values,
      }),
    );
    return { series, absences: [], remarks: [] };
  },
};

type SealSpeed = { readonly threads: number; readonly gigabytesPerSecond: number };

/** The script prints `{"unit":"GB/s","seal1":…,"open1":…,"seal2":…,"open2":…}`. @throws Error when it does not */
function parseSealReport(stdout: string): readonly SealSpeed[] {
  const report = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Record<string, unknown>;
  return [1, 2].map((threads) => {
    const speed = report[`seal${threads}`];
    if (report['unit'] !== 'GB/s' || typeof speed !== 'number') throw new Error(`the seal benchmark printed ${stdout.slice(-200)}`);
    return { threads, gigabytesPerSecond: speed };
  });
}
