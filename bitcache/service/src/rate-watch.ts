// Rates that are read now and then from places that may be down, wrong, or made to lie: the median counts, and a jump waits until it has lasted.
// spec/paid-links.md "Price".
import type { Clock } from '@reprise/kit';
import type { Fiat, Rate, Rates } from './rates.ts';

export type Reading = Pick<Rate, 'price' | 'at'>;

export interface RateSource {
  readonly currency: Fiat;
  /** As people are shown it. */
  readonly name: string;
  /** Throws whatever it runs into. @returns undefined where it has nothing to say about this currency, and need not */
  read(): Promise<Reading | undefined>;
}

export type RateTrouble =
  /** It did not answer, or with nothing that is a price. */
  | { readonly kind: 'source-failed'; readonly currency: Fiat; readonly source: string }
  /** Fewer than half of the sources gave a price of now. */
  | { readonly kind: 'too-few'; readonly currency: Fiat }
  /** Two sources that stand for all are apart by more than a jump. */
  | { readonly kind: 'sources-differ'; readonly currency: Fiat }
  /** Held back until it has lasted. */
  | { readonly kind: 'jump'; readonly currency: Fiat };

export type RateWatchSettings = {
  /** A reading older than this counts for nothing. */
  readonly freshMs: number;
  /** Hundredths; more than this is a jump. */
  readonly jumpPercent: bigint;
  /** A jump counts once every reading of so long has stayed near it. */
  readonly lastsMs: number;
};

export const defaultRateWatch: RateWatchSettings = { freshMs: 15 * 60_000, jumpPercent: 10n, lastsMs: 5 * 60_000 };

export type RateWatchPorts = {
  readonly sources: readonly RateSource[];
  readonly clock: Clock;
  readonly onTrouble: (trouble: RateTrouble) => void;
};

type Kept = { readonly accepted?: Rate; readonly jump?: { readonly price: bigint; readonly since: number } };

/** One bitcoin is worth more than a hundredth of a unit, and less than a thousand million. */
const [priceMin, priceMax] = [1_000_000n, 100_000_000_000_000_000n];
const aheadMs = 300_000;

export class RateWatch implements Rates {
  readonly #ports: RateWatchPorts;
  readonly #settings: RateWatchSettings;
  readonly #kept = new Map<Fiat, Kept>();

  constructor(ports: RateWatchPorts, settings: RateWatchSettings = defaultRateWatch) {
    this.#ports = ports;
    this.#settings = settings;
  }

  /** Those that were ever known, in the order of their sources; they may have become old. */
  get known(): readonly (Rate & { readonly currency: Fiat })[] {
    return this.#currencies().flatMap((currency) => {
      const rate = this.#kept.get(currency)?.accepted;
      return rate ? [{ ...rate, currency }] : [];
    });
  }

  async latest(currency: Fiat): Promise<Rate | undefined> {
    return this.#kept.get(currency)?.accepted;
  }

  /** Asks every source. Never throws: what is known stays known until it is too old to be used. */
  async refresh(): Promise<void> {
    await Promise.all(this.#currencies().map((currency) => this.#refresh(currency)));
  }

  #currencies(): readonly Fiat[] {
    return [...new Set(this.#ports.sources.map(({ currency }) => currency))];
  }

  async #refresh(currency: Fiat): Promise<void> {
    const { sources, clock, onTrouble } = this.#ports;
    const all = sources.filter((source) => source.currency === currency);
    const asked = (await Promise.all(all.map((source) => this.#read(source)))).filter((reading) => reading !== 'silent');
    if (asked.length === 0) return;
    const readings = asked.filter((reading) => reading !== 'failed');
    const middle = readings.length * 2 < asked.length || readings.length === 0 ? undefined : middleOf(readings);
    if (!middle) return onTrouble({ kind: 'too-few', currency });
    if (isJump(middle.low, middle.high, this.#settings)) return onTrouble({ kind: 'sources-differ', currency });
    const rate = {
      price: (middle.low + middle.high) / 2n,
      at: middle.at,
      source: [...new Set(readings.map(({ name }) => name))].join(', '),
    };
    const kept = judge(this.#kept.get(currency) ?? {}, rate, clock.now(), this.#settings);
    this.#kept.set(currency, kept);
    if (kept.jump) onTrouble({ kind: 'jump', currency });
  }

  async #read(source: RateSource): Promise<(Reading & { readonly name: string }) | 'silent' | 'failed'> {
    const { currency, name } = source;
    const reading = await source.read().catch(() => null);
    if (reading === undefined) return 'silent';
    const now = this.#ports.clock.now();
    const isOfNow = reading !== null && reading.at >= now - this.#settings.freshMs && reading.at <= now + aheadMs;
    if (isOfNow && reading.price >= priceMin && reading.price <= priceMax) return { ...reading, name };
    this.#ports.onTrouble({ kind: 'source-failed', currency, source: name });
    return 'failed';
  }
}

/** The median, as the two readings that it lies between; as old as the older of both. */
function middleOf(readings: readonly Reading[]): { readonly low: bigint; readonly high: bigint; readonly at: number } {
  const sorted = readings.toSorted((a, b) => (a.price < b.price ? -1 : a.price > b.price ? 1 : 0));
  const low = sorted[Math.floor((sorted.length - 1) / 2)] as Reading;
  const high = sorted[Math.ceil((sorted.length - 1) / 2)] as Reading;
  return { low: low.price, high: high.price, at: Math.min(low.at, high.at) };
}

function judge({ accepted, jump }: Kept, rate: Rate, now: number, settings: RateWatchSettings): Kept {
  if (!accepted || !isJump(accepted.price, rate.price, settings)) return { accepted: rate };
  const isSame = jump !== undefined && !isJump(jump.price, rate.price, settings);
  if (isSame && now - jump.since >= settings.lastsMs) return { accepted: rate };
  return { accepted, jump: isSame ? jump : { price: rate.price, since: now } };
}

function isJump(from: bigint, to: bigint, { jumpPercent }: RateWatchSettings): boolean {
  const apart = from > to ? from - to : to - from;
  return apart * 100n > from * jumpPercent;
}
