// What may happen in a case, and when: decisions on what was read before. spec/cases.md "States".
export type CaseState = 'open' | 'countered' | 'contested' | 'upheld' | 'dismissed' | 'withdrawn';
/** What becomes of what was held: to whoever filed it, or back to buyers. */
export type Remedy = 'claim' | 'refund';
export type Actor = 'holder' | 'maker' | 'operator' | 'time';

export type CaseEvent =
  | { readonly actor: 'maker'; readonly act: 'counter' }
  | { readonly actor: 'holder' | 'maker' | 'operator'; readonly act: 'say' }
  | { readonly actor: 'holder'; readonly act: 'stand' | 'withdraw' }
  | { readonly actor: 'operator'; readonly act: 'dismiss' }
  /** `urgent`: before the time of an answer, or of standing by the notice, is over. */
  | { readonly actor: 'operator'; readonly act: 'uphold'; readonly remedy: Remedy; readonly urgent: boolean }
  /** `nothing`: what the case is about was never here, and nobody can answer. */
  | { readonly actor: 'time'; readonly act: 'lapse'; readonly about: 'link' | 'nothing' };

export type CaseFacts = { readonly state: CaseState; readonly answerBy: number; readonly standBy: number | null };
export type CaseNext = CaseFacts & { readonly remedy: Remedy | null; readonly decidedAt: number | null };
export type Refusal = 'decided' | 'unanswered' | 'answered' | 'too-early';
export type CaseTimes = {
  /** How long a maker has to answer, and whoever filed it to stand by it, in ms. */ readonly answerMs: number;
  readonly standMs: number;
};

export function isDecided(state: CaseState): boolean {
  return state === 'upheld' || state === 'dismissed' || state === 'withdrawn';
}

/** @returns what the case is then, or why that cannot happen */
export function nextOf(facts: CaseFacts, event: CaseEvent, now: number, { standMs }: Pick<CaseTimes, 'standMs'>): CaseNext | Refusal {
  if (isDecided(facts.state)) return 'decided';
  const stays = { ...facts, remedy: null, decidedAt: null };
  const ends = (state: CaseState, remedy: Remedy | null = null) => ({ ...facts, state, remedy, decidedAt: now });
  switch (event.act) {
    case 'say':
      return stays;
    case 'counter':
      return facts.state === 'open' ? { ...stays, state: 'countered', standBy: now + standMs } : 'answered';
    case 'stand':
      if (facts.state === 'open') return 'unanswered';
      return facts.state === 'countered' ? { ...stays, state: 'contested' } : 'answered';
    case 'withdraw':
      return ends('withdrawn');
    case 'dismiss':
      return ends('dismissed');
    case 'lapse':
      return isLapsed(facts, event.about, now) ? ends('dismissed') : 'too-early';
    case 'uphold':
      return event.urgent || mayUphold(facts, now) ? ends('upheld', event.remedy) : 'too-early';
  }
}

/** Answered, and nobody stood by it in time; or nobody was there to answer. */
function isLapsed({ state, answerBy, standBy }: CaseFacts, about: 'link' | 'nothing', now: number): boolean {
  if (state === 'open') return about === 'nothing' && answerBy <= now;
  return state === 'countered' && standBy !== null && standBy <= now;
}

/** Nobody answered in time, or both sides were heard. */
function mayUphold({ state, answerBy }: CaseFacts, now: number): boolean {
  return state === 'contested' || (state === 'open' && answerBy <= now);
}
