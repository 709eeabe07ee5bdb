// What all adapters hold to: outcomes are proven, and nothing but a terminal answer is one. spec/lightning.md "The port".
import { isPreimageOf } from '../journal/judge.ts';
import type { Outcome, PaymentHash } from '../port.ts';

type Answer = Outcome | { readonly state: 'not-found' };

/** Runs a question about a payment: whatever it throws, and a preimage that proves nothing, is unknown. */
export async function proven<Result extends Answer>(
  hash: PaymentHash,
  ask: () => Promise<Result>,
): Promise<Result | Extract<Outcome, { state: 'unknown' }>> {
  try {
    const answer = await ask();
    if (answer.state !== 'succeeded' || isPreimageOf(answer.preimage, hash)) return answer;
    return { state: 'unknown', why: 'the node says paid, and proves it with no preimage of this payment' };
  } catch (error) {
    return { state: 'unknown', why: `no answer: ${error instanceof Error ? error.message : 'an error'}` };
  }
}
