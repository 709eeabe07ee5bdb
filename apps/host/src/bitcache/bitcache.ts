// Bitcache put together: books, signer, mint, shop, and what goes on beside requests. spec/lightning.md "The reconciler", mint.md, paid-links.md.
import { type Database, sql } from '@reprise/database';
import type { EventFacts } from '@reprise/drive';
import { type Clock, type RandomBytes, sleep } from '@reprise/kit';
import { Ledger } from '@reprise/ledger';
import { assertCapital, claimNetwork, type Network, PaymentJournal, reconcile } from '@reprise/lightning';
import { defaultMintSettings, type Mint, mintRoutes, openMint, openSigner } from '@reprise/mint';
import {
  defaultPayoutSettings,
  defaultServiceSettings,
  type Liabilities,
  liabilityRoutes,
  openLiabilities,
  type Entitlements,
  openPayouts,
  openService,
  type Payouts,
  type Rates,
  readOverdue,
  type ReleaseAgent,
  type Service,
  serviceRoutes,
} from '@reprise/service';
import type { OpenedBackend } from './backend.ts';
import { compareAndStop, readStop, type Stop } from './breaker.ts';
import type { BitcacheKeys } from './keys.ts';
import { outwardFetch } from './outward-http.ts';
import { readReserves, ReservesWatch } from './reserves.ts';
import { stoppable } from './stoppable.ts';
import { waking } from './waking.ts';

export type BitcacheParts = {
  readonly database: Database;
  readonly opened: OpenedBackend;
  readonly keys: BitcacheKeys;
  readonly agent: ReleaseAgent;
  readonly rates: Rates;
  /** The drive, as far as plans that are bought go. */
  readonly entitlements: Entitlements;
  readonly clock: Clock;
  readonly random: RandomBytes;
  /** Whether an offer goes on selling, into escrow, while a case against it is open. */
  readonly sellsUnderNotice: boolean;
  /** Whatever cases hold is where it belongs, before anything is released. */
  readonly settleCases: () => Promise<void>;
  /** What wallets call the mint; empty: whatever they called it. */
  readonly mintUrl: string;
  readonly watch: {
    event(name: string, facts: EventFacts): void;
    fault(reference: string, cause: unknown): void;
  };
};

/** What answers a request that was made into the web's own form. */
export type Answering = { fetch(request: Request): Response | Promise<Response> };

export type Bitcache = {
  readonly network: Network;
  readonly service: Service;
  readonly mint: Mint;
  readonly payouts: Payouts;
  readonly liabilities: Liabilities;
  readonly mintApp: Answering;
  readonly payApp: Answering;
  readonly journal: PaymentJournal;
  /** What keeps money from being issued and paid out. */
  stop(): Stop | undefined;
  /** Whether the node was asked for anything yet. */
  isAwake(): boolean;
  close(): Promise<void>;
};

const [tenSecondsMs, minuteMs, hourMs, dayMs] = [10_000, 60_000, 3_600_000, 86_400_000];
/** How long a stop waits for payments that are under way: they are looked up after the next start. */
const closeMsMax = 15_000;

const signerWrong = 'the signer does not sign with the keys that wallets know';
/** Reports of what is owed are due each day. */
const lateMs = 1.5 * dayMs;

export const sandboxNotice =
  'SANDBOX: these coins are worthless. They live on a private test chain of this server and can buy nothing elsewhere.';

