// Who was told of a place, and whether they stand in its space still: a device that was revoked, a member who was removed and a ticket that ended
// take the places they were told of with them (spec/spaces.md "Places").
import { type Queries, sql } from '@reprise/database';
import { Failure, type SpaceId } from '@reprise/protocol';
import { anonymousSpaceKind } from '@reprise/protocol/formats';
import type { SpaceSigner } from './device.ts';

declare const bearer: unique symbol;
/** The device's id, or the hash of the ticket: 32 bytes in hex. */
export type Bearer = string & { readonly [bearer]: true };

export function bearerOf(signer: SpaceSigner): Bearer {
  return (signer.kind === 'device' ? signer.device : signer.ticketHash) as string as Bearer;
}

/** A condition for a query that has the row of the space. It finds three rows at most by their keys, once for the query. */
export function stands(by: Bearer) {
  return sql<boolean>`(
    exists (
      select 1 from space_devices inner join space_members
        on space_members.space = space_devices.space and space_members.user_id = space_devices.user_id
      where space_devices.space = spaces.space and space_devices.device = ${by} and space_devices.revoked_seq is null
    )
    or exists (select 1 from tickets where tickets.hash = ${by})
    or (spaces.kind = ${sql.lit(anonymousSpaceKind)} and spaces.device_id = ${by})
  )`;
}

/** Tells what is not there from what is not to be had any more. @throws Failure place-expired */
export async function demandStanding(queries: Queries, space: SpaceId, by: Bearer): Promise<void> {
  const row = await queries.selectFrom('spaces').select('space').where('space', '=', space).where(stands(by)).executeTakeFirst();
  if (!row) throw new Failure('place-expired');
}
