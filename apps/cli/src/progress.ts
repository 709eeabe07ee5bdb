// Shows how far a transfer is: cells that fill on a terminal, a plain line every few seconds elsewhere. Always on standard error.
import { formatBytes, formatDuration, formatSpeed } from './amounts.ts';
import type { Terminal } from './terminal.ts';

export type Shown = {
  readonly bytesDone: number;
  readonly bytesTotal: number;
  readonly filesDone: number;
  readonly filesTotal: number;
  /** Said in place of the time left: paused, waiting for the network. */
  readonly note?: string | undefined;
};

export interface ProgressLine extends Disposable {
  /** Call as often as anything changes; it is drawn a few times a second. */
  update(read: () => Shown): void;
  /** A line above the progress. */
  say(text: string): void;
}

const drawEveryMs = 120;
const lineEveryMs = 5_000;
const speedWindowMs = 10_000;

export function openProgress(
  terminal: Terminal,
  options: { readonly verb: string; readonly files: string; readonly isQuiet: boolean },
): ProgressLine {
  const speed = new Speed();
  let drawn = '';
  let lastDraw = 0;
  let lastLine = Date.now();
  const clear = () => {
    if (drawn) terminal.say('\r\u001b[K');
    drawn = '';
  };
  const draw = (shown: Shown, now: number) => {
    const perSecond = speed.add(now, shown.bytesDone);
    const left = perSecond > 0 && now - speed.startedAt > 1500 ? (shown.bytesTotal - shown.bytesDone) / perSecond : undefined;
    if (terminal.isInteractive) {
      drawn = fit(cellLine(terminal, shown, perSecond, left), terminal.columns() - 1);
      terminal.say(`\r${drawn}\u001b[K`);
    } else if (now - lastLine >= lineEveryMs) {
      lastLine = now;
      terminal.say(`${plainLine(terminal, options, shown, perSecond, left)}\n`);
    }
  };
  return {
    update: (read) => {
      const now = Date.now();
      if (options.isQuiet || now - lastDraw < drawEveryMs) return;
      lastDraw = now;
      draw(read(), now);
    },
    say: (text) => {
      if (options.isQuiet) return;
      clear();
      terminal.say(`${text}\n`);
    },
    [Symbol.dispose]: clear,
  };
}

function cellLine(terminal: Terminal, shown: Shown, perSecond: number, left: number | undefined): string {
  const { language } = terminal;
  const share = shown.bytesTotal > 0 ? shown.bytesDone / shown.bytesTotal : 1;
  const cells = Math.max(8, Math.min(32, terminal.columns() - 58));
  const full = Math.floor(share * cells);
  const bar = terminal.isUnicode ? '■'.repeat(full) + '□'.repeat(cells - full) : `[${'#'.repeat(full)}${'.'.repeat(cells - full)}]`;
  const amounts = `${formatBytes(shown.bytesDone, language)} / ${formatBytes(shown.bytesTotal, language)}`;
  const files = shown.filesTotal > 1 ? `  ${shown.filesDone}/${shown.filesTotal}` : '';
  const time = shown.note ?? (left === undefined ? '' : formatDuration(left));
  return `${bar} ${Math.floor(share * 100)} %  ${amounts}${files}  ${formatSpeed(perSecond, language)}  ${time}`;
}

function plainLine(
  terminal: Terminal,
  options: { verb: string; files: string },
  shown: Shown,
  perSecond: number,
  left: number | undefined,
): string {
  const { language } = terminal;
  const share = shown.bytesTotal > 0 ? Math.floor((100 * shown.bytesDone) / shown.bytesTotal) : 100;
  const files = shown.filesTotal > 1 ? `, ${shown.filesDone}/${shown.filesTotal} ${options.files}` : '';
  const time = shown.note ? `, ${shown.note}` : left === undefined ? '' : `, ${formatDuration(left)}`;
  return `${options.verb} ${share} %, ${formatBytes(shown.bytesDone, language)} / ${formatBytes(shown.bytesTotal, language)}${files}, ${formatSpeed(perSecond, language)}${time}`;
}

function fit(line: string, columns: number): string {
  return [...line].slice(0, Math.max(10, columns)).join('');
}

/** Bytes a second over the last ten seconds. */
class Speed {
  readonly startedAt = Date.now();
  readonly #points: { readonly at: number; readonly bytes: number }[] = [];

  add(at: number, bytes: number): number {
    const last = this.#points.at(-1);
    if (!last || at - last.at >= 200) this.#points.push({ at, bytes });
    while (this.#points.length > 2 && at - (this.#points[0]?.at ?? at) > speedWindowMs) this.#points.shift();
    const first = this.#points[0];
    if (!first || at === first.at) return 0;
    return Math.max(0, ((bytes - first.bytes) * 1000) / (at - first.at));
  }
}