/** @throws LightningFailure network-differs, unavailable, refused */
export async function openBitcache(parts: BitcacheParts): Promise<Bitcache> {
  const { database, opened, keys, clock, random, watch, agent, rates } = parts;
  const isSandbox = opened.visitor !== undefined;
  const network = await networkOf(parts);
  if (opened.backend.name === 'phoenixd') await assertCapital(opened.backend);
  const stopping = new AbortController();
  const beside = new Beside(watch, stopping.signal);
  let stop = await readStop(database);
  let reading: (() => void) | undefined;
  let isShort = (await readReserves(database))?.shortSince != null && !isSandbox;
  /** Of this process: another one may sign as it should. */
  let isSignerWrong = false;
  const isStopped = () => stop !== undefined || isSignerWrong;
  const backend = stoppable(
    waking(opened.backend, () => reading?.()),
    { isStopped, isShort: () => isShort },
  );
  const journal = new PaymentJournal({
    backend,
    database,
    network,
    clock,
    onAlarm: ({ kind, purpose, amount, fee }) => {
      watch.event('payment-alarm', { kind, purpose, amountMsat: String(amount), feeMsat: String(fee) });
      if (kind === 'paid-after-all') beside.add(look('whole'));
    },
  });
  const paidAfterAll = (purpose: 'melt' | 'payout') => {
    watch.event(`${purpose}-paid-after-all`, {});
    beside.add(look('whole'));
  };
  const signer = await openSigner({ seed: keys.seed, points: 'best' });
  const ledger = new Ledger(database);
  const shards = database.engine === 'postgres' ? 16 : 1;
  const ports = { database, ledger, network, clock, random, isStopped };
  const mint = await openMint(
    {
      ...ports,
      signer,
      backend: journal.for('melt'),
      ownInvoice: (hash) => service.ownInvoice(hash),
      onPaidAfterAll: () => paidAfterAll('melt'),
    },
    { ...defaultMintSettings, ...mintWords(isSandbox), shards, urls: parts.mintUrl === '' ? [] : [parts.mintUrl] },
  );
  const service: Service = openService(
    { ...ports, backend: journal.for('sale'), mint, agent, rates, fileKey: keys.fileKey, entitlements: parts.entitlements },
    {
      ...defaultServiceSettings,
      shards,
      mintUrl: parts.mintUrl,
      sellsUnderNotice: parts.sellsUnderNotice,
      description: isSandbox ? 'A purchase (sandbox)' : 'A purchase',
    },
  );
  const payouts = openPayouts(
    {
      database,
      ledger,
      network,
      clock,
      isStopped,
      backend: journal.for('payout'),
      fetch: outwardFetch(),
      isOwnInvoice: mint.isOwnInvoice,
      onPaidAfterAll: () => paidAfterAll('payout'),
    },
    { ...defaultPayoutSettings, shards },
  );
  const liabilities = await openLiabilities({ database, clock, network, fileKey: keys.fileKey });
  const fault = (cause: unknown) => watch.fault('bitcache', cause);
  reading = () => {
    reading = undefined;
    const settings = {
      journal,
      database,
      clock,
      onReceived: async ({ hash, received }: Parameters<Parameters<typeof reconcile>[0]['onReceived']>[0]) => {
        if (!(await mint.received(hash, received))) await service.received(hash, received);
      },
      onEnded: async () => void (await Promise.all([mint.resume(), payouts.resume()])),
      onTrouble: (error: unknown) => watch.event('lightning-trouble', { code: codeOf(error) }),
    };
    beside.add(reconcile(settings, stopping.signal));
  };
  if (!isSandbox || (await isUnfinished(database, clock.now()))) reading();
  beside.every(tenSecondsMs, () => mint.resume());
  beside.every(tenSecondsMs, async () => {
    stop = await readStop(database);
    await payouts.resume();
  });
  beside.every(tenSecondsMs, () => service.carryOutPlanOrders());
  beside.every(hourMs, async () => {
    await parts.settleCases();
    await service.releaseMatured();
  });
  beside.every(minuteMs, parts.settleCases);
  beside.every(dayMs, () => mint.rotateIfDue());
  // A node that sleeps is not woken to be asked what it has.
  const reserves = async () => (reading === undefined ? reservesOf(opened.backend) : null);
  beside.every(hourMs, () => liabilities.closeIfDue(reserves));
  const look = async (depth: 'quick' | 'whole') => {
    const stopped = await compareAndStop(database, depth, clock.now());
    if (stopped === undefined) return;
    stop = stopped;
    watch.event('bitcache-stopped', { reason: stopped.reason });
  };
  beside.every(minuteMs, () => look('quick'));
  beside.every(dayMs, () => look('whole'));
  const reservesWatch = new ReservesWatch(database, opened.backend);
  const told = new Set<string>();
  beside.every(minuteMs, async () => {
    for (const { hash, purpose, amount, state } of await readOverdue(database, clock.now())) {
      if (!told.has(hash)) watch.event('payment-overdue', { hash, purpose, amountMsat: String(amount), state });
      told.add(hash);
    }
    const found = reading === undefined ? await reservesWatch.look(clock.now()) : undefined;
    if (!found) return;
    const { owed, inFlight, spendable, shortSince } = found.reserves;
    // A sandbox owes nothing that anybody could miss.
    isShort = shortSince !== null && !isSandbox;
    const facts = { owedMsat: String(owed), inFlightMsat: String(inFlight), spendableMsat: String(spendable) };
    if (found.change !== null && !isSandbox) watch.event(`reserves-${found.change}`, facts);
  });
  beside.every(5 * minuteMs, async () => {
    const wasWrong = isSignerWrong;
    isSignerWrong = !(await mint.trySigner());
    if (isSignerWrong && !wasWrong) watch.event('bitcache-stopped', { reason: signerWrong });
    const saidAt = await liabilities.latestAt();
    if (saidAt !== undefined && clock.now() - saidAt > lateMs) watch.event('liabilities-late', { at: saidAt });
  });
  watch.event('bitcache', { network, backend: opened.backend.name, points: signer.points });
  return {
    network,
    service,
    mint,
    payouts,
    liabilities,
    mintApp: mintRoutes(mint, fault),
    payApp: either(/^\/liabilities(?=\/|$)/, liabilityRoutes(liabilities, fault), serviceRoutes(service, fault)),
    journal,
    stop: () => stop ?? (isSignerWrong ? { reason: signerWrong, differences: [], at: clock.now() } : undefined),
    isAwake: () => reading === undefined,
    close: async () => {
      stopping.abort();
      const waited = new AbortController();
      const late = sleep(closeMsMax, waited.signal).catch(() => undefined);
      await Promise.race([Promise.all([beside.ended(), mint.close(), payouts.close()]), late]);
      waited.abort();
      await signer.close();
      await opened.backend.close();
    },
  };
}

