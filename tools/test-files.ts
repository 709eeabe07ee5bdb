/** Runs test files, each in a process of its own with a temporary folder of its own, and reports what came of them. */
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Outcome } from './reporter.ts';
import { root } from './root.ts';

export type FileReport = { readonly file: string; readonly ms: number; readonly outcomes: readonly Outcome[]; readonly output: string };
export type Limits = { readonly fileMs: number; readonly endsAt: number };

const outputBytesMax = 16_384;
const running = new Set<number>();

/** Every `*.test.ts` of the repository, relative to the root, in the order in which they run. */
export async function findTestFiles(): Promise<string[]> {
  const found: string[] = [];
  for (const folder of ['tests/tidy', 'tools', 'core', 'client', 'storage', 'server', 'bitcache', 'apps', 'tests', 'bench']) {
    for (const file of await testFilesUnder(join(root, folder))) if (!found.includes(file)) found.push(file);
  }
  return found;
}

async function testFilesUnder(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const found: string[] = [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name === 'node_modules' || entry.name === 'dist' || entry.name === 'data') continue;
    const place = join(folder, entry.name);
    if (entry.isDirectory()) found.push(...(await testFilesUnder(place)));
    else if (entry.name.endsWith('.test.ts')) found.push(relative(root, place));
  }
  return found;
}

/** Crashes and hostility look at times and memory, and a neighbour would be in both. Everything else runs several at a time, browsers too: their stories mostly wait. */
export function wantsMachine(file: string): boolean {
  return /^tests\/(crash|hostility)\//.test(file);
}

/** The names after `// needs:` in the head of a test file, as listed in system-packages.ts. */
export async function readNeeds(file: string): Promise<string[]> {
  const head = (await readFile(join(root, file), 'utf8')).slice(0, 2000);
  return (/^(?:\/\/| \*|\/\*\*?) needs: ([a-z, -]+)/m.exec(head)?.[1] ?? '').split(/[ ,]+/).filter((name) => name !== '');
}

/** @param scratch an existing folder for what this run leaves behind */
export async function runTestFile(file: string, scratch: string, limits: Limits): Promise<FileReport> {
  const began = Date.now();
  const name = file.replaceAll('/', '-').slice(0, -'.test.ts'.length);
  const [events, log, temporary] = [
    join(scratch, `${name}.events`),
    join(scratch, `${name}.log`),
    join(scratch, String(runTestFile.serial++)),
  ];
  // Short, because socket paths are limited; open to others, because PostgreSQL refuses to run as root.
  await mkdir(temporary, { mode: 0o755 });
  const ending = await spawnTestFile(file, { events, log, temporary }, Math.min(limits.fileMs, limits.endsAt - began));
  const outcomes = readOutcomes(events);
  const output = (await readFile(log, 'utf8').catch(() => '')).slice(-outputBytesMax);
  await rm(temporary, { recursive: true, force: true });
  const ms = Date.now() - began;
  const problem = judgeEnding(ending, outcomes);
  if (problem !== undefined) outcomes.push({ kind: 'failed', name: 'the file as a whole', ms, error: problem });
  return { file, ms, outcomes, output };
}
runTestFile.serial = 0;

/** Ends every test file that still runs, with all it started. */
export function endTestFiles(): void {
  for (const pid of running) endGroup(pid);
}

type Ending =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'killed'; readonly signal: string }
  | { readonly kind: 'late'; readonly afterMs: number };
type Places = { readonly events: string; readonly log: string; readonly temporary: string };

async function spawnTestFile(file: string, places: Places, limitMs: number): Promise<Ending> {
  const log = openSync(places.log, 'w');
  const env: NodeJS.ProcessEnv = { ...process.env, TMPDIR: places.temporary, NO_COLOR: '1' };
  delete env['NODE_TEST_CONTEXT'];
  delete env['FORCE_COLOR'];
  const reporter = join(root, 'tools/reporter.ts');
  // Directly rather than through `--test`: one process less, and the exit code is the file's own.
  const child = spawn(process.execPath, [`--test-reporter=${reporter}`, `--test-reporter-destination=${places.events}`, join(root, file)], {
    cwd: root,
    env,
    stdio: ['ignore', log, log],
    detached: true,
  });
  closeSync(log);
  const pid = child.pid;
  if (pid !== undefined) running.add(pid);
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    if (pid !== undefined) endGroup(pid);
  }, limitMs);
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) => {
    child.on('exit', (...ending) => resolve(ending));
    child.on('error', () => resolve([127, null]));
  });
  clearTimeout(timer);
  if (pid !== undefined) {
    running.delete(pid);
    // Whatever the file started and forgot would disturb the next one.
    endGroup(pid);
  }
  if (isLate) return { kind: 'late', afterMs: limitMs };
  return code === null ? { kind: 'killed', signal: signal ?? 'an unknown signal' } : { kind: 'exited', code };
}

function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // The group is gone already.
  }
}

function readOutcomes(file: string): Outcome[] {
  let text = '';
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return [];
  }
  const outcomes: Outcome[] = [];
  // The last line may be cut when the process was killed.
  for (const line of text.split('\n').slice(0, -1)) outcomes.push(JSON.parse(line) as Outcome);
  return outcomes;
}

/** Undefined if the process ended as its outcomes say. */
function judgeEnding(ending: Ending, outcomes: readonly Outcome[]): string | undefined {
  if (ending.kind === 'late')
    return `It still ran after ${Math.round(ending.afterMs / 1000)} s and was ended. Either a test hangs or something it opened was not closed.`;
  if (ending.kind === 'killed') return `Its process was ended by ${ending.signal}.`;
  if (ending.code !== 0 && !outcomes.some((outcome) => outcome.kind === 'failed'))
    return `Its process ended with exit code ${ending.code}.`;
  if (outcomes.length === 0) return 'It ran no test.';
  return undefined;
}
