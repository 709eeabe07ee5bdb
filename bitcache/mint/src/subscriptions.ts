// NUT-17: wallets say which quotes and coins they wait for, and are told how these stand, at once and after each change. Nothing is kept but
// who waits for what; how it stands is always read. spec/mint.md "Subscriptions".
import { MintFailure } from './failures.ts';
import { meltQuotesOf } from './melt-quotes.ts';
import { mintQuotesOf } from './mint-quotes.ts';
import type { MintParts } from './ports.ts';
import { readPoint, readQuoteId } from './read-request.ts';
import { socketLimits } from './settings.ts';
import { statesOf } from './state.ts';

export const subscriptionKinds = ['bolt11_mint_quote', 'bolt11_melt_quote', 'proof_state'] as const;
type Kind = (typeof subscriptionKinds)[number];

/** One wallet that listens. */
export type Listener = {
  /** Answers come through `tell`, in the order of the requests. */
  receive(text: string): void;
  /** How many subscriptions it has. */
  readonly size: number;
  close(): void;
};

type Subscription = {
  readonly id: string;
  readonly kind: Kind;
  readonly tell: (text: string) => void;
  /** What it was told last of each that may still change; undefined before the first. */
  readonly told: Map<string, string | undefined>;
};

/** What is told, and whether it will never change again. */
type Standing = { readonly payload: object; readonly isLast: boolean };

/** Of `params` of a request. */
type Wish = { readonly id: string; readonly kind: Kind; readonly filters: readonly string[] };

const codes = { parse: -32_700, request: -32_600, method: -32_601, params: -32_602, full: -32_000 } as const;

export class Subscriptions {
  readonly #mint: MintParts;
  /** Those that wait for anything still; whoever was looked at goes to the end. */
  readonly #waiting = new Set<Subscription>();
  #watched = 0;
  /** One look at a time, so that none tells what was before another's. */
  #looks: Promise<unknown> = Promise.resolve();
  #next: NodeJS.Timeout | undefined;
  #nextAt = Number.POSITIVE_INFINITY;

  constructor(mint: MintParts) {
    this.#mint = mint;
  }

  /** @param tell is given whole messages; it must not throw */
  listen(tell: (text: string) => void): Listener {
    const mine = new Map<string, Subscription>();
    let isOpen = true;
    const answer = (body: object) => isOpen && tell(JSON.stringify({ jsonrpc: '2.0', ...body }));
    return {
      receive: (text) => {
        const { id, method, params } = parseRequest(text);
        try {
          if (id === undefined) throw new Refusal(codes.parse, 'The message is not JSON.');
          if (method === undefined) throw new Refusal(codes.request, 'The message is no request.');
          if (method !== 'subscribe' && method !== 'unsubscribe') throw new Refusal(codes.method, 'There is no such method.');
          const subscription = method === 'subscribe' ? this.#begin(readWish(params), mine, tell) : end(params, mine);
          answer({ result: { status: 'OK', subId: subscription.id }, id });
          if (method === 'subscribe') this.#lookAt([subscription]);
          else this.#forget(subscription);
        } catch (error) {
          if (!(error instanceof Refusal)) throw error;
          answer({ error: { code: error.code, message: error.message }, id: id ?? null });
        }
      },
      get size() {
        return mine.size;
      },
      close: () => {
        isOpen = false;
        for (const subscription of mine.values()) this.#forget(subscription);
        mine.clear();
      },
    };
  }

  /** Something of this process may have changed what somebody waits for. */
  note(): void {
    this.#lookWithin(socketLimits.lookSoonMs);
  }

