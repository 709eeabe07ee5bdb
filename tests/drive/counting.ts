// A transport that counts what goes through another one, and can break at any request.
import { Failure } from '@reprise/protocol';
import type { Transport } from '@reprise/sdk';

export type Counting = {
  readonly transport: Transport;
  requests: number;
  /** Bytes of all bodies sent. */
  sentBytes: number;
  /** Counted down with each request; at 0 the connection breaks. null: never. */
  breakAfter: number | null;
  /** Breaks before the request leaves, or after the server has answered it. */
  breaks: 'before' | 'after';
};

export function countingTransport(inner: Transport): Counting {
  const counting: Counting = {
    requests: 0,
    sentBytes: 0,
    breakAfter: null,
    breaks: 'before',
    transport: async (request) => {
      counting.requests++;
      const body = request.body === undefined ? [] : Array.isArray(request.body) ? request.body : [request.body];
      counting.sentBytes += body.reduce((sum: number, piece: Uint8Array) => sum + piece.length, 0);
      const breaksNow = counting.breakAfter !== null && counting.breakAfter-- <= 0;
      if (breaksNow && counting.breaks === 'before') throw new Failure('cancelled', { reason: 'the program ended' });
      const response = await inner(request);
      if (!breaksNow) return response;
      await response.bytes(64 * 2 ** 20);
      throw new Failure('cancelled', { reason: 'the program ended' });
    },
  };
  return counting;
}
