// A database belongs to one network for life: coins of a test chain and of the real one never meet. spec/lightning.md "One network".
import { type Database, insertRows } from '@reprise/database';
import { LightningFailure } from '../failures.ts';
import type { LightningBackend, Network } from '../port.ts';

/** @throws LightningFailure network-differs if the database was used on another network than the backend's; unavailable if the backend does not answer */
export async function claimNetwork(database: Database, backend: LightningBackend): Promise<Network> {
  const { network } = await backend.info();
  await database.transaction((queries) => insertRows(queries, 'lightning_network', [{ id: 1, network }], 'ignore'));
  const row = await database.db.selectFrom('lightning_network').select('network').where('id', '=', 1).executeTakeFirstOrThrow();
  if (row.network !== network) throw new LightningFailure('network-differs', { database: row.network, backend: network });
  return network;
}
