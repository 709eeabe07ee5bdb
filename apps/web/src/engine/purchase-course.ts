// How a purchase goes on, decided purely: what happened becomes the next state, and each state says what is due when. spec/paid-links.md.
import type { AskedPrice, Closed, Invoice, Owed, Price, Purchase } from './paid-port.ts';
import type { EngineFailure, TimeMs } from './port.ts';

export type PurchaseEvent =
  | { readonly kind: 'pressed' }
  /** `isChosen`: by the buyer, who pays more than the price: no other price is asked. */
  | { readonly kind: 'priced'; readonly asked: AskedPrice; readonly isChosen?: boolean }
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
      return { at: 'offered', asked: event.asked, was: event.isChosen ? null : changedFrom(now, event.asked), busy: false, problem: null };
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

/** An invoice that stands on another screen is looked after less often. */
const collectBesideMs = 3_000;
/** After a failure, and while nobody looks. */
const slowlyMs = 10_000;
/** How long after an invoice has ended a payment that was on its way is still looked for. */
const lateMs = 30_000;

export type Pace = {
  /** A payment was begun that may still come. */
  readonly begun: boolean;
  /** The page is in sight: only then is a price or an invoice made that nobody asked for. */
  readonly isSeen: boolean;
  /** ms until a payment that somebody waits for is asked after again. */
  readonly collectMs: number;
};

/** @param now of the clock, and when what is due was last done */
export function dueAfter(state: Purchase, now: TimeMs, { begun, isSeen, collectMs }: Pace): Due | null {
  const collect = (everyMs: number): Due => ({ act: 'collect', at: now + (isSeen ? everyMs : Math.max(slowlyMs, everyMs)) });
  switch (state.at) {
    case 'looking':
      return { act: 'look', at: now };
    case 'closed':
      return isSeen && isTriedAgain(state.closed) ? { act: 'look', at: now + slowlyMs } : null;
    case 'offered':
      if (state.busy) return null;
      if (begun && now < state.asked.holdsUntil) return collect(collectBesideMs);
      // What failed has just been asked for.
      return isSeen ? { act: 'look', at: Math.max(now + (state.problem ? slowlyMs : 0), state.asked.holdsUntil) } : null;
    case 'waiting':
      if (now < state.invoice.expiresAt) return collect(state.problem ? slowlyMs : collectMs);
      if (isSeen) return { act: 'renew', at: now + (state.problem ? slowlyMs : 0) };
      return now < state.invoice.expiresAt + lateMs ? collect(slowlyMs) : null;
    case 'received':
      return collect(state.problem ? slowlyMs : collectMs);
    case 'owed':
    case 'unlocked':
      return null;
  }
}

export function isTriedAgain({ why }: Closed): boolean {
  return why === 'no-rate' || why === 'busy' || why === 'offline';
}
