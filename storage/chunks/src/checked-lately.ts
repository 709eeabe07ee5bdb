// Which objects were found whole a short while ago: bounded, oldest first, so that forgetting is cheap.
import type { Clock } from '@reprise/kit';

type Bounds = { readonly holdsMs: number; readonly entriesMax: number };

export class CheckedLately {
  readonly #clock: Clock;
  readonly #bounds: Bounds;
  /** When each was checked, oldest first. */
  readonly #checkedAt = new Map<string, number>();

  constructor(clock: Clock, bounds: Bounds) {
    this.#clock = clock;
    this.#bounds = bounds;
  }

  has(key: string): boolean {
    const checkedAt = this.#checkedAt.get(key);
    if (checkedAt === undefined) return false;
    const age = this.#clock.now() - checkedAt;
    // A clock that was set back says nothing about the age.
    if (age >= 0 && age < this.#bounds.holdsMs) return true;
    this.#checkedAt.delete(key);
    return false;
  }

  add(key: string): void {
    this.#checkedAt.delete(key);
    this.#checkedAt.set(key, this.#clock.now());
    if (this.#checkedAt.size > this.#bounds.entriesMax) this.forget(this.#checkedAt.keys().next().value as string);
  }

  forget(key: string): void {
    this.#checkedAt.delete(key);
  }
}
