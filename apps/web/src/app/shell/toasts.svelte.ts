// Act, then offer undo for ten seconds; the clock stands while a toast is pointed at or holds the focus. spec/web.md, rules.
import { formatCount } from '../../format.ts';
import { m } from '../../messages.ts';
import { driveFailureWords } from '../failure-words.ts';
import { asFailure } from '../../parts/failure-words.ts';
import type { Change } from '../port.ts';

export interface Toast {
  readonly id: number;
  readonly text: string;
  readonly tone: 'plain' | 'danger';
  readonly undo: (() => Promise<void>) | null;
}
const shownMs = 10_000;
const toastsMax = 3;
const namedMax = 3;

let list: readonly Toast[] = $state.raw([]);
let next = 0;
let held = false;
const timers = new Map<number, ReturnType<typeof setTimeout>>();

export const toasts = {
  get list(): readonly Toast[] {
    return list;
  },
  add(text: string, undo: Toast['undo'] = null, tone: Toast['tone'] = 'plain'): void {
    next += 1;
    list = [...list, { id: next, text, tone, undo }].slice(-toastsMax);
    if (!held) wait(next);
  },
  close(id: number): void {
    clearTimeout(timers.get(id));
    timers.delete(id);
    list = list.filter((toast) => toast.id !== id);
  },
  hold(on: boolean): void {
    if (held === on) return;
    held = on;
    for (const { id } of list) {
      clearTimeout(timers.get(id));
      if (!on) wait(id);
    }
  },
  /** Takes back the newest act that can be; false when there is none. */
  undoLast(): boolean {
    const last = list.findLast((toast) => toast.undo !== null);
    if (last) void this.undo(last);
    return last !== undefined;
  },
  async undo(toast: Toast): Promise<void> {
    this.close(toast.id);
    await attempt(async () => toast.undo?.());
  },
};

function wait(id: number): void {
  timers.set(
    id,
    setTimeout(() => toasts.close(id), shownMs),
  );
}

/** Runs an act of the drive, says what it did and offers undo; a refusal is told in the same place. False when refused. */
export async function act(work: () => Promise<Change>, words: (count: number) => string): Promise<boolean> {
  return attempt(async () => {
    const change = await work();
    if (change.count > 0) toasts.add(words(change.count), () => change.undo());
    for (const [why, left] of Map.groupBy(change.refused ?? [], ({ failure }) => driveFailureWords(failure)))
      toasts.add(m.act_left({ names: namesOf(left.map(({ name }) => name)), why }), null, 'danger');
  });
}

/** The first few, and how many more. */
function namesOf(names: readonly string[]): string {
  const more = names.length - namedMax;
  return more > 0 ? `${names.slice(0, namedMax).join(', ')} +${formatCount(more)}` : names.join(', ');
}

export async function attempt(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (thrown) {
    toasts.add(driveFailureWords(asFailure(thrown)), null, 'danger');
    return false;
  }
}
