// The switch of Bitcache: off, refused, asleep until somebody needs it, open. Whatever becomes of it, the drive goes on.
import type { IncomingMessage } from 'node:http';
import type { Database } from '@reprise/database';
import { type Beside, clientAddress, RateLimiter, type Rate, type Reply, failureReply } from '@reprise/drive';
import { type Clock, formatBase64url, type RandomBytes, sleep } from '@reprise/kit';
import { LightningFailure, type Network } from '@reprise/lightning';
import { Failure } from '@reprise/protocol';
import { agentSeedOf, defaultServiceSettings, operatorAgent, type ReleaseAgent } from '@reprise/service';
import { type OpenedBackend, openBackend } from './backend.ts';
import { type Bitcache, type BitcacheParts, openBitcache } from './bitcache.ts';
import { drivePlans } from './drive-plans.ts';
import { type BitcacheKeys, KeysRefused, openKeys } from './keys.ts';
import { type OpenedRates, openRates } from './open-rates.ts';
import { type Knock, MintDoor } from './mint-door.ts';
import { outwardFetch } from './outward-http.ts';
import type { RateConfig } from './rate-settings.ts';
import { mayShowSandbox } from './sandbox-place.ts';
import { answerSandbox } from './sandbox-wallet.ts';
import { serveSeller } from './seller-routes.ts';
import type { BitcacheConfig } from './settings.ts';
import { webAnswer } from './web-answer.ts';

export type PaymentsParts = {
  readonly config: BitcacheConfig;
  readonly rates: RateConfig;
  readonly rate: Rate | null;
  readonly sellsUnderNotice: boolean;
  /** Told to pages, which reach no others. */
  readonly walletRelays: readonly string[];
  /** Whatever cases hold is where it belongs, before anything is released. */
  readonly settleCases: () => Promise<void>;
  readonly database: Database;
  readonly dataFolder: string;
  /** As set; undefined: this machine's own. */
  readonly publicUrl: string | undefined;
  readonly port: number;
  readonly trustProxy: boolean;
  /** How this server is called, by the Host header; the first counts. */
  readonly origins: (host: string) => readonly string[];
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly watch: BitcacheParts['watch'];
};

/** `stopped`: the books were found not whole, and nothing is issued or paid out. */
export type PaymentsState = 'off' | 'refused' | 'idle' | 'starting' | 'ok' | 'stopped' | 'unreachable';

type State =
  | { readonly state: 'off' | 'idle' }
  | { readonly state: 'refused'; readonly why: string }
  | { readonly state: 'starting'; readonly opening: Promise<Bitcache> }
  | { readonly state: 'ok'; readonly bitcache: Bitcache }
  | { readonly state: 'unreachable'; readonly why: string };

/** What a start found before anything was opened. */
type Ready = { readonly opened: OpenedBackend; readonly keys: BitcacheKeys; readonly agent: ReleaseAgent };

const retryMs = 30_000;
const mounts = /^\/(?:(mint)\/v1|(v1)|(pay)|(sandbox))(?=\/|$)/;

export class Payments {
  readonly #parts: PaymentsParts;
  readonly #limiter: RateLimiter;
  readonly #door: MintDoor;
  readonly #stopping = new AbortController();
  readonly #rates: OpenedRates;
  #ready: Ready | undefined;
  #state: State = { state: 'off' };

  private constructor(parts: PaymentsParts) {
    this.#parts = parts;
    this.#limiter = new RateLimiter(parts.rate, parts.clock);
    this.#door = new MintDoor(this.#limiter, parts.trustProxy);
    // Without payments nobody is asked what a bitcoin is worth.
    const config: RateConfig = parts.config.kind === 'off' ? { kind: 'static', prices: {} } : parts.rates;
    this.#rates = openRates({ ...parts, config, fetch: outwardFetch(), signal: this.#stopping.signal });
  }

  /** Never fails: what keeps Bitcache from running is its state, and told to whoever watches. */
  static async open(parts: PaymentsParts): Promise<Payments> {
    const payments = new Payments(parts);
    await payments.#prepare();
    return payments;
  }

  get state(): PaymentsState {
    return this.bitcache?.stop() === undefined ? this.#state.state : 'stopped';
  }

  /** Why it does not run, for the operator. */
  get why(): string | undefined {
    return 'why' in this.#state ? this.#state.why : undefined;
  }

