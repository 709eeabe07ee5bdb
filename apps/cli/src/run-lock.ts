// One run at a time for one thing, on one machine, without a lock that outlives its holder. Each run leaves a file of its own first and looks
// for those of others second: of two that come together at least one sees the other and gives way, and nobody ever removes a lock that lives.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** Where numbers of processes mean something: a machine, one start of it, and a namespace (pid_namespaces(7)). Empty where it cannot be told. */
type Realm = { readonly host: string; readonly boot: string; readonly space: string };
/** A process: its number, and when it began, since numbers come again. */
type Holder = Realm & { readonly pid: number; readonly start: string };

/**
 * @param name of what is held, in a folder that exists
 * @returns undefined while another run holds it
 */
export function takeRunLock(name: string): Disposable | undefined {
  const own = lockFile(name, { ...realm(), pid: process.pid, start: startOf(process.pid) ?? '' });
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

/** Its number; null for a process of another machine or container, which cannot be asked whether it lives: a person may know, and remove the file. */
export type RunLockHolder = { readonly pid: number | null; readonly file: string };

/** Who holds it, without taking it. */
export function runLockHolder(name: string): RunLockHolder | undefined {
  const [lock] = locksOf(name).filter(({ holder }) => stateOf(holder) === 'lives');
  return lock && { pid: isNear(lock.holder) ? lock.holder.pid : null, file: lock.file };
}

function lockFile(name: string, { host, boot, space, pid, start }: Holder): string {
  return `${name}.${host}-${boot}-${space}.${pid}-${start}.lock`;
}

/** Removes what runs that are gone have left: their names never come again. */
function otherLives(name: string, own: string): boolean {
  let lives = false;
  for (const { file, holder } of locksOf(name)) {
    if (file === own) continue;
    if (stateOf(holder) === 'lives') lives = true;
    else fs.rmSync(file, { force: true });
  }
  return lives;
}

function locksOf(name: string): { readonly file: string; readonly holder: Holder }[] {
  const folder = path.dirname(name);
  if (!fs.existsSync(folder)) return [];
  return fs.readdirSync(folder).flatMap((other) => {
    const file = path.join(folder, other);
    const holder = holderOf(file, name);
    return holder ? [{ file, holder }] : [];
  });
}

/** Names without a realm are those of versions that knew of none. */
function holderOf(file: string, name: string): Holder | undefined {
  if (!file.startsWith(`${name}.`)) return undefined;
  const match = /^(?:(\w*)-(\w*)-(\w*)\.)?(\d+)-(\d*)\.lock$/.exec(file.slice(name.length + 1));
  if (!match) return undefined;
  const own = realm();
  const [, host = own.host, boot = own.boot, space = own.space, pid, start = ''] = match;
  return { host, boot, space, pid: Number(pid), start };
}

function isNear({ host, boot, space }: Realm): boolean {
  const own = realm();
  return host === own.host && boot === own.boot && space === own.space;
}

/** Of processes that cannot be asked about, it is never said that they are gone, unless their machine was started anew. */
function stateOf(holder: Holder): 'lives' | 'gone' {
  const own = realm();
  if (holder.host !== own.host) return 'lives';
  if (holder.boot !== own.boot) return 'gone';
  return holder.space !== own.space || isAlive(holder) ? 'lives' : 'gone';
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

/** Elsewhere than on Linux machines are not told apart: their names change with the network. */
function realm(): Realm {
  if (process.platform !== 'linux') return { host: '', boot: '', space: '' };
  const host = readText('/etc/machine-id') ?? os.hostname();
  const boot = readText('/proc/sys/kernel/random/boot_id') ?? '';
  return { host: shorten(host), boot: shorten(boot), space: spaceOf() };
}

function shorten(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}

function spaceOf(): string {
  try {
    return fs.readlinkSync('/proc/self/ns/pid').replace(/\D/g, '');
  } catch {
    return '';
  }
}

function readText(file: string): string | undefined {
  try {
    return fs.readFileSync(file, 'utf8').trim() || undefined;
  } catch {
    return undefined;
  }
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
