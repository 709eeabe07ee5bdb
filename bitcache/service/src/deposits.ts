// An invoice that fills the balance of an account. spec/paid-links.md "Balance".
import { type InTransaction, insertRows, type Queries, type Row, violationOf } from '@reprise/database';
import { formatHex } from '@reprise/kit';
import {
  AccountsOf,
  type AccountCode,
  events,
  LedgerFailure,
  type Msat,
  msat,
  operationId,
  type Sat,
  sat,
  satToMsat,
  shardOf,
  wholeSats,
} from '@reprise/ledger';
import { LightningFailure, type PaymentHash, type Received } from '@reprise/lightning';
import type { OwnInvoice } from '@reprise/mint';
import { accountOf } from './account-code.ts';
import { assertRoomFor, readRoom } from './balance.ts';
import { assertGoing, ServiceFailure } from './failures.ts';
import { hashOf } from './held-secret.ts';
import type { ServiceParts } from './ports.ts';

export type Deposit = {
  readonly paymentHash: PaymentHash;
  readonly invoice: string;
  readonly amount: Sat;
  readonly state: 'open' | 'expired' | 'settled';
  /** ms since 1970. */
  readonly expiresAt: number;
  /** What came, in whole satoshis. */
  readonly received: Sat | null;
};

export type DepositOrder = {
  readonly account: string;
  /** Drawn by the client: asked again with it, the invoice is the same. */
  readonly request: string;
  readonly amount: Sat;
};

/** @param along rows that are written with it @throws ServiceFailure amount, key-reused, busy, stopped */
export async function makeDeposit(
  service: ServiceParts,
  { account, request, amount }: DepositOrder,
  along?: (queries: InTransaction, hash: PaymentHash) => Promise<void>,
): Promise<Deposit> {
  const before = await madeBefore(service, { account, request, amount });
  if (before) return before;
  assertGoing(service);
  if (amount < 1n) throw new ServiceFailure('amount', { min: '1', max: String(service.settings.accountMax) });
  const { backend, settings, clock, random, database } = service;
  await assertRoomFor(service, database.db, account, amount);
  await assertFew(service, database.db, account);
  const invoice = await backend
    .createInvoice({
      label: `deposit-${formatHex(random(16))}`,
      amount: satToMsat(amount),
      description: { text: settings.description },
      expirySeconds: settings.invoiceSeconds,
    })
    .catch((error: unknown) => {
      throw error instanceof LightningFailure ? new ServiceFailure('busy', {}, { cause: error }) : error;
    });
  const row = {
    payment_hash: invoice.hash,
    account,
    request,
    backend: backend.name,
    invoice: invoice.bolt11,
    amount: Number(satToMsat(amount)),
    state: 'open' as const,
    created_at: clock.now(),
    expires_at: invoice.expiresAt,
  };
  try {
    await database.transaction(async (queries) => {
      await assertRoomFor(service, queries, account, amount);
      await assertFew(service, queries, account);
      await insertRows(queries, 'paid_deposits', [row]);
      await along?.(queries, invoice.hash);
    });
  } catch (error) {
    const first = violationOf(error) === 'unique' ? await madeBefore(service, { account, request, amount }) : undefined;
    if (first) return first;
    throw error;
  }
  return shown({ ...row, received: null, checked_at: 0 }, clock.now());
}

/** In the transaction that makes one more, it holds for whoever else does. @throws ServiceFailure busy */
async function assertFew({ clock, settings }: ServiceParts, queries: Queries, account: string): Promise<void> {
  const open = queries.selectFrom('paid_deposits').where('state', '=', 'open').where('expires_at', '>', clock.now());
  const { all, own } = await open
    .select(({ fn, val }) => [fn.countAll<number>().as('all'), fn.countAll<number>().filterWhere('account', '=', val(account)).as('own')])
    .executeTakeFirstOrThrow();
  if (all >= settings.openDepositsMax || own >= settings.openDepositsOfAccountMax) throw new ServiceFailure('busy');
}

async function madeBefore(service: ServiceParts, { account, request, amount }: DepositOrder): Promise<Deposit | undefined> {
  const row = await service.database.db
    .selectFrom('paid_deposits')
    .selectAll()
    .where('account', '=', account)
    .where('request', '=', request)
    .executeTakeFirst();
  if (row && BigInt(row.amount) !== satToMsat(amount)) throw new ServiceFailure('key-reused');
  return row && shown(row, service.clock.now());
}

/**
 * The backend is asked, if nobody did so lately.
 * @param settled credits what it says to have come
 * @throws ServiceFailure no-invoice
 */
