// A connected wallet with what is kept of it: paid from at one press, and asked for one payment once, by whichever tab and after whatever reload.
// spec/wallet.md "A wallet of one's own".
import { readInvoice } from '@reprise/protocol/formats';
import { refused } from '../failures.ts';
import type { WalletStore } from '../store.ts';
import { afterEnd, type Asked, askedMax, type Ended, standsAgainst, stillKept } from './asked.ts';
import { isAllowed, parseConnection, relayHost } from './connection.ts';
import { publicKeyOf } from './envelope.ts';
import { type Connected, decodeOutside, emptyOutside, encodeOutside, type OutsideState } from './kept-state.ts';
import { type Budget, type OutsidePorts, OutsideWallet } from './outside-wallet.ts';

export type OutsidePurseParts = OutsidePorts & {
  /** Sealed, and of this device alone. */
  readonly store: WalletStore;
};
export type OutsideFacts = {
  /** null: no wallet is connected. */
  readonly connected: { readonly relays: readonly string[]; readonly since: number; readonly canLookUp: boolean } | null;
  readonly asked: readonly Asked[];
};

/** Where somebody else won so often, something is wrong with the store. */
const attemptsMax = 100;

export class OutsidePurse {
  readonly #parts: OutsidePurseParts;

  constructor(parts: OutsidePurseParts) {
    this.#parts = parts;
  }

  async facts(): Promise<OutsideFacts> {
    const { connected, asked } = await this.#read();
    return {
      connected: connected && {
        relays: connected.relays.map(relayHost),
        since: connected.since,
        canLookUp: connected.methods.includes('lookup_invoice'),
      },
      asked: stillKept(asked, this.#parts.clock.now()),
    };
  }

  /**
   * The wallet is asked first what it can do, and whether it knows us.
   * @param allowed origins of relays that may be reached
   * @returns its budget, null where it names none
   * @throws Failure wallet-refused: connection-malformed, relay-not-allowed with facts.relay, relay-unreachable, wallet-unknown, cannot-pay, not-allowed, no-answer
   */
  async connect(text: string, allowed: readonly string[]): Promise<Budget | null> {
    const parsed = parseConnection(text);
    const relays = parsed.relays.filter((relay) => isAllowed(relay, allowed));
    if (relays.length === 0) throw refused('relay-not-allowed', { relay: relayHost(parsed.relays[0] as string) });
    const connection = { ...parsed, relays };
    try {
      publicKeyOf(connection);
    } catch (cause) {
      throw refused('connection-malformed', { what: 'secret' }, cause);
    }
    const wallet = new OutsideWallet(connection, this.#parts);
    const word = await wallet.describe();
    if (!word.methods.includes('pay_invoice')) throw refused('cannot-pay');
    const budget = await wallet.budget(word);
    const connected = { ...connection, ...word, since: this.#parts.clock.now() };
    await this.#change((state) => ({ ...state, connected }));
    return budget;
  }

  /** What it was asked for is remembered until nothing can come of it any more. */
  async disconnect(): Promise<void> {
    await this.#change(({ asked }) => ({ connected: null, asked: stillKept(asked, this.#parts.clock.now()) }));
  }

  /** @throws Failure wallet-refused: not-connected, not-allowed, relay-unreachable, no-answer */
  async budget(): Promise<Budget | null> {
    const { wallet, connected } = await this.#wallet();
    return wallet.budget(connected);
  }

  /**
   * Asks the wallet to pay an invoice, unless it was asked to pay it, or another for the same purpose, and how that ended is not known.
   * @returns the payment: 'asked' is one that may have been made
   * @throws Failure wallet-refused: not-connected, invoice-malformed, invoice-expired, over-budget, no-balance, not-allowed, payment-failed,
   *   relay-unreachable: nothing was paid
   */
  async pay({ bolt11, purpose }: { readonly bolt11: string; readonly purpose: string }): Promise<Asked> {
    const { wallet, connected } = await this.#wallet();
    const wanted = this.#askedFor(bolt11, purpose);
    let before: Asked | undefined;
    await this.#change((state) => {
      const asked = stillKept(state.asked, wanted.askedAt);
      before = standsAgainst(asked, wanted, wanted.askedAt);
      if (before) return state;
      if (asked.length >= askedMax) throw refused('state');
      return { ...state, asked: [...asked, wanted] };
    });
    if (before) return before;
    return this.#end(wanted, await wallet.pay(bolt11, wanted.hash, connected));
  }

  /** Asks the wallet about payments whose end is not known. One that cannot say leaves them as they are. */
  async lookUp(): Promise<void> {
    const { wallet, connected } = await this.#wallet();
    const { asked } = await this.#read();
    for (const one of stillKept(asked, this.#parts.clock.now())) {
      if (one.state !== 'asked') continue;
      const ended = await wallet.lookUp(one, connected);
      await this.#change((state) => ({ ...state, asked: afterEnd(state.asked, one.hash, ended) }));
    }
  }

  #askedFor(bolt11: string, purpose: string): Asked {
    const { clock } = this.#parts;
    const { msat, hash, expiresAt } = read(bolt11);
    if (msat === null || hash === null) throw refused('invoice-malformed');
    if (expiresAt <= clock.now()) throw refused('invoice-expired');
    const sats = Number((msat + 999n) / 1_000n);
    return { hash, purpose, sats, askedAt: clock.now(), endsAt: expiresAt, state: 'asked' };
  }

  async #end(asked: Asked, ended: Ended): Promise<Asked> {
    await this.#change((state) => ({ ...state, asked: afterEnd(state.asked, asked.hash, ended) }));
    if (ended.state === 'refused') throw refused(ended.why === 'wallet-refused' ? 'payment-failed' : ended.why);
    return ended.state === 'paid' ? { ...asked, state: 'paid' } : asked;
  }

  async #wallet(): Promise<{ readonly wallet: OutsideWallet; readonly connected: Connected }> {
    const { connected } = await this.#read();
    if (!connected) throw refused('not-connected');
    return { wallet: new OutsideWallet(connected, this.#parts), connected };
  }

  async #read(): Promise<OutsideState> {
    const kept = await this.#parts.store.load();
    return kept ? decodeOutside(kept) : emptyOutside;
  }

  /** @param work pure: it may be called again with what another tab has written */
  async #change(work: (state: OutsideState) => OutsideState): Promise<void> {
    const { store } = this.#parts;
    for (let attempt = 0; attempt < attemptsMax; attempt++) {
      const kept = await store.load();
      const before = kept ? decodeOutside(kept) : emptyOutside;
      const next = work(before);
      if (next === before || (await store.save(encodeOutside(next), kept))) return;
    }
    throw refused('state');
  }
}

function read(bolt11: string): ReturnType<typeof readInvoice> {
  try {
    return readInvoice(bolt11);
  } catch (cause) {
    throw refused('invoice-malformed', {}, cause);
  }
}
