// The SDK's failures in the words the screens know (engine/port.ts).
import type { EngineFailure, OpenFailure } from '../../engine/port.ts';
import { describeFailure } from '../../engine/rpc.ts';

const renamed: Readonly<Record<string, string>> = {
  network: 'offline',
  stalled: 'offline',
  'source-vanished': 'file-unreadable',
  'source-changed': 'file-changed',
  'limit-exceeded': 'too-large',
  reject: 'integrity',
  'bad-object': 'integrity',
  'link-forged': 'integrity',
  'chunk-corrupt': 'integrity',
  'object-missing': 'integrity',
  unavailable: 'server-error',
};

export function toEngineFailure(error: unknown): EngineFailure {
  const { code, facts } = describeFailure(error);
  const path = facts['path'];
  const named = typeof path === 'string' ? { ...facts, name: path.slice(path.lastIndexOf('/') + 1) } : facts;
  const wait = facts['retryAfterMs'];
  const timed = typeof wait === 'number' ? { ...named, retryAt: Date.now() + wait } : named;
  return { code: renamed[code] ?? code, facts: timed };
}

export function toOpenFailure(error: unknown): OpenFailure {
  const { code, facts } = describeFailure(error);
  const number = (name: string) => (typeof facts[name] === 'number' ? (facts[name] as number) : null);
  const text = (name: string) => (typeof facts[name] === 'string' ? (facts[name] as string) : null);
  switch (code) {
    case 'bad-link':
      return { reason: 'bad-link', fault: faultOf(text('reason')) };
    case 'link-version':
      return { reason: 'bad-link', fault: 'bad-version' };
    case 'link-unavailable': {
      const why = text('reason');
      return { reason: 'unavailable', why: why === 'expired' || why === 'revoked' || why === 'used-up' ? why : 'unknown' };
    }
    case 'not-found':
      return { reason: 'unavailable', why: 'unknown' };
    case 'link-removed':
      return { reason: 'removed', date: number('removedAt'), ground: text('ground'), reference: text('reference') };
    case 'password-wrong':
      return { reason: 'wrong-password', triesLeft: number('triesLeft'), retryAt: null };
    case 'too-many-tries':
      return { reason: 'wrong-password', triesLeft: 0, retryAt: Date.now() + (number('retryAfterMs') ?? 0) };
    case 'link-forged':
    case 'reject':
    case 'bad-object':
      return { reason: 'forged' };
    case 'network':
    case 'stalled':
      return { reason: 'offline' };
    default:
      return { reason: 'server-error', code };
  }
}

function faultOf(reason: string | null): Extract<OpenFailure, { reason: 'bad-link' }>['fault'] {
  switch (reason) {
    case 'too-short':
    case 'too-long':
    case 'bad-character':
      return reason;
    case 'version':
    case 'flags':
      return 'bad-version';
    default:
      return 'bad-checksum';
  }
}