  get bitcache(): Bitcache | undefined {
    return this.#state.state === 'ok' ? this.#state.bitcache : undefined;
  }

  /** What a bitcoin was last worth, in each currency that was ever known; it may be too old to be used. */
  get rates(): OpenedRates['known'] {
    return this.#rates.known;
  }

  /** What the drive is told to serve beside its own. */
  beside(): Omit<Beside, 'caseChanged'> {
    return {
      payments: (called) => this.#describe(called),
      serve: (service) =>
        serveSeller(service, { desk: (called) => this.#desk(called), origins: this.#parts.origins, database: this.#parts.database }),
    };
  }

  /** @returns what the log calls requests for this path; undefined: another's path */
  mountOf(path: string): 'mint' | 'pay' | 'sandbox' | undefined {
    const [, mint, bare, pay, sandbox] = mounts.exec(path) ?? [];
    if (mint ?? bare) return 'mint';
    return pay ? 'pay' : sandbox ? 'sandbox' : undefined;
  }

  /** @throws Failure payments-off, rate-limited, and those of reading a body */
  async answer(incoming: IncomingMessage, mount: 'mint' | 'pay' | 'sandbox'): Promise<Reply> {
    const { trustProxy, origins } = this.#parts;
    this.#limiter.take(clientAddress(incoming, trustProxy));
    const origin = origins(incoming.headers.host ?? '')[0] ?? '';
    if (!URL.canParse(origin)) return failureReply('bad-request', { field: 'host', reason: 'not a host' });
    const url = incoming.url ?? '/';
    // A page of elsewhere asks first whether it may ask.
    const bitcache = await this.#desk(origin);
    const label = { 'Reprise-Network': bitcache.network };
    const visitor = this.#ready?.opened.visitor;
    if (mount === 'sandbox') return visitor ? answerSandbox(visitor, incoming, url) : failureReply('not-found', {});
    const app = mount === 'mint' ? bitcache.mintApp : bitcache.payApp;
    const path = mount === 'mint' ? url.replace(/^\/mint/, '') : url.replace(/^\/pay/, '') || '/';
    const reply = await webAnswer(app, { incoming, origin, path });
    return { ...reply, headers: { ...reply.headers, ...label } };
  }

  /** Opens the websocket of the mint, or refuses it. @returns the status */
  openSocket(knock: Knock): Promise<number> {
    const origin = this.#parts.origins(knock.incoming.headers.host ?? '')[0] ?? '';
    return this.#door.answer(knock, async () => (await this.#desk(origin)).mint);
  }

  /** Those who listen are told to come again. */
  endSockets(): void {
    this.#door.close();
  }

  async close(): Promise<void> {
    this.endSockets();
    this.#stopping.abort();
    const state = this.#state;
    this.#state = { state: 'off' };
    if (state.state === 'starting') await state.opening.then((bitcache) => bitcache.close()).catch(() => undefined);
    else if (state.state === 'ok') await state.bitcache.close();
    else await this.#ready?.opened.backend.close().catch(() => undefined);
  }

  async #prepare(): Promise<void> {
    const { config, database, dataFolder, publicUrl, port, random, watch } = this.#parts;
    if (config.kind === 'off') return;
    try {
      const opened = await openBackend(config, { dataFolder, publicUrl: publicUrl ?? `http://localhost:${port}` });
      const keys = await openKeys(database, dataFolder, random);
      const agent = operatorAgent({ database, fileKey: keys.fileKey, seed: agentSeedOf(keys.fileKey) });
      this.#ready = { opened, keys, agent };
      this.#state = { state: 'idle' };
    } catch (error) {
      this.#state = { state: 'refused', why: reasonOf(error) };
      watch.event('bitcache-refused', { reason: codeOf(error) });
      if (!isExpected(error)) watch.fault('bitcache', error);
      return;
    }
    // A sandbox that nobody used sleeps until somebody does; what was used goes on.
    if (config.kind !== 'sandbox' || (await this.#wasUsed())) void this.#open().catch(() => undefined);
  }

  async #wasUsed(): Promise<boolean> {
    const row = await this.#parts.database.db.selectFrom('mint_keysets').select('id').limit(1).executeTakeFirst();
    return row !== undefined;
  }

  /** @param called how the client calls this server @throws Failure payments-off */
  async #desk(called: string): Promise<Bitcache> {
    const off = (reason: PaymentsState) => new Failure('payments-off', { reason });
    if (!this.#mayShow(called)) throw off('refused');
    switch (this.#state.state) {
      case 'off':
      case 'refused':
      case 'unreachable':
        throw off(this.#state.state);
      case 'ok':
        return this.#state.bitcache;
      case 'idle':
        return this.#open().catch(() => Promise.reject(off('unreachable')));
      case 'starting':
        return this.#state.opening.catch(() => Promise.reject(off('unreachable')));
    }
  }

  #open(): Promise<Bitcache> {
    const { database, clock, random, watch, sellsUnderNotice, settleCases } = this.#parts;
    const ready = this.#ready as Ready;
    const parts = {
      ...ready,
      ...{ database, clock, random, watch, sellsUnderNotice, settleCases },
      mintUrl: this.#mintUrl(),
      rates: this.#rates,
      entitlements: drivePlans(database),
    };
    const opening = openBitcache(parts);
    this.#state = { state: 'starting', opening };
    return opening.then(
      (bitcache) => {
        if (!this.#stopping.signal.aborted) this.#state = { state: 'ok', bitcache };
        return bitcache;
      },
      (error: unknown) => {
        this.#failed(error);
        throw error;
      },
    );
  }

  #failed(error: unknown): void {
    const { watch } = this.#parts;
    const isFinal = error instanceof LightningFailure && error.code === 'network-differs';
    this.#state = { state: isFinal ? 'refused' : 'unreachable', why: reasonOf(error) };
    watch.event(isFinal ? 'bitcache-refused' : 'bitcache-unreachable', { reason: codeOf(error) });
    if (!isExpected(error)) watch.fault('bitcache', error);
    if (isFinal) return;
    void sleep(retryMs, this.#stopping.signal).then(
      () => this.#open().catch(() => undefined),
      () => undefined,
    );
  }

  #mintUrl(): string {
    return this.#parts.publicUrl === undefined ? '' : `${this.#parts.publicUrl}/mint`;
  }

  #mayShow(called: string): boolean {
    const { config, publicUrl } = this.#parts;
    return config.kind !== 'sandbox' || publicUrl !== undefined || mayShowSandbox(config, called);
  }

