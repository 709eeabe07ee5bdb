// What was sent without an account, kept by one: each parcel stays where it is and ends when it was to end, and every device of the account can
// manage it. spec/drive.md "Parcels that are kept", spec/link.md "Anonymous space".
import { formatHex } from '@reprise/kit';
import { formatManageUrl, type KeptParcel, parcelsList, parseManageUrl } from '@reprise/vault';
import type { Drive } from './drive.ts';
import { changeList, readList } from './kept-lists.ts';

/** What was sent without an account and is kept by this one. */
export type DriveParcel = {
  /** Hex of the space that holds it. */
  readonly id: string;
  /** Its management link, for `openManage`. */
  readonly manageUrl: string;
  readonly title: string;
  readonly keptAt: number;
};

/** Newest first. @throws Failure bad-object, network … */
export async function keptParcels(drive: Drive, signal?: AbortSignal): Promise<DriveParcel[]> {
  const { session, space } = drive.parts;
  const { items } = await readList(drive, await space.view(signal), parcelsList, signal);
  return items.toReversed().map((parcel) => ({
    id: formatHex(parcel.space),
    manageUrl: formatManageUrl(session.connection.origin, parcel),
    title: parcel.title,
    keptAt: parcel.keptMs,
  }));
}

/** Those that are kept already stay as they are. @param parcels of the drive's server, by their management links @throws Failure bad-link, drive-frozen … */
export async function keepParcels(
  drive: Drive,
  parcels: readonly { readonly manageUrl: string; readonly title: string }[],
  signal?: AbortSignal,
): Promise<void> {
  const keptMs = drive.parts.session.connection.clock.now();
  const wanted = parcels.map(({ manageUrl, title }) => {
    const { secret, space } = parseManageUrl(manageUrl);
    return { secret, space, title, keptMs };
  });
  const keep = (kept: readonly KeptParcel[]) => {
    const known = new Set(kept.map(({ space }) => formatHex(space)));
    return [...kept, ...wanted.filter(({ space }) => !known.has(formatHex(space)))];
  };
  await changeList(drive, parcelsList, keep, signal);
}

/** The account knows them no more; the parcels live on. */
export async function forgetParcels(drive: Drive, ids: readonly string[], signal?: AbortSignal): Promise<void> {
  await changeList(drive, parcelsList, (kept) => kept.filter(({ space }) => !ids.includes(formatHex(space))), signal);
}
