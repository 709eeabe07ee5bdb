// A link of an anonymous space as its owner's screens show it.
import type { ManagedLink as SdkLink } from '@reprise/sdk';
import type { ManagedLink } from '../../engine/port.ts';

export function describeLink(link: SdkLink): ManagedLink {
  const { id, url, label, title, sizeBytes, createdAt, expiresAt, hasPassword, downloadsMax, downloads, opened } = link;
  return {
    id,
    url,
    label: label === '' ? null : label,
    title,
    bytes: sizeBytes,
    createdAt,
    expiresAt,
    hasPassword,
    downloadsMax,
    downloads: downloads.finished,
    visits: opened,
    phase: phaseOf(link),
  };
}

function phaseOf({ removed, expiresAt, downloadsMax, downloads, growing }: SdkLink): ManagedLink['phase'] {
  if (removed) return 'removed';
  if (expiresAt !== null && expiresAt <= Date.now()) return 'expired';
  if (downloadsMax !== null && downloads.finished >= downloadsMax) return 'used-up';
  return growing ? 'growing' : 'open';
}
