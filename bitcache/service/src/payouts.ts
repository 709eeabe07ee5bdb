// Money out of accounts over Lightning: set aside in the books first, handed over once, and given back only on the node's own word that it
// failed. spec/paid-links.md "Payouts".
import { insertRows, type Row, violationOf } from '@reprise/database';
import { sleep } from '@reprise/kit';
import { AccountsOf, events, LedgerFailure, type Msat, msat, operationId, type Sat, sat, satToMsat, shardOf } from '@reprise/ledger';
import { LightningFailure, payable } from '@reprise/lightning';
import { accountOf } from './account-code.ts';
import { lackOf, readAvailable } from './balance.ts';
import { carryOut, endPayout } from './carry-out.ts';
import { assertNotFrozen, isFrozen, standingFreeze } from './cases/freezes.ts';
import { countUpheld } from './cases/standing.ts';
import { assertGoing, ServiceFailure } from './failures.ts';
import { hashOf } from './held-secret.ts';
import { takenSince } from './leaving.ts';
import { parseAddress } from './lightning-address.ts';
import type { PayoutParts, PayoutPorts, PayoutSettings } from './payout-ports.ts';
import { admit, allOf, heldFor } from './payout-rules.ts';

export type PayoutOrder = {
  readonly account: string;
  /** Drawn by the client for this payout: asked again with it, the answer is of the same payout. */
  readonly request: string;
  /** An invoice, or a Lightning address. */
  readonly to: string;
  /** Null: the invoice's, or to an address all that there is. */
  readonly amount: Sat | null;
  /** The most that it may cost besides; null: the usual. */
  readonly feeMax: Sat | null;
};

/** `waiting`: an operator looks first. `paying`: it is under way, and how it ends is not known yet. */
export type Payout = {
  readonly id: string;
  readonly to: string;
  readonly amount: Msat;
  /** Amount and the most that its fee may be: what left the balance. */
  readonly held: Msat;
  readonly state: 'waiting' | 'paying' | 'paid' | 'failed' | 'cancelled';
  readonly fee: Msat | null;
  readonly preimage: string | null;
  readonly reason: string | null;
  /** ms since 1970. */
  readonly createdAt: number;
};

export type Payouts = ReturnType<typeof openPayouts>;

const listMax = 1_000;

/** The database is migrated. */
export function openPayouts(ports: PayoutPorts, settings: PayoutSettings) {
  const parts: PayoutParts = { reached: () => {}, onPaidAfterAll: () => {}, isStopped: () => false, ...ports, settings };
  /** What goes on while nobody waits for it. */
  const working = new Map<string, Promise<void>>();
  const work = (row: Row<'paid_payouts'>): Promise<void> => {
    const known = working.get(row.id);
    if (known) return known;
    const started = carryOut(parts, row).finally(() => working.delete(row.id));
    working.set(row.id, started);
    started.catch(() => {});
    return started;
  };
  return {
    /** @throws ServiceFailure bad-target, amount, balance-too-low, key-reused, frozen, stopped: then nothing was set aside */
    order: async (order: PayoutOrder): Promise<Payout> => {
      const row = await reserve(parts, order);
      if (row.state === 'reserved' || row.state === 'dispatching') await patiently(work(row), settings.waitMs);
      return shownNow(parts, await rowOf(parts, row.id));
    },
    /** @throws ServiceFailure no-payout */
    read: async (account: string, id: string): Promise<Payout> => shownNow(parts, await ownRow(parts, account, id)),
    list: (account: string) => list(parts, account),
    /** @throws ServiceFailure no-payout; too-late once it was handed over */
    cancel: async (account: string, id: string): Promise<void> => {
      const row = await ownRow(parts, account, id);
      const isEnded = row.state !== 'cancelled' && (await endPayout(parts, row, { state: 'cancelled', reason: 'cancelled' }));
      // Somebody else may have called it back meanwhile.
      if (!isEnded && (await rowOf(parts, id)).state !== 'cancelled') throw new ServiceFailure('too-late');
    },
    /** Every ten seconds, in each process: goes on with what was left. @returns how many ended */
    resume: async (): Promise<number> => {
      // What waits for money to go again takes no place from what is under way.
      const states = parts.isStopped() ? (['dispatching'] as const) : (['reserved', 'dispatching'] as const);
      const open = parts.database.db
        .selectFrom('paid_payouts')
        .selectAll()
        .where('state', 'in', states)
        .where((row) => row.or([row('state', '=', 'dispatching'), row.not(isFrozen(row))]));
      const rows = await open.orderBy('updated_at').limit(settings.perPass).execute();
      await Promise.all(rows.map((row) => patiently(work(row), settings.waitMs)));
      const after = await Promise.all(rows.map(({ id }) => rowOf(parts, id)));
      return after.filter(({ state }) => state !== 'reserved' && state !== 'dispatching').length;
    },
    /** Waits for what goes on. */
    close: async (): Promise<void> => void (await Promise.allSettled(working.values())),
  };
}

