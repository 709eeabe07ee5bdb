// Which payments a wallet was asked for, so that none is asked for twice: decided purely, on what is kept. spec/wallet.md "A wallet of one's own".
import type { Refusal } from './outside-wallet.ts';

export type Asked = {
  /** Of the payment, 64 hex digits. */
  readonly hash: string;
  /** What is bought, in words of whoever asks: it is paid by one invoice at a time. */
  readonly purpose: string;
  readonly sats: number;
  /** Both in ms since 1970, `endsAt` of the invoice. */
  readonly askedAt: number;
  readonly endsAt: number;
  /** 'asked': how it ended is not known. */
  readonly state: 'asked' | 'paid';
};
export type Ended = { readonly state: 'paid' } | { readonly state: 'refused'; readonly why: Refusal } | { readonly state: 'unknown' };

/** So long after its end an invoice may still be paid: clocks differ, and a payment may be on its way. */
export const lateMs = 180_000;
/** What was paid is remembered longer, since whoever was paid may be slow to say so. */
const keptMs = 7 * 86_400_000;
export const askedMax = 200;

/** @returns what stands against paying this: the payment that was asked for instead, whose end is not known, or that was made */
export function standsAgainst(asked: readonly Asked[], wanted: Pick<Asked, 'hash' | 'purpose'>, nowMs: number): Asked | undefined {
  return (
    asked.find(({ hash }) => hash === wanted.hash) ??
    asked.find((one) => one.purpose === wanted.purpose && one.state === 'asked' && nowMs < one.endsAt + lateMs)
  );
}

/** What a refusal ends can be asked for again; what is not known stays. */
export function afterEnd(asked: readonly Asked[], hash: string, ended: Ended): readonly Asked[] {
  if (ended.state === 'unknown') return asked;
  if (ended.state === 'refused') return asked.filter((one) => one.hash !== hash);
  return asked.map((one) => (one.hash === hash ? { ...one, state: 'paid' } : one));
}

/** Without what nothing can come of any more. */
export function stillKept(asked: readonly Asked[], nowMs: number): readonly Asked[] {
  const kept = asked.filter((one) => nowMs < one.endsAt + (one.state === 'paid' ? keptMs : lateMs));
  return kept.length === asked.length ? asked : kept;
}
