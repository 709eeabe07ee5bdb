// A fixed number of places; who finds none waits in order.

export class Turns {
  #free: number;
  readonly #waiting: Array<() => void> = [];

  constructor(places: number) {
    this.#free = places;
  }

  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      // The place passes on directly, so that nobody slips in between.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    }
  }
}