/** Whoever asked is not kept waiting for a slow payment. */
async function patiently(work: Promise<void>, waitMs: number): Promise<void> {
  const waited = new AbortController();
  try {
    await Promise.race([work, sleep(waitMs, waited.signal).catch(() => undefined)]);
  } finally {
    waited.abort();
  }
}

async function reserve(parts: PayoutParts, order: PayoutOrder): Promise<Row<'paid_payouts'>> {
  const { database, ledger, clock, settings, backend } = parts;
  const operation = { kind: 'payout', key: `${order.account}/${order.request}`, requestHash: hashOfOrder(order) };
  const id = operationId(operation);
  const known = await database.db.selectFrom('ledger_operations').select('request_hash').where('id', '=', id).executeTakeFirst();
  if (known && Buffer.compare(known.request_hash, operation.requestHash) !== 0) throw new ServiceFailure('key-reused');
  if (known) return rowOf(parts, id);
  assertGoing(parts);
  const target = await targetOf(parts, order);
  const held = heldFor(target.amount, order.feeMax);
  const on = new AccountsOf(shardOf(id, settings.shards));
  const journal = events.payoutReserved(on, accountOf(order.account), held);
  await ledger.open(journal?.legs.map(({ account }) => account) ?? []);
  const now = clock.now();
  const terms = {
    id,
    account: order.account,
    backend: backend.name,
    target: order.to,
    amount: Number(target.amount),
    held: Number(held),
    flat: backend.capabilities.feeLimit === 'none' ? (1 as const) : (0 as const),
    shard: shardOf(id, settings.shards),
    bolt11: target.bolt11,
    payment_hash: target.hash,
  };
  try {
    await database.transaction(async (queries) => {
      if (!(await ledger.claim(queries, operation, now))) return;
      await assertNotFrozen(queries, order.account);
      const [taken, upheld] = [await takenSince(queries, order.account, now), await countUpheld(queries, order.account)];
      const state = admit(target.amount, { ...taken, upheld }, settings);
      await insertRows(queries, 'paid_payouts', [{ ...terms, state, created_at: now, updated_at: now }]);
      parts.reached('payout/reserving');
      if (journal) await ledger.post(queries, id, journal, now);
    });
  } catch (error) {
    throw await reasonOf(parts, order, held, error);
  }
  parts.reached('payout/reserved');
  return rowOf(parts, id);
}

function hashOfOrder({ to, amount, feeMax }: PayoutOrder) {
  return hashOf(to, String(amount), String(feeMax));
}

async function reasonOf(parts: PayoutParts, { account }: PayoutOrder, held: Msat, error: unknown): Promise<unknown> {
  if (error instanceof LedgerFailure && error.code === 'overdrawn')
    return new ServiceFailure('balance-too-low', { missing: await lackOf(parts, account, sat(held / 1_000n)) }, { cause: error });
  if (error instanceof LedgerFailure && error.code === 'operation-differs') return new ServiceFailure('key-reused', {}, { cause: error });
  // The operation was new: what is taken is the invoice.
  return violationOf(error) === 'unique' ? new ServiceFailure('bad-target', { reason: 'invoice-used' }, { cause: error }) : error;
}

