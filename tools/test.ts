/**
 * `npm test [-- PATH-PART…]`: everything that can be checked on this machine, ending with the line `N passed, N failed, N skipped`.
 * With arguments only the checks and files whose path holds one of them.
 */
import { spawnSync } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Outcome } from './reporter.ts';
import './follow-parent.ts';
import { root } from './root.ts';
import { provide, testNeeds } from './system-packages.ts';
import { endTestFiles, findTestFiles, readNeeds, runTestFile, wantsMachine, type FileReport } from './test-files.ts';
import { buildWebApp } from './web-app.ts';

const minute = 60_000;
const isLong = process.env['REPRISE_LONG'] === '1';
const began = Date.now();
const limits = { fileMs: (isLong ? 120 : 20) * minute, endsAt: began + (isLong ? 12 * 60 : 80) * minute };
/** One more than cores: stories in browsers mostly wait. */
const lanes = Math.min(3, availableParallelism() + 1);
const stillRunningAfterMs = minute;
/** So many files that failed run once more, alone, after all others. Where more fail, it is not the machine. */
const secondRunsMax = 5;

type Check = { readonly name: string; readonly act: () => Promise<string | undefined> | string | undefined };

/** What is checked before the test files. Each answers with what is wrong. */
const checks: readonly Check[] = [
  { name: 'lint (oxlint)', act: () => runProgram('node_modules/.bin/oxlint', ['--quiet']) },
  { name: 'format (biome)', act: () => runProgram('node_modules/.bin/biome', ['format', '--colors=off', '.']) },
  // Before the types: it generates the functions of the messages.
  { name: 'the web app builds', act: async () => ((await buildWebApp()) ? undefined : 'apps/web/build.ts failed; its output is above.') },
  { name: 'types (tsc)', act: () => checkTypes('tsconfig.json') },
  { name: 'types of the web app (svelte-check)', act: checkSvelte },
  { name: 'types of its workers (tsc)', act: () => checkTypes('apps/web/tsconfig.workers.json') },
];

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    endTestFiles();
    process.exit(signal === 'SIGINT' ? 130 : 143);
  });
}

const filters = process.argv.slice(2).filter((argument) => !argument.startsWith('-'));
const isWanted = (name: string): boolean => filters.length === 0 || filters.some((filter) => name.includes(filter));
const files = (await findTestFiles()).filter(isWanted);
const needs = new Map(await Promise.all(files.map(async (file) => [file, await readNeeds(file)] as const)));
const missing = new Set(
  provide(filters.length === 0 ? testNeeds : testNeeds.filter((need) => [...needs.values()].flat().includes(need.name))).map(
    (need) => need.name,
  ),
);
const reports: FileReport[] = [];

for (const check of checks) if (isWanted(check.name)) add(await runCheck(check));
const scratch = await mkdtemp(join(tmpdir(), 'rp-'));
await chmod(scratch, 0o755);
const heartbeat = setInterval(tellWhatRuns, stillRunningAfterMs);
const inProgress = new Map<string, number>();
/** What failed at first and passed when it ran again: named at the end, because somebody has to find out why. */
const unsteady: { readonly file: string; readonly name: string }[] = [];
try {
  await runAll(
    files.filter((file) => !wantsMachine(file)),
    lanes,
  );
  await runAll(files.filter(wantsMachine), 1);
  await runFailedAgain();
} finally {
  clearInterval(heartbeat);
  await rm(scratch, { recursive: true, force: true });
}
process.exitCode = summarise();

async function runAll(queue: readonly string[], width: number): Promise<void> {
  const waiting = queue.values();
  const lane = async (): Promise<void> => {
    for (const file of waiting) {
      const absent = (needs.get(file) ?? []).filter((name) => missing.has(name));
      if (absent.length > 0)
        add({
          file,
          ms: 0,
          output: '',
          outcomes: [{ kind: 'skipped', name: 'the whole file', reason: `needs ${absent.join(' and ')}, which this machine lacks` }],
        });
      else if (Date.now() > limits.endsAt)
        add({
          file,
          ms: 0,
          output: '',
          outcomes: [{ kind: 'failed', name: 'the whole file', ms: 0, error: 'Not run: the time for all tests was used up.' }],
        });
      else {
        inProgress.set(file, Date.now());
        add(await runTestFile(file, scratch, limits));
        inProgress.delete(file);
      }
    }
  };
  await Promise.all(Array.from({ length: width }, lane));
}

/**
 * A browser on a busy machine may miss a limit once; a real fault is there again. Not for a run of chosen files: whoever works on them wants
 * to see each failure.
 */
