// An order that is kept goes out: until it is answered, or refused for good, it stays what any repeat sends. spec/paid-links.md "Accounts".
import { Failure } from '@reprise/protocol/formats';
import { dropOrder, type Order } from './kept-orders.ts';

/** @param refusals codes with which nothing was paid, now or before; any other end leaves the order open */
export async function sendOrder<Answer>(
  { order, request, refusals }: { readonly order: Order; readonly request: string; readonly refusals: readonly Failure['code'][] },
  send: () => Promise<Answer>,
): Promise<Answer> {
  try {
    const answer = await onceMore(send);
    await dropOrder(order, request);
    return answer;
  } catch (error) {
    if (isRefusal(error, refusals)) await dropOrder(order, request);
    throw error;
  }
}

export function isRefusal(error: unknown, refusals: readonly Failure['code'][]): boolean {
  return error instanceof Failure && refusals.includes(error.code);
}

/** Where the network lost the answer the connection has repeated it; what somebody in between made of it, it has not. */
async function onceMore<Answer>(send: () => Promise<Answer>): Promise<Answer> {
  return send().catch((error: unknown) => {
    if (error instanceof Failure && error.code === 'bad-answer') return send();
    throw error;
  });
}
