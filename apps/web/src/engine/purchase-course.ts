// How a purchase goes on, decided purely: what happened becomes the next state, and each state says what is due when. spec/paid-links.md.
import type { AskedPrice, Closed, Invoice, Owed, Price, Purchase } from './paid-port.ts';
import type { EngineFailure, TimeMs } from './port.ts';

export type PurchaseEvent =
  | { readonly kind: 'pressed' }
  | { readonly kind: 'priced'; readonly asked: AskedPrice }
  | { readonly kind: 'closed'; readonly closed: Closed }
  | { readonly kind: 'invoiced'; readonly asked: AskedPrice; readonly invoice: Invoice }
  | { readonly kind: 'other-way' }
  /** Asked, and nothing has come yet. */
  | { readonly kind: 'unpaid' }
  | { readonly kind: 'paid' }
  | { readonly kind: 'failed'; readonly failure: EngineFailure }
  | { readonly kind: 'owed'; readonly owed: Owed }
  | { readonly kind: 'unlocked' };

export function afterEvent(now: Purchase, event: PurchaseEvent): Purchase {
  switch (event.kind) {
    case 'pressed':
      return now.at === 'offered' || now.at === 'owed' ? { ...now, busy: true, problem: null } : now;
    case 'priced':
      return { at: 'offered', asked: event.asked, was: changedFrom(now, event.asked), busy: false, problem: null };
    case 'closed':
      // What is paid is not closed any more: it is delivered, or owed back.
      return now.at === 'received' || now.at === 'owed' || now.at === 'unlocked' ? now : { at: 'closed', closed: event.closed };
    case 'invoiced': {
      const was = changedFrom(now, event.asked);
      if (was) return { at: 'offered', asked: event.asked, was, busy: false, problem: null };
      return { at: 'waiting', asked: event.asked, invoice: event.invoice, problem: null };
    }
    case 'other-way':
      return now.at === 'waiting' ? { at: 'offered', asked: now.asked, was: null, busy: false, problem: null } : now;
    case 'unpaid':
      return (now.at === 'waiting' || now.at === 'received') && now.problem ? { ...now, problem: null } : now;
    case 'paid':
      return now.at === 'unlocked' ? now : { at: 'received', problem: null };
    case 'failed':
      return afterFailure(now, event.failure);
    case 'owed':
      return { at: 'owed', owed: event.owed, busy: false, problem: null };
    case 'unlocked':
      return { at: 'unlocked' };
  }
}

/** The price that somebody agreed to, where it is not the one that is asked now. */
function changedFrom(now: Purchase, asked: AskedPrice): Price | null {
  if (now.at !== 'offered' && now.at !== 'waiting') return null;
  const agreed = now.asked;
  if (agreed.amount === asked.amount && agreed.currency === asked.currency) return null;
  return { amount: agreed.amount, currency: agreed.currency };
}

function afterFailure(now: Purchase, problem: EngineFailure): Purchase {
  switch (now.at) {
    case 'looking':
    case 'closed':
      return { at: 'closed', closed: { why: problem.code === 'offline' ? 'offline' : 'busy' } };
    case 'offered':
    case 'owed':
      return { ...now, busy: false, problem };
    case 'waiting':
    case 'received':
      return { ...now, problem };
    case 'unlocked':
      return now;
  }
}

/** 'look': ask for the price. 'renew': ask for another invoice. 'collect': ask whether the payment came, and fetch what it bought. */
export type Due = { readonly act: 'look' | 'renew' | 'collect'; readonly at: TimeMs };

const collectEveryMs = 500;
/** An invoice that stands on another screen is looked after less often. */
const collectBesideMs = 3_000;
const retryEveryMs = 10_000;

/** @param now of the clock, and when what is due was last done @param begun whether a payment was begun that may still come */
export function dueAfter(state: Purchase, now: TimeMs, begun = false): Due | null {
  switch (state.at) {
    case 'looking':
      return { act: 'look', at: now };
    case 'closed':
      return isTriedAgain(state.closed) ? { act: 'look', at: now + retryEveryMs } : null;
    case 'offered':
      if (state.busy) return null;
      return begun && now < state.asked.holdsUntil
        ? { act: 'collect', at: now + collectBesideMs }
        : { act: 'look', at: Math.max(now, state.asked.holdsUntil) };
    case 'waiting':
      return now >= state.invoice.expiresAt ? { act: 'renew', at: now } : { act: 'collect', at: now + collectEveryMs };
    case 'received':
      return { act: 'collect', at: now + (state.problem ? retryEveryMs : collectEveryMs) };
    case 'owed':
    case 'unlocked':
      return null;
  }
}

export function isTriedAgain({ why }: Closed): boolean {
  return why === 'no-rate' || why === 'busy' || why === 'offline';
}