type Target = { readonly amount: Msat; readonly bolt11: string | null; readonly hash: string | null };

/** @throws ServiceFailure bad-target, amount, balance-too-low */
async function targetOf(parts: PayoutParts, order: PayoutOrder): Promise<Target> {
  const { settings } = parts;
  const target = parseAddress(order.to) ? await ofAddress(parts, order) : await ofInvoice(parts, order);
  const max = sat(2n ** 53n / 1_000n - 1n);
  if (target.amount < satToMsat(settings.amountMin) || target.amount > satToMsat(max))
    throw new ServiceFailure('amount', { min: String(settings.amountMin), max: String(max) });
  return target;
}

async function ofAddress(parts: PayoutParts, { account, amount, feeMax }: PayoutOrder): Promise<Target> {
  const sats = amount ?? allOf(await readAvailable(parts.database.db, account), feeMax);
  return { amount: satToMsat(sats), bolt11: null, hash: null };
}

async function ofInvoice(parts: PayoutParts, { to, amount }: PayoutOrder): Promise<Target> {
  let invoice: ReturnType<typeof payable>;
  try {
    invoice = payable(to, parts.network, parts.clock.now());
  } catch (error) {
    throw error instanceof LightningFailure ? new ServiceFailure('bad-target', { reason: error.code }, { cause: error }) : error;
  }
  if (amount !== null && satToMsat(amount) !== invoice.amount) throw new ServiceFailure('bad-target', { reason: 'other-amount' });
  if (await parts.isOwnInvoice(invoice.hash)) throw new ServiceFailure('bad-target', { reason: 'own-invoice' });
  return { amount: invoice.amount, bolt11: to.toLowerCase(), hash: invoice.hash };
}

async function rowOf({ database }: Pick<PayoutParts, 'database'>, id: string): Promise<Row<'paid_payouts'>> {
  return database.db.selectFrom('paid_payouts').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
}

async function ownRow({ database }: PayoutParts, account: string, id: string): Promise<Row<'paid_payouts'>> {
  const row = await database.db
    .selectFrom('paid_payouts')
    .selectAll()
    .where('id', '=', id)
    .where('account', '=', account)
    .executeTakeFirst();
  if (!row) throw new ServiceFailure('no-payout');
  return row;
}

async function list({ database }: PayoutParts, account: string): Promise<readonly Payout[]> {
  const rows = await database.db
    .selectFrom('paid_payouts')
    .selectAll()
    .where('account', '=', account)
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .limit(listMax)
    .execute();
  const isHeld = (await standingFreeze(database.db, account)) !== undefined;
  return rows.map((row) => shown(row, isHeld));
}

async function shownNow({ database }: PayoutParts, row: Row<'paid_payouts'>): Promise<Payout> {
  return shown(row, row.state === 'reserved' && (await standingFreeze(database.db, row.account)) !== undefined);
}

const states = {
  held: 'waiting',
  reserved: 'paying',
  dispatching: 'paying',
  paid: 'paid',
  failed: 'failed',
  cancelled: 'cancelled',
} as const;

/** @param isHeld the money of its account is frozen: what no node has heard of waits */
export function shown(row: Row<'paid_payouts'>, isHeld = false): Payout {
  const { id, target: to, amount, held, state, fee, preimage, reason, created_at: createdAt } = row;
  const paidFee = fee === null ? null : msat(BigInt(fee));
  return {
    id,
    to,
    amount: msat(BigInt(amount)),
    held: msat(BigInt(held)),
    state: isHeld && state === 'reserved' ? 'waiting' : states[state],
    fee: paidFee,
    preimage,
    reason,
    createdAt,
  };
}
