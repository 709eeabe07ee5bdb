// What this browser sent without an account: given to the account that is open, and managed from all its devices. Fetched when somebody looks.
// With them what nobody can read of the account's lists. spec/drive.md "Parcels that are kept", "What the account keeps for itself".
import { openManage } from '@reprise/sdk';
import { countUnread, dropUnread, forgetParcels as forget, keepParcels, keptParcels as parcelsOf } from '@reprise/sdk/drive';
import type { KeptParcel, UnreadCounts } from '../../app/port.ts';
import { server } from '../engine/connection.ts';
import { toEngineFailure } from '../engine/failures.ts';
import { describeLink } from '../engine/managed-link.ts';
import { stretchPassword } from '../engine/other-workers.ts';
import { readEnd, readParcel, type SavedParcel, savedParcelIds } from '../engine/parcel-store.ts';
import type { OpenDrive } from './open-drive.ts';

/** Sent from here, still there as far as this browser knows, and not in the account. */
async function strays(open: OpenDrive): Promise<readonly SavedParcel[]> {
  const kept = new Set((await parcelsOf(open.drive, open.network)).map(({ manageUrl }) => fragmentOf(manageUrl)));
  const found: SavedParcel[] = [];
  for (const id of await savedParcelIds()) {
    if ((await readEnd(id)) === 'ended') continue;
    const parcel = await readParcel(id);
    if (parcel && parcel.manageUrl !== '' && !kept.has(fragmentOf(parcel.manageUrl))) found.push(parcel);
  }
  return found;
}

export async function countStrays(open: OpenDrive): Promise<number> {
  return (await strays(open)).length;
}

/** @returns how many the account took */
export async function keepStrays(open: OpenDrive): Promise<number> {
  const found = await strays(open);
  if (found.length > 0) await open.act((drive) => keepParcels(drive, found));
  return found.length;
}

/** Of all lists that the account keeps for itself: what somebody else wrote there. */
export function unreadEntries(open: OpenDrive): Promise<UnreadCounts> {
  return countUnread(open.drive, open.network);
}

export function dropUnreadEntries(open: OpenDrive): Promise<UnreadCounts> {
  return open.act((drive) => dropUnread(drive), 'all');
}

/** Newest first; each is asked of the server, which alone knows whether it still stands. */
export async function keptParcels(open: OpenDrive): Promise<readonly KeptParcel[]> {
  return Promise.all((await parcelsOf(open.drive)).map(async (parcel) => ({ ...parcel, ...(await standing(parcel.manageUrl)) })));
}

export async function forgetParcels(open: OpenDrive, ids: readonly string[]): Promise<void> {
  await open.act((drive) => forget(drive, ids));
}

async function standing(url: string): Promise<Pick<KeptParcel, 'state' | 'links'>> {
  try {
    const space = await openManage({ connection: server(), url, stretch: stretchPassword });
    // The one that was sent first; a copy under way has one of its own.
    const links = space.links.toSorted((a, b) => a.createdAt - b.createdAt).map(describeLink);
    return { state: links.length > 0 ? 'open' : 'ended', links };
  } catch (error) {
    return { state: toEngineFailure(error).code === 'not-found' ? 'ended' : 'unknown', links: [] };
  }
}

function fragmentOf(url: string): string {
  return url.slice(url.indexOf('#'));
}
