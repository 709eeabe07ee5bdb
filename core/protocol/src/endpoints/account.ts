// What an account has in all its spaces, and the news of them (spec/spaces.md "Allowance", "Events").
import * as z from 'zod/mini';
import { endpoint, noBody } from '../endpoint.ts';
import { bytes, count, spaceId, time } from '../fields.ts';

const deviceFailures = ['signature-refused', 'clock-skew', 'device-revoked', 'rate-limited', 'unavailable'] as const;

const usage = {
  /** Of the present tree, and what links hold. */
  live: bytes,
  /** Ended by a sweep, and not gone yet. */
  history: bytes,
  /** Uploaded, and in no commit yet. */
  pending: bytes,
};

export const accountUsage = endpoint({
  id: 'account.usage',
  method: 'GET',
  path: '/api/v1/account/usage',
  summary: 'Bytes of the account’s spaces, and how many it may have',
  auth: 'device',
  params: {},
  body: noBody,
  answer: {
    kind: 'json',
    status: 200,
    schema: z.object({
      /** Of the plan that counts now: the largest of those that the account has. */
      plan: z.string(),
      /** When it ends; null: it does not. */
      until: z.nullable(time),
      /** Every plan that the account has or had for some time, the one that lasts longest first. */
      entitlements: z.array(
        z.object({
          plan: z.string(),
          until: time,
          bytesMax: bytes,
          /** How long at least what a sweep ends stays. */
          historyDays: count,
        }),
      ),
      max: bytes,
      stored: bytes,
      ...usage,
      /** What the logs take, which has an allowance of its own. */
      log: bytes,
      logMax: bytes,
      spaces: z.array(z.object({ space: spaceId, stored: bytes, ...usage })),
    }),
  },
  failures: deviceFailures,
});

export const accountEvents = endpoint({
  id: 'account.events',
  method: 'GET',
  path: '/api/v1/events',
  summary:
    'A stream of heads: first those of every space of the account, then each that moves, as event `head` with data {space, seq, head}',
  auth: 'device',
  params: {},
  body: noBody,
  answer: { kind: 'bytes', status: 200, holds: 'server-sent events', ranges: false, type: 'text/event-stream' },
  failures: deviceFailures,
});
