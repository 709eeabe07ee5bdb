// How a link stands, in words: the same for who sent it without an account and in the drive.
import type { ManagedLink } from '../engine/port.ts';
import { formatDate } from '../format.ts';
import { m } from '../messages.ts';

export function phaseWords({ phase, expiresAt }: Pick<ManagedLink, 'phase' | 'expiresAt'>): string {
  switch (phase) {
    case 'growing':
      return m.managed_growing();
    case 'open':
      return expiresAt ? m.until({ date: formatDate(expiresAt) }) : m.expiry_never();
    case 'expired':
      return m.managed_expired();
    case 'used-up':
      return m.managed_used();
    case 'ended':
      return m.managed_ended();
    case 'removed':
      return m.managed_removed();
  }
}
