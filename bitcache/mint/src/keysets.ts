// The keysets of this mint: rows in the database, keys in the signer, and a copy of both to look things up in. spec/mint.md "Keysets".
import { type Database, insertRows, type Row, violationOf } from '@reprise/database';
import { assert, type Clock, equalBytes } from '@reprise/kit';
import { MintFailure } from './failures.ts';
import type { KeysetFacts, KeysetId } from './keyset-id.ts';
import type { Signer } from './signer/signer.ts';

export type Keyset = KeysetFacts & {
  readonly id: KeysetId;
  readonly isActive: boolean;
  /** ms since 1970. */
  readonly madeAt: number;
  readonly keys: ReadonlyMap<bigint, string>;
};

export class Keysets {
  readonly #database: Database;
  readonly #signer: Signer;
  readonly #clock: Clock;
  #known = new Map<KeysetId, Keyset>();

  constructor(database: Database, signer: Signer, clock: Clock) {
    this.#database = database;
    this.#signer = signer;
    this.#clock = clock;
  }

  /** As the database has them now. @throws Error for a keyset that another seed has made */
  async read(): Promise<readonly Keyset[]> {
    const rows = await this.#database.db.selectFrom('mint_keysets').selectAll().orderBy('derivation').execute();
    const known = new Map<KeysetId, Keyset>();
    for (const row of rows) known.set(row.id, await this.#opened(row));
    this.#known = known;
    return [...known.values()];
  }

  async #opened(row: Row<'mint_keysets'>): Promise<Keyset> {
    const before = this.#known.get(row.id);
    const isActive = row.active === 1;
    if (before) return before.isActive === isActive ? before : { ...before, isActive };
    const facts = { unit: row.unit, feePpk: row.fee_ppk, finalExpiry: row.final_expiry };
    const { id, keys } = await this.#signer.open({ version: 1, derivation: row.derivation, ...facts });
    assert(id === row.id, `the keyset ${row.id} was not made from this seed`);
    return { id, ...facts, isActive, madeAt: row.created_at, keys };
  }

  /** @throws MintFailure 12001 */
  async get(id: KeysetId): Promise<Keyset> {
    if (!this.#known.has(id)) await this.read();
    const keyset = this.#known.get(id);
    if (!keyset) throw new MintFailure(12001);
    return keyset;
  }

  /** The one that signs. @throws MintFailure 20003 where there is none */
  async active(unit: string): Promise<Keyset> {
    const isWanted = (keyset: Keyset) => keyset.isActive && keyset.unit === unit;
    const keyset = [...this.#known.values()].find(isWanted) ?? (await this.read()).find(isWanted);
    if (!keyset) throw new MintFailure(20003);
    return keyset;
  }

  /**
   * A new keyset signs from now on; the one before only comes back. Of several processes that rotate at once, one does.
   * @param finalExpiry seconds since 1970
   */
  async rotate(facts: KeysetFacts): Promise<void> {
    const highest = await this.#database.db
      .selectFrom('mint_keysets')
      .select(({ fn }) => fn.max<number | null>('derivation').as('derivation'))
      .executeTakeFirst();
    const derivation = (highest?.derivation ?? 0) + 1;
    const { id } = await this.#signer.open({ version: 1, derivation, ...facts });
    const { unit, feePpk, finalExpiry } = facts;
    const row = { id, unit, fee_ppk: feePpk, active: 1 as const, final_expiry: finalExpiry, derivation, created_at: this.#clock.now() };
    try {
      await this.#database.transaction(async (queries) => {
        await queries.updateTable('mint_keysets').set({ active: 0 }).where('unit', '=', unit).where('active', '=', 1).execute();
        await insertRows(queries, 'mint_keysets', [row]);
      });
    } catch (error) {
      if (violationOf(error) !== 'unique') throw error;
    }
    await this.read();
  }
}

/** One seed for the life of a database. @throws Error for another one */
export async function holdSeed(database: Database, seedPrint: Uint8Array): Promise<void> {
  const row = { id: 1 as const, print: new Uint8Array(seedPrint) };
  await database.transaction((queries) => insertRows(queries, 'mint_seed', [row], 'ignore'));
  const held = await database.db.selectFrom('mint_seed').select('print').executeTakeFirstOrThrow();
  if (!equalBytes(held.print, seedPrint)) throw new Error('This database holds coins of another seed. Put the seed of this mint back.');
}
