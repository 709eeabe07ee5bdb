// Words for what the engine could not do. A code without a sentence of its own is shown with the general one.
import type { EngineFailure } from '../engine/port.ts';
import { formatBytes, formatClock } from '../format.ts';
import { isMissingPart } from '../engine/missing-part.ts';
import { m } from '../messages.ts';

export function failureWords(failure: EngineFailure): string {
  const facts = failure.facts;
  const figure = (name: string): number => Number(facts[name] ?? 0);
  switch (failure.code) {
    case 'offline':
      return m.failure_offline();
    case 'server-error':
      return m.failure_server();
    case 'rate-limited':
      return facts['retryAt'] === undefined ? m.failure_rate() : m.failure_rate_until({ time: formatClock(figure('retryAt')) });
    case 'over-quota':
      return facts['missingBytes'] === undefined ? m.failure_quota_plain() : m.failure_quota({ size: formatBytes(figure('missingBytes')) });
    case 'too-large':
      return m.failure_too_large({ size: formatBytes(figure('bytesMax')) });
    case 'anonymous-closed':
      return m.allowance_closed();
    case 'file-changed':
      return m.failure_changed({ name: String(facts['name'] ?? '') });
    case 'file-unreadable':
      return m.failure_unreadable({ name: String(facts['name'] ?? '') });
    case 'storage-full':
      return m.failure_storage();
    case 'archive-damaged':
      return m.failure_archive();
    case 'integrity':
      return m.failure_integrity();
    case 'no-crypto':
      return m.failure_crypto();
    case 'part-missing':
      return m.part_missing();
    default:
      return m.failure_other({ code: failure.code });
  }
}

/** What a thrown thing says: an EngineFailure as thrown by the engine, a part of the page that did not come, anything else as unexpected. */
export function asFailure(thrown: unknown): EngineFailure {
  if (typeof thrown === 'object' && thrown !== null && 'code' in thrown && typeof thrown.code === 'string') {
    const facts = 'facts' in thrown && typeof thrown.facts === 'object' && thrown.facts !== null ? thrown.facts : {};
    return { code: thrown.code, facts: facts as EngineFailure['facts'] };
  }
  return { code: isMissingPart(thrown) ? 'part-missing' : 'unexpected', facts: {} };
}