  #begin({ id, kind, filters }: Wish, mine: Map<string, Subscription>, tell: Subscription['tell']): Subscription {
    if (mine.has(id)) throw new Refusal(codes.params, 'There is a subscription of this subId.');
    const watched = [...mine.values()].reduce((sum, { told }) => sum + told.size, 0);
    const isFull =
      mine.size >= socketLimits.subscriptionsMax ||
      watched + filters.length > socketLimits.filtersMax ||
      this.#watched + filters.length > socketLimits.watchedMax;
    if (isFull) throw new Refusal(codes.full, 'There are too many subscriptions. End some, or ask again later.');
    const subscription = { id, kind, tell, told: new Map(filters.map((filter) => [filter, undefined])) };
    mine.set(id, subscription);
    this.#waiting.add(subscription);
    this.#watched += filters.length;
    return subscription;
  }

  #forget(subscription: Subscription): void {
    this.#watched -= subscription.told.size;
    subscription.told.clear();
    this.#waiting.delete(subscription);
  }

  #lookWithin(ms: number): void {
    const at = performance.now() + ms;
    if (this.#waiting.size === 0 || at >= this.#nextAt) return;
    clearTimeout(this.#next);
    this.#nextAt = at;
    this.#next = setTimeout(() => {
      this.#nextAt = Number.POSITIVE_INFINITY;
      this.#lookAt(this.#turn());
    }, ms).unref();
  }

  /** Whose turn it is: as many as one look takes, those first that wait the longest for one. */
  #turn(): readonly Subscription[] {
    const chosen: Subscription[] = [];
    let count = 0;
    for (const subscription of this.#waiting) {
      count += subscription.told.size;
      if (chosen.length > 0 && count > socketLimits.lookMax) break;
      chosen.push(subscription);
    }
    for (const subscription of chosen) {
      this.#waiting.delete(subscription);
      this.#waiting.add(subscription);
    }
    return chosen;
  }

  #lookAt(chosen: readonly Subscription[]): void {
    this.#looks = this.#looks
      .then(() => this.#look(chosen))
      // A database that does not answer now is asked again: nobody was told anything.
      .catch(() => {})
      .then(() => this.#lookWithin(socketLimits.lookEveryMs));
  }

  async #look(chosen: readonly Subscription[]): Promise<void> {
    for (const kind of subscriptionKinds) {
      const those = chosen.filter((one) => one.kind === kind);
      const names = [...new Set(those.flatMap(({ told }) => [...told.keys()]))];
      if (names.length === 0) continue;
      const standings = await this.#standingsOf(kind, names);
      for (const subscription of those) this.#tell(subscription, standings);
    }
  }

  #tell(subscription: Subscription, standings: ReadonlyMap<string, Standing>): void {
    const { id, tell, told } = subscription;
    for (const [name, before] of told) {
      const standing = standings.get(name);
      if (standing) {
        const now = JSON.stringify(standing.payload);
        if (now !== before) tell(`{"jsonrpc":"2.0","method":"subscribe","params":{"subId":${JSON.stringify(id)},"payload":${now}}}`);
        told.set(name, now);
      }
      // What there is not, or has ended, is not looked at again.
      if (standing && !standing.isLast) continue;
      told.delete(name);
      this.#watched -= 1;
    }
    if (told.size === 0) this.#waiting.delete(subscription);
  }

  async #standingsOf(kind: Kind, names: readonly string[]): Promise<ReadonlyMap<string, Standing>> {
    if (kind === 'proof_state') {
      const states = await statesOf(this.#mint, names);
      return new Map(states.map((payload) => [payload.Y, { payload, isLast: payload.state === 'SPENT' }]));
    }
    const quotes = kind === 'bolt11_mint_quote' ? await mintQuotesOf(this.#mint, names) : await meltQuotesOf(this.#mint, names);
    const last = kind === 'bolt11_mint_quote' ? 'ISSUED' : 'PAID';
    return new Map(quotes.map((payload) => [payload.quote, { payload, isLast: payload.state === last }]));
  }
}

class Refusal extends Error {
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

type Request = { readonly id?: unknown; readonly method?: unknown; readonly params?: unknown };

/** @returns without an id: no JSON; without a method: no request */
function parseRequest(text: string): Request {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return {};
  }
  const { jsonrpc, id, method, params } = (typeof value === 'object' && value !== null ? value : {}) as Request & { jsonrpc?: unknown };
  const isId = typeof id === 'number' || (typeof id === 'string' && id.length <= socketLimits.nameCharactersMax);
  if (jsonrpc !== '2.0' || !isId || typeof method !== 'string') return { id: isId ? id : null };
  return { id, method, params };
}

function readWish(params: unknown): Wish {
  const { kind, filters } = fieldsOf(params);
  const known = subscriptionKinds.find((one) => one === kind);
  if (!known) throw new Refusal(codes.params, 'There is no such kind of subscription.');
  if (!Array.isArray(filters) || filters.length === 0 || filters.length > socketLimits.filtersMax)
    throw new Refusal(codes.params, `There must be 1 to ${socketLimits.filtersMax} filters.`);
  try {
    return { id: readName(params), kind: known, filters: [...new Set(filters.map(known === 'proof_state' ? readPoint : readQuoteId))] };
  } catch (error) {
    if (error instanceof MintFailure) throw new Refusal(codes.params, 'A filter is neither the id of a quote nor a Y.');
    throw error;
  }
}

function end(params: unknown, mine: Map<string, Subscription>): Subscription {
  const subscription = mine.get(readName(params));
  if (!subscription) throw new Refusal(codes.params, 'There is no subscription of this subId.');
  mine.delete(subscription.id);
  return subscription;
}

function readName(params: unknown): string {
  const { subId } = fieldsOf(params);
  if (typeof subId !== 'string' || subId === '' || subId.length > socketLimits.nameCharactersMax || !subId.isWellFormed())
    throw new Refusal(codes.params, 'The subId is no text of a fitting length.');
  return subId;
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) throw new Refusal(codes.params, 'There are no params.');
  return value as Readonly<Record<string, unknown>>;
}
