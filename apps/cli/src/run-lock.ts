// One run at a time for one thing, on one machine, without a lock that outlives its holder. Each run leaves a file of its own first and looks
// for those of others second: of two that come together at least one sees the other and gives way, and nobody ever removes a lock that lives.
import fs from 'node:fs';
import path from 'node:path';

/** A process: its number, and when it began, since numbers come again. */
type Holder = { readonly pid: number; readonly start: string };

/**
 * @param name of what is held, in a folder that exists
 * @returns undefined while another run holds it
 */
export function takeRunLock(name: string): Disposable | undefined {
  const own = lockFile(name, { pid: process.pid, start: startOf(process.pid) ?? '' });
  try {
    fs.writeFileSync(own, '', { flag: 'wx', mode: 0o600 });
  } catch (error) {
    // This very process holds it.
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined;
    throw error;
  }
  const release = () => fs.rmSync(own, { force: true });
  if (otherLives(name, own)) return void release();
  return { [Symbol.dispose]: release };
}

function lockFile(name: string, { pid, start }: Holder): string {
  return `${name}.${pid}-${start}.lock`;
}

/** Removes what runs that are gone have left: their names never come again. */
function otherLives(name: string, own: string): boolean {
  const folder = path.dirname(name);
  let lives = false;
  for (const other of fs.readdirSync(folder)) {
    const file = path.join(folder, other);
    const holder = holderOf(file, name);
    if (!holder || file === own) continue;
    if (isAlive(holder)) lives = true;
    else fs.rmSync(file, { force: true });
  }
  return lives;
}

function holderOf(file: string, name: string): Holder | undefined {
  if (!file.startsWith(`${name}.`)) return undefined;
  const [, pid, start] = /^(\d+)-(\d*)\.lock$/.exec(file.slice(name.length + 1)) ?? [];
  return pid === undefined ? undefined : { pid: Number(pid), start: start ?? '' };
}

function isAlive({ pid, start }: Holder): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const now = startOf(pid);
  return start === '' || now === undefined || now === start;
}

/** Clock ticks from the start of the machine to that of the process: proc(5), field 22 of stat. Undefined where it cannot be read. */
function startOf(pid: number): string | undefined {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The program's name, in brackets, may hold anything.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}
