// Whether the node could pay what is owed. While it could not, nothing more is taken in for balances and coins; it goes on by itself once it could.
// spec/ledger.md "Watch".
import { type Database, insertRows } from '@reprise/database';
import { decodeUtf8, encodeUtf8 } from '@reprise/kit';
import type { LightningBackend } from '@reprise/lightning';
import { type Owing, readOwing } from '@reprise/service';

const key = 'bitcache-reserves';

/** As the node last said it; amounts are thousandths of a satoshi. */
export type Reserves = Owing & {
  readonly backend: string;
  readonly spendable: bigint;
  readonly receivable: bigint | null;
  /** ms since 1970. */
  readonly at: number;
  /** Since when the node could not pay what is owed; null while it could. */
  readonly shortSince: number | null;
};

/** What nodes keep aside of a channel counts for nothing, and is not missing: two in a hundred. */
const asideHundredths = 2n;

/** A shortage counts from the second look on: between two questions money moves. */
export class ReservesWatch {
  readonly #database: Database;
  readonly #backend: Pick<LightningBackend, 'name' | 'balance'>;
  #seenShort = false;

  constructor(database: Database, backend: Pick<LightningBackend, 'name' | 'balance'>) {
    this.#database = database;
    this.#backend = backend;
  }

  /** @returns what changed, and how it stands; undefined where the node does not answer: that is no shortage */
  async look(now: number): Promise<{ readonly reserves: Reserves; readonly change: 'short' | 'covered' | null } | undefined> {
    const owing = await readOwing(this.#database);
    const balance = await this.#backend.balance().catch(() => undefined);
    if (!balance) return undefined;
    const before = (await readReserves(this.#database))?.shortSince ?? null;
    const isShort = isMissing(owing, balance);
    const isOpened = isShort && (this.#seenShort || before !== null);
    this.#seenShort = isShort;
    const shortSince = isOpened ? (before ?? now) : null;
    const reserves: Reserves = { ...owing, ...balance, backend: this.#backend.name, at: now, shortSince };
    await writeReserves(this.#database, reserves);
    const hasChanged = (before === null) !== (shortSince === null);
    return { reserves, change: hasChanged ? (shortSince === null ? 'covered' : 'short') : null };
  }
}

export function isMissing({ owed, inFlight }: Owing, { spendable }: { readonly spendable: bigint }): boolean {
  return (owed * (100n - asideHundredths)) / 100n > spendable + inFlight;
}

export async function readReserves({ db }: Pick<Database, 'db'>): Promise<Reserves | undefined> {
  const row = await db.selectFrom('settings').select('value').where('key', '=', key).executeTakeFirst();
  if (!row) return undefined;
  const { owed, inFlight, spendable, receivable, ...others } = JSON.parse(decodeUtf8(row.value)) as Written;
  const amounts = { owed: BigInt(owed), inFlight: BigInt(inFlight), spendable: BigInt(spendable) };
  return { ...others, ...amounts, receivable: receivable === null ? null : BigInt(receivable) };
}

type Written = Pick<Reserves, 'backend' | 'at' | 'shortSince'> & {
  readonly [amount in 'owed' | 'inFlight' | 'spendable']: string;
} & { readonly receivable: string | null };

async function writeReserves({ db }: Database, reserves: Reserves): Promise<void> {
  const { backend, at, shortSince, owed, inFlight, spendable, receivable } = reserves;
  const amounts = { owed: String(owed), inFlight: String(inFlight), spendable: String(spendable) };
  const written: Written = { backend, at, shortSince, ...amounts, receivable: receivable === null ? null : String(receivable) };
  await insertRows(db, 'settings', [{ key, value: encodeUtf8(JSON.stringify(written)) }], { replaces: ['key'] });
}
