// Keeps a root equal to its folder of the drive for as long as it runs: news of the disk and of the server are reasons to look, and so is time.
// A network that is gone is waited for. spec/sync.md "Following".
import { Failure } from '@reprise/protocol/formats';
import { DiskRefusal, type Watching } from './ports.ts';
import type { RootReport, RootSync } from './root-sync.ts';

export type FollowState =
  | { readonly state: 'syncing' }
  | { readonly state: 'in-sync' | 'attention'; readonly report: RootReport }
  | { readonly state: 'paused'; readonly untilMs: number }
  /** It is tried again at that time. */
  | { readonly state: 'offline' | 'stopped'; readonly failure: Failure; readonly retryAtMs: number };

/** So that what comes together is looked at together. */
const gatherMs = 60;
/** However quiet it is. */
const lookThereMs = 60_000;
const lookEverywhereMs = 24 * 3_600_000;
const lookUnwatchedMs = 3_600_000;
/** How soon what a person chose is noticed. */
const noticeMs = 1_000;
const firstRetryMs = 1_000;
const retryMsMax = 60_000;
const newsRetryMs = 5_000;

/** Until the signal ends. @throws Failure device-revoked, bad-journal: what no waiting mends */
export async function followRoot(sync: RootSync, onState: (state: FollowState) => void, signal: AbortSignal): Promise<void> {
  const following = new Following(sync, onState, signal);
  await following.run();
}

class Following {
  readonly #sync: RootSync;
  readonly #onState: (state: FollowState) => void;
  readonly #signal: AbortSignal;
  #wake: () => void = () => undefined;
  #isAwake = true;
  #failures = 0;
  #watching: Watching | undefined;
  #watchedRules = '';
  #lookedThereMs = 0;
  #lookedEverywhereMs: number;
  #restsSinceMs = 0;
  #purgeAtMs: number | null = null;
  #ended: unknown;
  #rehashAtMs: number;
  #rehashing: Promise<void> | undefined;

  constructor(sync: RootSync, onState: (state: FollowState) => void, signal: AbortSignal) {
    this.#sync = sync;
    this.#onState = onState;
    this.#signal = signal;
    this.#lookedEverywhereMs = this.#nowMs();
    this.#rehashAtMs = sync.rehashAtMs;
  }

  async run(): Promise<void> {
    const over = new AbortController();
    const news = this.#hearNews(AbortSignal.any([this.#signal, over.signal]));
    try {
      while (!this.#signal.aborted && this.#ended === undefined) {
        await this.#watch();
        await this.#round();
        await this.#rest();
      }
    } finally {
      over.abort();
      await this.#watching?.close();
      await this.#rehashing;
      await news;
    }
    if (this.#ended !== undefined && !this.#signal.aborted) throw this.#ended;
  }

  /** Of commits in the drive. Hearing keeps the heads that it accepts, and so meets a full disk as a round does, which tells of it. */
  async #hearNews(signal: AbortSignal): Promise<void> {
    const { drive, ports } = this.#sync;
    for (;;) {
      try {
        return await drive.watch(() => this.#hear(), { signal, onState: () => undefined });
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof Failure) || isFinal(error)) this.#ended = error;
        this.#hear();
        if (this.#ended !== undefined) return;
      }
      await ports.schedule.sleep(newsRetryMs, signal).catch(() => undefined);
    }
  }

