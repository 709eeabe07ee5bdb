/**
 * Ends this process when the shell that started it is gone. npm runs scripts through a shell, and a signal sent to npm ends that shell but
 * does not reach what it runs: without this, `kill` on `npm start` would leave the server behind. Loaded by `node --import`.
 */
const parent = process.ppid;
const lookEveryMs = 300;

const timer = setInterval(() => {
  if (process.ppid === parent) return;
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
