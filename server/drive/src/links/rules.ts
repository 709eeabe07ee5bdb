// Who may open a link, when, and how often. Pure: rows, proofs and the time in, a decision out (spec/link.md).
import { Failure } from '@reprise/protocol';

export type LinkFacts = {
  readonly expires_at: number | null;
  readonly downloads_max: number | null;
  readonly finished: number;
  readonly ended_at: number | null;
  readonly removed_reference: string | null;
  readonly removed_ground: string | null;
  readonly removed_at: number | null;
};

export type LinkState = 'live' | 'revoked' | 'removed' | 'expired' | 'used-up';

/** What the server serves and holds follows from this alone. */
export function linkState(link: LinkFacts, now: number): LinkState {
  if (link.ended_at !== null) return 'revoked';
  if (link.removed_at !== null) return 'removed';
  if (link.expires_at !== null && link.expires_at <= now) return 'expired';
  if (link.downloads_max !== null && link.finished >= link.downloads_max) return 'used-up';
  return 'live';
}

/** For a visitor who has proved the token. @throws Failure link-removed, link-unavailable with facts.reason */
export function checkLive(link: LinkFacts, now: number): void {
  const state = linkState(link, now);
  if (state === 'live') return;
  if (state === 'removed') throw removedFailure(link);
  throw new Failure('link-unavailable', { reason: state });
}

export function removedFailure(link: LinkFacts): Failure {
  return new Failure('link-removed', {
    reference: link.removed_reference ?? '',
    ground: link.removed_ground ?? '',
    removedAt: link.removed_at ?? 0,
  });
}

/** Places left under the cap, running downloads counted; null: no cap. */
export function downloadsLeft(downloadsMax: number | null, finished: number, running: number): number | null {
  return downloadsMax === null ? null : Math.max(0, downloadsMax - finished - running);
}

/**
 * When a link ends: what was asked, within the operator's limits. Asking for more than the longest life gets the longest.
 * @param asked ms since 1970; null: the operator's default
 */
export function expiryOf(asked: number | null, now: number, lifeMsDefault: number | null, lifeMsMax: number | null): number | null {
  const wanted = asked ?? (lifeMsDefault === null ? null : now + lifeMsDefault);
  if (lifeMsMax === null) return wanted;
  return Math.min(wanted ?? Number.POSITIVE_INFINITY, now + lifeMsMax);
}

export const freeTries = 10;
const firstWaitMs = 2_000;
const waitMsMax = 300_000;
export const triesForgottenMs = 86_400_000;

export type Tries = { readonly lastAt: number; readonly wrong: number };

/** How long the next try at a password must wait after `wrong` wrong ones in a row: nothing at first, then doubling up to five minutes. */
export function waitAfter(wrong: number): number {
  return wrong < freeTries ? 0 : Math.min(waitMsMax, firstWaitMs * 2 ** Math.min(20, wrong - freeTries));
}

/** Wrong tries that still count: a quiet day wipes them out. */
export function wrongTries(tries: Tries | undefined, now: number): number {
  return !tries || now - tries.lastAt >= triesForgottenMs ? 0 : tries.wrong;
}

/** @throws Failure too-many-tries with facts.retryAfterMs, for right and wrong passwords alike */
export function checkWait(tries: Tries | undefined, now: number): void {
  const retryAfterMs = (tries?.lastAt ?? 0) + waitAfter(wrongTries(tries, now)) - now;
  if (tries && retryAfterMs > 0) throw new Failure('too-many-tries', { retryAfterMs });
}
