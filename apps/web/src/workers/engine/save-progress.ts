// What the page is told about one save, at most ten times a second, and its end at once. spec/web.md "Saving decrypted files".
import type { SaveStart } from '../../engine/calls.ts';
import { PaceMeter } from '../../engine/pace.ts';
import type { SavePhase, SaveState } from '../../engine/port.ts';
import { callPage } from './page.ts';

const publishMs = 100;

export class SaveProgress {
  readonly #id: string;
  #state: SaveState;
  #pace: PaceMeter | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor({ id, sink }: SaveStart) {
    this.#id = id;
    this.#state = { sink, phase: 'preparing', bytesDone: 0, bytesTotal: null, speed: null, secondsLeft: null, failure: null, leftOut: [] };
  }

  total(bytesTotal: number): void {
    this.#set({ bytesTotal });
  }

  leftOut(leftOut: readonly string[]): void {
    this.#set({ leftOut });
  }

  phase(phase: SavePhase): void {
    this.#set({ phase });
  }

  /** The browser takes nothing (paused by the person), or takes again. */
  health(health: 'flowing' | 'paused'): void {
    if (health === 'paused' && this.#state.phase === 'saving') this.#set({ phase: 'paused' });
    if (health === 'flowing' && this.#state.phase === 'paused') this.#set({ phase: 'saving' });
  }

  bytes(bytesDone: number): void {
    const resumed = this.#state.phase === 'paused' || this.#state.phase === 'offline' ? ({ phase: 'saving' } as const) : {};
    this.#set({ bytesDone, ...resumed });
  }

  end(phase: 'done' | 'broken' | 'cancelled', failure: SaveState['failure']): void {
    this.#state = { ...this.#state, phase, failure, speed: null, secondsLeft: null };
    this.#publish();
  }

  #set(change: Partial<SaveState>): void {
    this.#state = { ...this.#state, ...change };
    this.#timer ??= setTimeout(() => this.#publish(), publishMs);
  }

  #publish(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const { bytesDone, bytesTotal, phase } = this.#state;
    if (phase === 'saving') {
      this.#pace ??= new PaceMeter(Date.now(), bytesDone);
      this.#state = { ...this.#state, ...this.#pace.measure(Date.now(), bytesDone, bytesTotal) };
    }
    void callPage('saveChanged', { id: this.#id, state: this.#state });
  }
}
