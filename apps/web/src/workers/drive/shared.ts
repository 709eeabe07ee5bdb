// One entry in full, the links made of it, and the proof of two histories.
import { formatId, type LinkId } from '@reprise/protocol';
import { formatBase64url, parseHex } from '@reprise/kit';
import { rootId, type DriveLink, type EntryDetails } from '../../app/port.ts';
import { mediaTypeOf } from '../../engine/media-types.ts';
import type { LinkChange, SendOptions } from '../../engine/port.ts';
import type { OpenDrive } from './open-drive.ts';

const createdKey = 101;

export async function detailsOf(open: OpenDrive, id: string): Promise<EntryDetails> {
  const chain = await open.places.chainOf(id);
  const entry = await open.entry(id);
  const isFile = entry.kind === 'file';
  const created = entry.entry.ext.get(createdKey);
  return {
    id,
    kind: isFile ? 'file' : 'folder',
    name: entry.name,
    bytes: entry.sizeBytes,
    modifiedAt: entry.modifiedMs === 0 ? null : entry.modifiedMs,
    mediaType: isFile ? mediaTypeOf(entry.name) : '',
    parentId: chain.at(-2)?.id ?? rootId,
    path: chain.slice(0, -1),
    createdAt: typeof created === 'number' ? created : null,
    starred: entry.starred,
    colour: entry.colour,
    versionsCount: isFile ? (await open.drive.versions(entry.path)).length : 0,
    digest: entry.digest,
    filesCount: isFile ? null : await filesBelow(open, entry.path),
  };
}

async function filesBelow(open: OpenDrive, path: string): Promise<number> {
  let files = 0;
  for await (const { kind } of open.drive.walk(path)) if (kind === 'file') files++;
  return files;
}

export async function createLink(open: OpenDrive, id: string, options: SendOptions): Promise<DriveLink> {
  const path = await open.places.pathOf(id);
  const { expirySeconds, password, downloadsMax, label } = options;
  const link = await open.act(
    (drive) =>
      drive.links.create(path, {
        ...(label !== null && { label }),
        ...(password !== null && { password }),
        expiresAt: expirySeconds === null ? null : Date.now() + 1000 * expirySeconds,
        downloadsMax,
      }),
    'all',
  );
  return open.linkOf(link);
}

export async function changeLink(open: OpenDrive, link: string, change: LinkChange): Promise<void> {
  const { label, expirySeconds, password, downloadsMax } = change;
  await open.act(
    (drive) =>
      drive.links.change(linkIdOf(link), {
        ...(label !== undefined && { label: label ?? '' }),
        ...(password !== undefined && { password }),
        ...(expirySeconds !== undefined && { expiresAt: expirySeconds === null ? null : Date.now() + 1000 * expirySeconds }),
        ...(downloadsMax !== undefined && { downloadsMax }),
      }),
    'all',
  );
}

export async function revokeLinks(open: OpenDrive, links: readonly string[]): Promise<void> {
  await open.act((drive) => drive.links.revoke(links.map(linkIdOf)), 'all');
}

/** @param link 32 hex digits */
export function linkIdOf(link: string): LinkId {
  return formatId<LinkId>(parseHex(link) ?? new Uint8Array(16));
}

/** Both signed entries, for whoever is to judge them. */
export async function exportProof(open: OpenDrive): Promise<Blob> {
  const { disagreement } = open.drive;
  const side = (entry: { readonly seq: number; readonly timeMs: number; readonly envelope: Uint8Array } | null) =>
    entry && { seq: entry.seq, timeMs: entry.timeMs, envelope: formatBase64url(entry.envelope) };
  const proof = disagreement && {
    space: open.drive.spaceId,
    reason: disagreement.reason,
    seenAtMs: disagreement.seenAtMs,
    ours: side(disagreement.ours),
    theirs: side(disagreement.theirs),
  };
  return new Blob([JSON.stringify(proof, null, 2)], { type: 'application/json' });
}
