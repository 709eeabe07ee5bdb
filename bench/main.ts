// The benchmark: what a user would pick instead, side by side with us in one run. `npm run bench -- --help`.
import { readFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import type { BenchCase } from './cases/case.ts';
import { cases } from './cases/index.ts';
import { parseOptions, usage, type BenchOptions } from './options.ts';
import { describeMachine } from './report/machine.ts';
import type { CaseRecord } from './report/record.ts';
import { writeReport } from './report/write.ts';
import type { CaseResult } from './results.ts';

const options = parseOptions(process.argv.slice(2));
if (options === 'help') {
  process.stdout.write(
    `${usage}\ncases:\n${cases.map(({ name, about, long }) => `  ${name.padEnd(18)}${about}${long ? ' (--long)' : ''}`).join('\n')}\n`,
  );
} else {
  const fresh: CaseRecord[] = [];
  let table = '';
  for (const one of chooseCases(options)) {
    say(`${one.name}: ${one.about}`);
    fresh.push(await runCase(one, options));
    table = writeReport(
      fresh,
      cases.map(({ name }) => name),
      options.quick,
    );
  }
  process.stdout.write(readFileSync(table, 'utf8'));
}

/** @throws TypeError on a name that no case bears */
function chooseCases({ only, long }: BenchOptions): readonly BenchCase[] {
  const unknown = only.filter((name) => !cases.some((one) => one.name === name));
  if (unknown.length > 0) throw new TypeError(`no such case: ${unknown.join(', ')}; there are ${cases.map(({ name }) => name).join(', ')}`);
  // In the order asked for: whoever has little time begins with what matters.
  if (only.length > 0) return only.flatMap((name) => cases.filter((one) => one.name === name));
  return cases.filter((one) => long || !one.long);
}

async function runCase(one: BenchCase, { runs, quick, folder }: BenchOptions): Promise<CaseRecord> {
  const about = {
    name: one.name,
    takenAt: new Date().toISOString(),
    runs,
    quick,
    machine: describeMachine(folder ?? tmpdir()),
    loadBefore: loadavg()[0] ?? 0,
  };
  const startedAt = performance.now();
  const outcome = await outcomeOf(one);
  const tookSeconds = Math.round((performance.now() - startedAt) / 1000);
  say(`${one.name} took ${tookSeconds} s`);
  return { ...about, tookSeconds, ...outcome };
}

/** A case that breaks is a result too: the others still run, and the exit code tells. */
async function outcomeOf(one: BenchCase): Promise<CaseResult> {
  try {
    return await one.run({ options: options as BenchOptions, say });
  } catch (error) {
    process.exitCode = 1;
    say(`${one.name} FAILED: ${(error as Error).stack}`);
    return {
      series: [],
      absences: [{ caseName: one.name, subject: 'the whole case', reason: (error as Error).message.slice(0, 600) }],
      remarks: [],
    };
  }
}

function say(line: string): void {
  process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${line}\n`);
}
