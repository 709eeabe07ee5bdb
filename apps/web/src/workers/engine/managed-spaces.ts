// Spaces opened by their management link: what screens call a ManagedSpace, and the SDK's behind it.
import { type ManagedSpace as OpenedSpace, openManage, type ManagedLink as SdkLink } from '@reprise/sdk';
import { parseLinkId } from '@reprise/protocol';
import type { LinkChange, ManagedLink, ManagedSpace, OpenFailure, SendOptions } from '../../engine/port.ts';
import { EngineError } from '../../engine/rpc.ts';
import { server } from './connection.ts';
import { toEngineFailure, toOpenFailure } from './failures.ts';
import { describeLink } from './managed-link.ts';
import { stretchPassword } from './other-workers.ts';
import { readAllowance } from './parcels.ts';

const spaces = new Map<string, { readonly space: OpenedSpace; readonly expirySecondsMax: number | null }>();
let lastHandle = 0;

type Opened =
  | { readonly kind: 'open'; readonly handle: string; readonly space: ManagedSpace }
  | { readonly kind: 'failed'; readonly failure: OpenFailure };

export async function openSpace(fragment: string): Promise<Opened> {
  if (fragment === '') return { kind: 'failed', failure: { reason: 'bad-link', fault: 'missing' } };
  try {
    const space = await openManage({ connection: server(), url: fragment, stretch: stretchPassword });
    const { expirySecondsMax } = await readAllowance();
    const handle = String(++lastHandle);
    spaces.set(handle, { space, expirySecondsMax });
    return { kind: 'open', handle, space: describe(handle) };
  } catch (error) {
    return { kind: 'failed', failure: toOpenFailure(error) };
  }
}

export function refreshSpace(handle: string): Promise<ManagedSpace> {
  return change(handle, (space) => space.refresh());
}

export async function createLink(handle: string, link: string, options: SendOptions): Promise<{ made: ManagedLink; space: ManagedSpace }> {
  let made: SdkLink | undefined;
  const space = await change(handle, async (opened) => {
    made = await opened.createLink(parseLinkId(link), {
      ...(options.label !== null && { label: options.label }),
      ...(options.password !== null && { password: options.password }),
      expiresAt: expiryOf(options.expirySeconds),
      downloadsMax: options.downloadsMax,
    });
  });
  return { made: describeLink(made as SdkLink), space };
}

export function changeLink(handle: string, link: string, wishes: LinkChange): Promise<ManagedSpace> {
  return change(handle, async (space) => {
    await space.changeLink(parseLinkId(link), {
      ...(wishes.label !== undefined && { label: wishes.label ?? '' }),
      ...(wishes.password !== undefined && { password: wishes.password }),
      ...(wishes.expirySeconds !== undefined && { expiresAt: expiryOf(wishes.expirySeconds) }),
      ...(wishes.downloadsMax !== undefined && { downloadsMax: wishes.downloadsMax }),
    });
  });
}

export function revokeLink(handle: string, link: string): Promise<ManagedSpace> {
  return change(handle, (space) => space.revokeLink(parseLinkId(link)));
}

export function deleteSpace(handle: string): Promise<ManagedSpace> {
  return change(handle, (space) => space.deleteEverything());
}

async function change(handle: string, work: (space: OpenedSpace) => Promise<void>): Promise<ManagedSpace> {
  const opened = spaces.get(handle);
  if (!opened) throw new EngineError({ code: 'unexpected', facts: { reason: 'no such space' } });
  try {
    await work(opened.space);
  } catch (error) {
    throw new EngineError(toEngineFailure(error));
  }
  return describe(handle);
}

function describe(handle: string): ManagedSpace {
  const { space, expirySecondsMax } = spaces.get(handle) as { space: OpenedSpace; expirySecondsMax: number | null };
  return { bytes: space.links.length === 0 ? 0 : space.stored.bytes, links: space.links.map(describeLink), expirySecondsMax };
}

function expiryOf(seconds: number | null): number | null {
  return seconds === null ? null : Date.now() + seconds * 1_000;
}
