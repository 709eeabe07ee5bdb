// The rates of this host: what was written down, or what is read once a minute while it runs.
import { type Clock, sleep } from '@reprise/kit';
import { type AddressFetch, defaultServiceSettings, type Fiat, type Rate, type Rates, RateWatch, staticRates } from '@reprise/service';
import type { BitcacheParts } from './bitcache.ts';
import type { RateConfig } from './rate-settings.ts';
import { rateSources } from './rate-sources.ts';

export type OpenedRates = Rates & {
  /** Those that may be used now, the currency named first before the others. */
  readonly fresh: readonly KnownRate[];
  /** Those that were ever known. */
  readonly known: readonly KnownRate[];
};
export type KnownRate = Rate & { readonly currency: Fiat };

const everyMs = 60_000;

export type RateParts = {
  readonly config: RateConfig;
  readonly clock: Clock;
  readonly fetch: AddressFetch;
  readonly watch: BitcacheParts['watch'];
  /** Ends the reading. */
  readonly signal: AbortSignal;
};

export function openRates({ config, clock, fetch, watch, signal }: RateParts): OpenedRates {
  if (config.kind === 'static') return fixed(config, clock);
  const onTrouble = ({ kind, ...facts }: { readonly kind: string }) => watch.event(`rate-${kind}`, { ...facts });
  const rates = new RateWatch({ sources: rateSources(config, fetch, clock), clock, onTrouble });
  void keepReading(rates, signal);
  return {
    latest: (currency) => rates.latest(currency),
    get known() {
      return rates.known;
    },
    get fresh() {
      const oldest = clock.now() - defaultServiceSettings.rateMs;
      return rates.known.filter(({ at }) => at >= oldest);
    },
  };
}

function fixed({ prices }: Extract<RateConfig, { kind: 'static' }>, clock: Clock): OpenedRates {
  const all = () =>
    (Object.entries(prices) as [Fiat, bigint][]).map(([currency, price]) => ({ currency, price, at: clock.now(), source: 'static' }));
  return {
    ...staticRates(prices, clock),
    get known() {
      return all();
    },
    get fresh() {
      return all();
    },
  };
}

async function keepReading(rates: RateWatch, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await rates.refresh();
    await sleep(everyMs, signal).catch(() => undefined);
  }
}
