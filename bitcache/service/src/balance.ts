// What an account has, and how coins go in and out of it. spec/paid-links.md "Balance".
import { type Queries, sql } from '@reprise/database';
import {
  AccountsOf,
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
import { type BlindSignature, storeTaken } from '@reprise/mint';
import { accountOf } from './account-code.ts';
import { assertNotFrozen } from './cases/freezes.ts';
import type { TokenProof } from './cashu-text.ts';
import { assertGoing, ServiceFailure } from './failures.ts';
import { hashOf } from './held-secret.ts';
import { leavesFreely, takenSince } from './leaving.ts';
import type { ServiceParts } from './ports.ts';

export type Balance = {
  readonly balance: Msat;
  /** `balance` without parts of a satoshi. */
  readonly available: Sat;
  /** The seller's part of sales that wait. */
  readonly waiting: Msat;
  /** The seller's part of sales that cases hold. */
  readonly held: Msat;
  /** When the next of those that wait matures, ms since 1970. */
  readonly nextAt: number | null;
};

export async function readBalance({ database }: ServiceParts, account: string): Promise<Balance> {
  const balance = await heldBy(database.db, account);
  const { rows } = await sql<{ waiting: string | null; held: string | null; next: number | null }>`
    select cast(sum(case when state = 'pending' then gross - commission else 0 end) as text) as waiting,
      cast(sum(case when state = 'escrowed' then gross - commission else 0 end) as text) as held,
      min(case when state = 'pending' then matures_at end) as next
    from paid_sales where seller = ${account} and state in ('pending', 'escrowed')`.execute(database.db);
  const [row] = rows;
  const nextAt = row?.next === null || row?.next === undefined ? null : Number(row.next);
  return {
    balance,
    available: wholeSats(balance).whole,
    waiting: msat(BigInt(row?.waiting ?? '0')),
    held: msat(BigInt(row?.held ?? '0')),
    nextAt,
  };
}

/** What the account holds now. */
async function heldBy(queries: Queries, account: string): Promise<Msat> {
  const { rows } = await sql<{ posted: string }>`
    select cast(posted as text) as posted from ledger_accounts where code = ${accountOf(account)}`.execute(queries);
  return msat(BigInt(rows[0]?.posted ?? '0'));
}

/** What the account could spend now. */
export async function readAvailable(queries: Queries, account: string): Promise<Sat> {
  return wholeSats(await heldBy(queries, account)).whole;
}

/**
 * What comes above what an account may hold is refused before it comes. In the transaction that brings it, it holds for whatever else is
 * brought at the same time.
 * @throws ServiceFailure amount
 */
export async function assertRoomFor(service: ServiceParts, queries: Queries, account: string, amount: Sat): Promise<void> {
  const room = await readRoom(service, queries, account);
  if (amount > room) throw new ServiceFailure('amount', { min: '1', max: String(room) });
}

/** What an account may still be brought, beside the deposits that may come: an invoice that was ended early may not be closed at the node. */
export async function readRoom({ settings, clock }: ServiceParts, queries: Queries, account: string): Promise<Sat> {
  const oldest = clock.now() - 1_000 * settings.invoiceSeconds;
  const { rows } = await sql<{ coming: string | null }>`
    select cast(sum(amount) as text) as coming from paid_deposits
    where account = ${account} and state = 'open' and (expires_at > ${clock.now()} or created_at > ${oldest})`.execute(queries);
  const coming = BigInt(rows[0]?.coming ?? '0') / 1_000n;
  const room = settings.accountMax - (await readAvailable(queries, account)) - coming;
  return sat(room > 0n ? room : 0n);
}

/**
 * Coins of the operator's mint become balance, all of them: no input fee is taken.
 * @returns what they were worth; the same coins for the same account again are answered alike
 * @throws ServiceFailure amount, key-reused for coins that another account brought; MintFailure for coins: then nothing was spent
 */
export async function bringCoins(service: ServiceParts, account: string, inputs: readonly TokenProof[]): Promise<Sat> {
  const { mint, ledger, database, clock, settings } = service;
  const offered = await mint.offerCoins({ inputs });
  const amount = sat(offered.sum);
  const operation = { kind: 'coins-in', key: offered.credential, requestHash: hashOf(account) };
  const op = operationId(operation);
  const known = await database.db.selectFrom('ledger_operations').select('id').where('id', '=', op).executeTakeFirst();
  if (!known) await assertRoomFor(service, database.db, account, amount);
  const taking = known ? undefined : await mintTook(service, op, () => offered.take(offered.sum));
  const on = new AccountsOf(shardOf(op, settings.shards));
  const journal = taking?.journal(on, accountOf(account));
  await ledger.open(journal?.legs.map((leg) => leg.account) ?? []);
  const now = clock.now();
  try {
    await database.transaction(async (queries) => {
      if (!(await ledger.claim(queries, operation, now))) return;
      await assertRoomFor(service, queries, account, amount);
      if (taking) await storeTaken(queries, [taking.rows(op)]);
      if (journal) await ledger.post(queries, op, journal, now);
    });
  } catch (error) {
    if (error instanceof LedgerFailure && error.code === 'operation-differs') throw new ServiceFailure('key-reused', {}, { cause: error });
    throw taking ? await taking.collision(error, op) : error;
  }
  return amount;
}

/** Spent coins are refused before the operation is looked at, unless it was this very one that spent them meanwhile. */
async function mintTook<Taking>({ database }: ServiceParts, op: string, take: () => Promise<Taking>): Promise<Taking | undefined> {
  try {
    return await take();
  } catch (error) {
    const known = await database.db.selectFrom('ledger_operations').select('id').where('id', '=', op).executeTakeFirst();
    if (known) return undefined;
    throw error;
  }
}

export type CoinsOut = {
  readonly account: string;
  /** Drawn for this command: asked again with it, the same outputs get the same signatures. */
  readonly request: string;
  /** `outputs`, as the NUTs write them. */
  readonly coins: Readonly<Record<string, unknown>>;
};

/** @throws ServiceFailure balance-too-low, amount, key-reused, frozen, stopped; MintFailure for outputs: then nothing was taken */
export async function takeCoins(service: ServiceParts, { account, request, coins }: CoinsOut): Promise<readonly BlindSignature[]> {
  const { mint, ledger, database, clock, settings } = service;
  const operation = { kind: 'coins-out', key: `${account}/${request}`, requestHash: mint.requestHashOf(coins) };
  const op = operationId(operation);
  const before = await answered(service, operation, op);
  if (before) return before;
  assertGoing(service);
  const amount = sumOf(coins);
  const giving = await mint.giveCoins(coins, amount);
  const on = new AccountsOf(shardOf(op, settings.shards));
  const journal = events.payoutInCoins(on, accountOf(account), giving.keyset, satToMsat(sat(amount)));
  await ledger.open(journal?.legs.map((leg) => leg.account) ?? []);
  const now = clock.now();
  try {
    await database.transaction(async (queries) => {
      if (!(await ledger.claim(queries, operation, now))) return;
      await assertNotFrozen(queries, account);
      const most = leavesFreely(await takenSince(queries, account, now), settings.leaving) / 1_000n;
      if (amount > most) throw new ServiceFailure('amount', { min: '1', max: String(most) });
      await giving.store(queries, op);
      if (journal) await ledger.post(queries, op, journal, now);
    });
  } catch (error) {
    const meanwhile = await answered(service, operation, op);
    if (meanwhile) return meanwhile;
    if (error instanceof LedgerFailure && error.code === 'overdrawn')
      throw new ServiceFailure('balance-too-low', { missing: await lackOf(service, account, sat(amount)) }, { cause: error });
    throw await giving.collision(error, op);
  }
  return mint.givenBy(op);
}

type Claimed = Parameters<typeof operationId>[0] & { readonly requestHash: Uint8Array };

/** @throws ServiceFailure key-reused */
async function answered({ database, mint }: ServiceParts, operation: Claimed, op: string): Promise<readonly BlindSignature[] | undefined> {
  const row = await database.db.selectFrom('ledger_operations').select('request_hash').where('id', '=', op).executeTakeFirst();
  if (!row) return undefined;
  if (Buffer.compare(row.request_hash, operation.requestHash) !== 0) throw new ServiceFailure('key-reused');
  return mint.givenBy(op);
}

function sumOf(coins: Readonly<Record<string, unknown>>): bigint {
  const outputs = coins['outputs'] as readonly { readonly amount: bigint }[];
  return outputs.reduce((sum, { amount }) => sum + amount, 0n);
}

/** In satoshis, by what the account holds now. */
export async function lackOf(service: Pick<ServiceParts, 'database'>, account: string, price: Sat): Promise<string> {
  const lacking = satToMsat(price) - (await heldBy(service.database.db, account));
  return String(lacking > 0n ? (lacking + 999n) / 1_000n : 0n);
}
