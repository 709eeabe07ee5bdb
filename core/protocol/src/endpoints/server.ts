// What a client asks before anything else: the operator's limits and the server's clock.
import * as z from 'zod/mini';
import { endpoint, noBody } from '../endpoint.ts';
import { bytes, count, secretOf, time } from '../fields.ts';

export const serverGet = endpoint({
  id: 'server.get',
  method: 'GET',
  path: '/api/v1/server',
  summary: 'Limits and settings of this server',
  auth: 'none',
  params: {},
  body: noBody,
  answer: {
    kind: 'json',
    status: 200,
    schema: z.object({
      name: z.string(),
      version: z.string(),
      time,
      /** Where links of this server begin, without a trailing slash. */
      publicUrl: z.string(),
      anonymous: z.object({
        open: z.boolean(),
        /** Most bytes one anonymous space may hold. */
        bytesMax: bytes,
        /** Longest life of an anonymous link; null: no end. */
        lifeMsMax: z.nullable(count),
        /** Life of an anonymous link that asks for none; null: no end. */
        lifeMsDefault: z.nullable(count),
      }),
      /** Absent where links cannot be sold: then nothing asks for /pay or /mint. */
      payments: z.optional(
        z.object({
          network: z.enum(['mainnet', 'testnet', 'signet', 'regtest']),
          /** Whether the coins are worthless: then it is said wherever money is shown. */
          sandbox: z.boolean(),
          /** What a wallet calls the mint. */
          mint: z.string(),
          /** Of the agent that seals what is sold: an offer names it. */
          agent: secretOf(32, 'Ed25519 key of the release agent'),
          /** The largest price, in satoshis. */
          priceMax: z.string(),
          /** What a bitcoin is worth, as this host knows it, the currency it names first before the others; empty where it knows nothing. */
          rates: z.array(
            z.object({
              currency: z.enum(['EUR', 'USD']),
              /** Whole units of the currency, times 10⁸. */
              price: z.string(),
              at: time,
              source: z.string(),
            }),
          ),
          /** Over which a page may ask a wallet that somebody has elsewhere: origins, `wss://…`. Without any, none can be connected. */
          relays: z.array(z.string()),
        }),
      ),
    }),
  },
  failures: ['rate-limited', 'unavailable'],
});