/** The sandbox need not be started to learn its network. */
function networkOf({ database, opened: { backend, visitor } }: BitcacheParts): Promise<Network> {
  if (visitor === undefined) return claimNetwork(database, backend);
  return claimNetwork(database, { ...waking(backend, () => {}), info: async () => ({ network: 'regtest', synced: true }) });
}

function mintWords(isSandbox: boolean) {
  return isSandbox
    ? { name: 'Reprise sandbox (worthless)', description: sandboxNotice, motd: sandboxNotice }
    : { name: 'Reprise', description: 'Coins for downloads.', motd: null };
}

/** What the node says it could pay; null where it does not answer. */
async function reservesOf(backend: OpenedBackend['backend']) {
  return backend.balance().then(
    ({ spendable }) => ({ backend: backend.name, spendable: spendable as bigint }),
    () => null,
  );
}

/** One of two, by the path. */
function either(paths: RegExp, theirs: Answering, other: Answering): Answering {
  return { fetch: (request) => (paths.test(new URL(request.url).pathname) ? theirs : other).fetch(request) };
}

function codeOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : 'unknown';
}

/** Whether something waits for the node: a payment without an end, or an invoice that may have been paid. */
async function isUnfinished(database: Database, now: number): Promise<boolean> {
  const { rows } = await sql`
    select 1 as found from lightning_attempts where state in ('dispatching', 'in-flight', 'unknown')
    union all select 1 from mint_melts where step in ('dispatching', 'unknown')
    union all select 1 from mint_quotes where amount_paid = 0 and expires_at > ${now}
    union all select 1 from paid_deposits where state = 'open' and expires_at > ${now}
    union all select 1 from paid_invoices where state = 'open' and expires_at > ${now}
    limit 1`.execute(database.db);
  return rows.length > 0;
}

/** What goes on beside requests until the host stops: a failure is told, and tried again the next time. */
class Beside {
  readonly #running: Promise<unknown>[] = [];
  readonly #watch: BitcacheParts['watch'];
  readonly #signal: AbortSignal;

  constructor(watch: BitcacheParts['watch'], signal: AbortSignal) {
    this.#watch = watch;
    this.#signal = signal;
  }

  add(work: Promise<unknown>): void {
    this.#running.push(work.catch((cause: unknown) => this.#watch.fault('bitcache', cause)));
  }

  /** At once, and then that often. */
  every(everyMs: number, work: () => Promise<unknown>): void {
    this.add(
      (async () => {
        while (!this.#signal.aborted) {
          await work().catch((cause: unknown) => this.#watch.fault('bitcache', cause));
          await sleep(everyMs, this.#signal).catch(() => undefined);
        }
      })(),
    );
  }

  async ended(): Promise<void> {
    await Promise.all(this.#running);
  }
}
