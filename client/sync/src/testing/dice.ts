// Chance that repeats itself (mulberry32), so that a seed tells a whole run.

/** What random acts ask: a generator, or numbers that somebody wrote down. */
export interface Chance {
  below(bound: number): number;
  one<Item>(items: readonly Item[]): Item;
}

/** Numbers in a row, then zeros: fast-check makes it shorter until hardly anything is left of a failure. */
export class Tape implements Chance {
  readonly #numbers: Iterator<number>;

  constructor(numbers: Iterable<number>) {
    this.#numbers = numbers[Symbol.iterator]();
  }

  below(bound: number): number {
    const next = this.#numbers.next();
    return next.done ? 0 : next.value % bound;
  }

  one<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)] as Item;
  }
}

export class Dice implements Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  unit(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  below(bound: number): number {
    return Math.floor(this.unit() * bound);
  }

  one<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)] as Item;
  }

  shuffled<Item>(items: readonly Item[]): Item[] {
    return items
      .map((item) => ({ item, at: this.unit() }))
      .sort((a, b) => a.at - b.at)
      .map(({ item }) => item);
  }
}
