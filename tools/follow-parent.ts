/**
 * Ends this process when the npm that started it is gone. npm runs scripts through a shell, and a signal sent to npm reaches neither that
 * shell nor what it runs: without this, `kill` on `npm start` would leave the server behind. Loaded by `node --import`.
 */
import { readFileSync } from 'node:fs';

const lookEveryMs = 500;
/** npm, its shell, and the older Node that may stand between. */
const levelsMax = 4;
const line = ancestors();

const timer = setInterval(() => {
  if (ancestors() === line) return;
  clearInterval(timer);
  process.kill(process.pid, 'SIGTERM');
}, lookEveryMs);
timer.unref();

// Somebody asked already, by Ctrl+C for instance, which ends the shell too: a second signal would cut short what is being finished.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    clearInterval(timer);
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
  });
}

/** The processes from our parent up to npm; only the parent where the kernel does not tell, or where no npm is above us. */
function ancestors(): string {
  const found: number[] = [];
  try {
    for (let pid = process.ppid; pid > 1 && found.length < levelsMax; pid = parentOf(pid)) {
      found.push(pid);
      if (/^npm\b|npm-cli\.c?js/.test(readFileSync(`/proc/${pid}/cmdline`, 'latin1'))) return found.join(' ');
    }
  } catch {
    // No /proc, or an ancestor that ended while we looked.
  }
  return String(process.ppid);
}

function parentOf(pid: number): number {
  // proc(5): pid, name in brackets, state, parent. The name may hold anything, brackets too.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return Number(fields.slice(fields.lastIndexOf(')')).split(' ')[2]);
}