  #nowMs(): number {
    return this.#sync.ports.clock.now();
  }

  #hear(): void {
    this.#isAwake = true;
    this.#wake();
  }

  /** Set before the first look, so that nothing falls in between; anew where other folders are ignored now. */
  async #watch(): Promise<void> {
    try {
      if (!this.#watching) await this.#sync.readRules();
      else if (this.#sync.rules.text === this.#watchedRules) return;
      else await this.#forgetWatch();
      const { rules } = this.#sync;
      this.#watchedRules = rules.text;
      this.#watching = await this.#sync.ports.disk.watch(
        (folder) => {
          if (folder?.split('/')[0] === '.reprise') return;
          this.#sync.hint(folder);
          this.#hear();
        },
        (folder) => folder !== '' && rules.matches(folder.normalize('NFC'), true),
      );
    } catch (error) {
      // The round that follows meets the same, and tells of it.
      if (!(error instanceof DiskRefusal || error instanceof Failure)) throw error;
    }
  }

  async #round(): Promise<void> {
    const untilMs = this.#sync.pausedUntilMs;
    if (untilMs !== null) return this.#onState({ state: 'paused', untilMs });
    this.#isAwake = false;
    this.#lookedThereMs = this.#nowMs();
    try {
      const report = await this.#sync.run(this.#signal);
      this.#purgeAtMs = await this.#sync.purge();
      this.#failures = 0;
      this.#onState({ state: report.troubles.length > 0 ? 'attention' : 'in-sync', report });
    } catch (error) {
      if (this.#signal.aborted) return;
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    const failure =
      error instanceof DiskRefusal ? new Failure(codeOf(error), { path: error.path, reason: error.reason }, { cause: error }) : error;
    if (!(failure instanceof Failure) || isFinal(failure)) {
      this.#ended = failure;
      return;
    }
    const delayMs = Math.min(retryMsMax, firstRetryMs * 2 ** Math.min(this.#failures++, 10));
    const retryAtMs = this.#nowMs() + delayMs;
    this.#onState({ state: isNetwork(failure) ? 'offline' : 'stopped', failure, retryAtMs });
    // A folder that comes back is watched anew.
    if (failure.code === 'target-refused') void this.#forgetWatch();
    this.#isAwake = false;
    this.#retryAtMs = retryAtMs;
  }
  #retryAtMs: number | null = null;

  async #forgetWatch(): Promise<void> {
    const watching = this.#watching;
    this.#watching = undefined;
    this.#sync.hint(null);
    await watching?.close();
  }

  /** Until there is news, or it is time to look without any. */
  async #rest(): Promise<void> {
    const { choices } = this.#sync;
    this.#restsSinceMs = this.#nowMs();
    for (;;) {
      if (this.#signal.aborted || this.#ended !== undefined) return;
      const nowMs = this.#nowMs();
      if (this.#retryAtMs !== null) {
        if (nowMs >= this.#retryAtMs) {
          this.#retryAtMs = null;
          return;
        }
      } else if (this.#isDue(nowMs, choices)) return this.#gather();
      if (nowMs >= this.#rehashAtMs && this.#retryAtMs === null) this.#rehashing ??= this.#rehash();
      await this.#sleep(Math.min(noticeMs, Math.max(1, (this.#retryAtMs ?? Number.POSITIVE_INFINITY) - nowMs)));
    }
  }

  #isDue(nowMs: number, choices: number): boolean {
    if (this.#sync.choices !== choices) {
      this.#sync.hint(null);
      return true;
    }
    if (this.#sync.pausedUntilMs !== null) return false;
    if (this.#isAwake || this.#sync.isDirty || (this.#watching && this.#sync.rules.text !== this.#watchedRules)) return true;
    if (this.#purgeAtMs !== null && nowMs >= this.#purgeAtMs) return true;
    const everyMs = this.#watching && !this.#watching.isPartial ? lookEverywhereMs : lookUnwatchedMs;
    if (nowMs - this.#lookedEverywhereMs >= everyMs) {
      this.#lookedEverywhereMs = nowMs;
      this.#sync.hint(null);
      return true;
    }
    return nowMs - this.#lookedThereMs >= lookThereMs;
  }

  /** Beside everything else, while nothing is to be done: a file that is large holds up no change. */
  async #rehash(): Promise<void> {
    try {
      if (this.#sync.pausedUntilMs === null && (await this.#sync.rehash(this.#signal))) this.#hear();
    } catch (error) {
      // A folder that is gone is met by the next round, which tells of it.
      if (!this.#signal.aborted && !(error instanceof Failure || error instanceof DiskRefusal)) {
        this.#ended = error;
        this.#hear();
      }
    } finally {
      this.#rehashAtMs = this.#sync.rehashAtMs;
      this.#rehashing = undefined;
    }
  }

  async #gather(): Promise<void> {
    const delayMs = gatheringMs(this.#sync.isDirty, this.#nowMs() - this.#restsSinceMs);
    if (delayMs > 0) await this.#sync.ports.schedule.sleep(delayMs, this.#signal).catch(() => undefined);
    this.#onState({ state: 'syncing' });
  }

  /** Not while something waits to be tried again: news of the disk do not bring a network back. */
  #sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#sync.ports.schedule.after(delayMs, () => end());
      const end = (): void => {
        cancel();
        this.#signal.removeEventListener('abort', end);
        this.#wake = () => undefined;
        resolve();
      };
      this.#signal.addEventListener('abort', end, { once: true });
      if (this.#signal.aborted) return end();
      if (this.#retryAtMs === null) this.#wake = end;
    });
  }
}

/**
 * How long to wait after news, ms. A save may be several renames: what is at work here is given time. A commit is whole when one hears of it,
 * so that only those that come one upon the other wait.
 * @param isHere whether something may have changed on the disk @param restedMs since the last look
 */
export function gatheringMs(isHere: boolean, restedMs: number): number {
  // A clock may have been set back.
  return isHere || restedMs < 0 ? gatherMs : Math.max(0, gatherMs - restedMs);
}

function codeOf({ reason }: DiskRefusal): 'target-full' | 'target-refused' {
  return reason === 'full' ? 'target-full' : 'target-refused';
}

function isNetwork({ code }: Failure): boolean {
  return ['network', 'stalled', 'unavailable', 'rate-limited', 'server-error', 'request-timeout', 'bad-answer'].includes(code);
}

/** What no waiting mends. */
function isFinal({ code }: Failure): boolean {
  return ['device-revoked', 'signature-refused', 'bad-journal', 'role-refused'].includes(code);
}