  #describe(called: string): ReturnType<Beside['payments']> {
    const { state } = this.#state;
    if (!this.#ready || state === 'off' || state === 'refused' || !this.#mayShow(called)) return undefined;
    const isSandbox = this.#ready.opened.visitor !== undefined;
    const network: Network | undefined = isSandbox ? 'regtest' : this.bitcache?.network;
    if (network === undefined) return undefined;
    return {
      network,
      sandbox: isSandbox,
      mint: this.#mintUrl() || `${called}/mint`,
      agent: formatBase64url(this.#ready.agent.publicKey),
      priceMax: String(defaultServiceSettings.priceMax),
      rates: this.#describeRates(),
      relays: [...this.#parts.walletRelays],
    };
  }

  #describeRates(): NonNullable<ReturnType<Beside['payments']>>['rates'] {
    return this.#rates.fresh.map(({ price, ...rate }) => ({ ...rate, price: String(price) }));
  }
}

export type Desk = (called: string) => Promise<Pick<Bitcache, 'service' | 'payouts' | 'liabilities' | 'network'>>;

function isExpected(error: unknown): boolean {
  return error instanceof LightningFailure || error instanceof KeysRefused;
}

function codeOf(error: unknown): string {
  return error instanceof LightningFailure ? error.code : error instanceof Error ? error.name : 'unknown';
}

/** In a sentence for the operator. */
function reasonOf(error: unknown): string {
  if (error instanceof KeysRefused) return error.message;
  if (!(error instanceof LightningFailure)) return 'a fault; the log has more';
  const { code, facts } = error;
  if (code === 'sandbox-refused')
    return facts['why'] === 'production'
      ? 'the sandbox does not run in production: connect a Lightning node, or set REPRISE_BITCACHE=off'
      : 'the sandbox does not run at a public address: connect a Lightning node, set REPRISE_BITCACHE=off, or REPRISE_BITCACHE_DEMO=on to show worthless coins';
  if (code === 'network-differs')
    return `this database belongs to ${facts['database']}, and the node is of ${facts['backend']}: a database stays on its network`;
  if (code === 'refused') return `the node refused: ${Object.values(facts).join(', ')}`;
  return 'the node does not answer';
}