export async function readDeposit(
  service: ServiceParts,
  { account, hash }: { readonly account: string; readonly hash: PaymentHash },
  settled: (received: Received) => Promise<unknown>,
): Promise<Deposit> {
  const find = async () => {
    const row = await depositOf(service, hash);
    if (row?.account !== account) throw new ServiceFailure('no-invoice');
    return row;
  };
  const row = await find();
  if (row.state === 'settled' || !(await mayAsk(service, hash))) return shown(row, service.clock.now());
  const state = await service.backend.lookupInvoice(hash).catch((error: unknown) => {
    if (error instanceof LightningFailure) return null;
    throw error;
  });
  if (state?.state === 'settled') await settled(state);
  return shown(await find(), service.clock.now());
}

async function mayAsk({ database, clock, settings }: ServiceParts, hash: PaymentHash): Promise<boolean> {
  const now = clock.now();
  const { numUpdatedRows } = await database.db
    .updateTable('paid_deposits')
    .set({ checked_at: now })
    .where('payment_hash', '=', hash)
    .where('checked_at', '<=', now - settings.askEveryMs)
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n;
}

async function depositOf({ database }: Pick<ServiceParts, 'database'>, hash: PaymentHash): Promise<Row<'paid_deposits'> | undefined> {
  return database.db.selectFrom('paid_deposits').selectAll().where('payment_hash', '=', hash).executeTakeFirst();
}

/** The same key as of every invoice: of all that may pay it, one counts. */
const settling = (hash: string, what: string) => ({ kind: 'invoice-settled', key: hash, requestHash: hashOf(what) });

/** @returns false for an invoice that is no deposit; what the backend kept, and what came after coins had paid it, is for the caller to post */
export async function settleDeposit(service: ServiceParts, hash: PaymentHash, { amount }: Received): Promise<boolean> {
  const row = await depositOf(service, hash);
  if (!row) return false;
  if (row.state === 'settled') return true;
  const { database, ledger, clock, settings } = service;
  const operation = settling(hash, `deposit ${amount}`);
  const op = operationId(operation);
  const journal = events.received(new AccountsOf(shardOf(op, settings.shards)), row.backend, accountOf(row.account), amount);
  await ledger.open(journal?.legs.map(({ account }) => account) ?? []);
  const now = clock.now();
  try {
    await database.transaction(async (queries) => {
      if (!(await ledger.claim(queries, operation, now))) return;
      await markSettled(queries, hash, amount);
      if (journal) await ledger.post(queries, op, journal, now);
    });
  } catch (error) {
    if (!(error instanceof LedgerFailure && error.code === 'operation-differs')) throw error;
  }
  return true;
}

async function markSettled(queries: InTransaction, hash: string, amount: Msat): Promise<boolean> {
  const { numUpdatedRows } = await queries
    .updateTable('paid_deposits')
    .set({ state: 'settled', received: Number(amount) })
    .where('payment_hash', '=', hash)
    .where('state', '=', 'open')
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n;
}

/** For coins of our own mint, which pay it in the books. @param received money came from outside after all */
export async function ownDeposit(
  service: ServiceParts,
  hash: PaymentHash,
  received: (received: Received) => Promise<unknown>,
): Promise<OwnInvoice | undefined> {
  const row = await depositOf(service, hash);
  if (!row) return undefined;
  const to: AccountCode = accountOf(row.account);
  const amount = msat(BigInt(row.amount));
  return {
    isPaid: row.state === 'settled',
    received,
    retire: async () => {
      const endedAt = service.clock.now() - 1;
      const open = service.database.db.updateTable('paid_deposits').set({ expires_at: endedAt }).where('payment_hash', '=', hash);
      await open.where('state', '=', 'open').where('expires_at', '>', endedAt).execute();
    },
    prepare: async () => ({
      purposes: [to],
      // Once it is settled it is not among what may come any more.
      settle: async (queries) =>
        (await markSettled(queries, hash, amount)) && satToMsat(await readRoom(service, queries, row.account)) >= amount ? to : undefined,
    }),
  };
}

function shown({ payment_hash, invoice, amount, state, expires_at: expiresAt, received }: Row<'paid_deposits'>, now: number): Deposit {
  return {
    paymentHash: payment_hash as PaymentHash,
    invoice,
    amount: sat(BigInt(amount) / 1_000n),
    state: state === 'open' && now > expiresAt ? 'expired' : state,
    expiresAt,
    received: received === null ? null : wholeSats(msat(BigInt(received))).whole,
  };
}