async function runFailedAgain(): Promise<void> {
  const failed = reports.filter((report) => files.includes(report.file) && failuresOf(report).length > 0);
  if (filters.length > 0 || failed.length > secondRunsMax || Date.now() > limits.endsAt) return;
  for (const first of failed) {
    print(`Again, alone: ${first.file}`);
    reports.splice(reports.indexOf(first), 1);
    await runAll([first.file], 1);
    const second = reports.at(-1);
    if (second && failuresOf(second).length === 0) unsteady.push(...failuresOf(first).map(({ name }) => ({ file: first.file, name })));
  }
}

function failuresOf(report: FileReport): Extract<Outcome, { kind: 'failed' }>[] {
  return report.outcomes.filter((outcome) => outcome.kind === 'failed');
}

async function runCheck(check: Check): Promise<FileReport> {
  const start = Date.now();
  const problem = await check.act();
  const ms = Date.now() - start;
  const outcome: Outcome =
    problem === undefined ? { kind: 'passed', name: check.name, ms } : { kind: 'failed', name: check.name, ms, error: problem };
  return { file: check.name, ms, output: '', outcomes: [outcome] };
}

function runProgram(program: string, args: readonly string[], folder = root): string | undefined {
  const result = spawnSync(join(root, program), args, { cwd: folder, encoding: 'utf8', timeout: limits.fileMs, maxBuffer: 64 << 20 });
  if (result.status === 0) return undefined;
  const output = `${result.stdout ?? ''}${result.stderr ?? ''}`.trim();
  return output === '' ? `${program} ended with ${result.error?.message ?? `exit code ${result.status}`}.` : output.slice(0, 20_000);
}

function checkTypes(project: string): string | undefined {
  return runProgram('node_modules/.bin/tsc', ['-p', project, '--noEmit', '--pretty', 'false']);
}

function checkSvelte(): string | undefined {
  if (!existsSync(join(root, 'apps/web/tsconfig.json'))) return undefined;
  const bin = existsSync(join(root, 'apps/web/node_modules/.bin/svelte-check'))
    ? 'apps/web/node_modules/.bin/svelte-check'
    : 'node_modules/.bin/svelte-check';
  return runProgram(bin, ['--tsconfig', 'tsconfig.json', '--output', 'human', '--threshold', 'error'], join(root, 'apps/web'));
}

function add(report: FileReport): void {
  reports.push(report);
  const failed = failuresOf(report);
  const skipped = report.outcomes.filter((outcome) => outcome.kind === 'skipped').length;
  const passed = report.outcomes.length - failed.length - skipped;
  const parts = [
    passed > 0 ? `${passed} passed` : '',
    failed.length > 0 ? `${failed.length} FAILED` : '',
    skipped > 0 ? `${skipped} skipped` : '',
  ].filter((part) => part !== '');
  print(`${failed.length > 0 ? '✗' : passed > 0 ? '✓' : '-'} ${report.file}  ${parts.join(', ')}  ${(report.ms / 1000).toFixed(1)} s`);
  for (const outcome of failed) print(indent(`${outcome.name}\n${outcome.error}`));
  if (failed.length > 0 && report.output.trim() !== '') print(indent(`--- its output (the end of it) ---\n${report.output.trim()}`));
}

function tellWhatRuns(): void {
  for (const [file, since] of inProgress) {
    const ms = Date.now() - since;
    if (ms >= stillRunningAfterMs) print(`… ${file} has been running for ${Math.round(ms / 1000)} s`);
  }
}

/** Prints the end of the run and returns the exit code. */
function summarise(): number {
  const all = reports.flatMap((report) => report.outcomes.map((outcome) => ({ file: report.file, outcome })));
  const failed = all.filter(({ outcome }) => outcome.kind === 'failed');
  const skips = all.flatMap(({ file, outcome }) =>
    outcome.kind === 'skipped' ? [{ file, name: outcome.name, reason: outcome.reason }] : [],
  );
  if (skips.length > 0) print('\nSkipped, and why:');
  for (const [reason, group] of Object.entries(Object.groupBy(skips, (skip) => skip.reason))) {
    print(`  ${reason}`);
    for (const skip of group ?? []) print(`    ${skip.file}: ${skip.name}`);
  }
  if (unsteady.length > 0) print('\nFailed at first, passed when run again alone; find out why:');
  for (const { file, name } of unsteady) print(`  ${file}: ${name}`);
  if (failed.length > 0) print('\nFailed:');
  for (const { file, outcome } of failed) print(`  ${file}${outcome.name === file ? '' : `: ${outcome.name}`}`);
  const passed = all.length - failed.length - skips.length;
  if (all.length === 0) print(`\nNothing matches ${filters.join(' ')}.`);
  print(`\n${Math.round((Date.now() - began) / 1000)} s in all.`);
  print(`${passed} passed, ${failed.length} failed, ${skips.length} skipped`);
  return failed.length > 0 || passed === 0 ? 1 : 0;
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, '    ');
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
