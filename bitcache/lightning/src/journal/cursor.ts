// How far the events of a backend were read, and who reads them: one process at a time, by a lease. spec/lightning.md "The reconciler".
import type { Database } from '@reprise/database';
import type { Cursor } from '../port.ts';

/** `fence` grows with every reader: what a former one writes changes nothing. */
export type Reader = { readonly backend: string; readonly fence: number; readonly position: Cursor };

/** @returns undefined while another reader's lease runs */
export async function claimReader(database: Database, backend: string, now: number, leaseMs: number): Promise<Reader | undefined> {
  return database.transaction(async (queries) => {
    await queries
      .insertInto('lightning_cursors')
      .values({ backend, position: '', fence: 0, lease_until: 0 })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    const claimed = await queries
      .updateTable('lightning_cursors')
      .set((e) => ({ fence: e('fence', '+', 1), lease_until: now + leaseMs }))
      .where('backend', '=', backend)
      .where('lease_until', '<=', now)
      .returning(['fence', 'position'])
      .executeTakeFirst();
    return claimed && { backend, fence: claimed.fence, position: claimed.position };
  });
}

/** @returns whether the lease is still this reader's: if not, it stops */
export async function keepReader({ db }: Database, { backend, fence }: Reader, leaseUntil: number, position?: Cursor): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('lightning_cursors')
    .set({ lease_until: leaseUntil, ...(position !== undefined && { position }) })
    .where('backend', '=', backend)
    .where('fence', '=', fence)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}
