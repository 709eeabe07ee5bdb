// The links of a drive, once what another program was stopped at is carried out. spec/drive.md "The list of links".
import { Failure } from '@reprise/protocol';
import type { Drive, DriveLink } from '@reprise/sdk/drive';

/** What cannot be carried out now is carried out another time: `isCurrent` says so, and the list is shown all the same. */
export async function settledLinks({ links }: Drive, signal: AbortSignal): Promise<DriveLink[]> {
  await settle(links, signal);
  return links.list(signal);
}

/** @returns whether all is carried out now @throws Failure cancelled */
export async function settle(links: Drive['links'], signal: AbortSignal): Promise<boolean> {
  try {
    await links.settle(signal);
    return true;
  } catch (error) {
    if (!(error instanceof Failure) || error.code === 'cancelled') throw error;
    return false;
  }
}
