// The log of a space: where its head is, the next entry, the ones before; and the comparison of what is live (spec/spaces.md).
import * as z from 'zod/mini';
import { endpoint, noBody } from '../endpoint.ts';
import { bytes, count, entryId, spaceId, time } from '../fields.ts';
import { envelopeBytesMax, liveTableBytes, logPageEntriesMax } from '../limits.ts';

const space = { space: spaceId } as const;
const memberFailures = ['not-found', 'signature-refused', 'clock-skew', 'device-revoked', 'rate-limited', 'unavailable'] as const;
/** Where a ticket is taken too. */
const entrantFailures = [...memberFailures, 'ticket-refused'] as const;

/** A sweep that ended over a fifth of the live bytes. Its objects wait twice as long, so that an owner can add them again. */
export const largeSweep = z.object({ seq: count, sweptAt: time, objects: count, bytes, goneAt: time });

export const spacesHead = endpoint({
  id: 'spaces.head',
  method: 'GET',
  path: '/api/v1/spaces/:space/head',
  summary: 'The newest entry of the log; and large sweeps that can still be undone',
  auth: 'device',
  tickets: true,
  params: space,
  body: noBody,
  answer: {
    kind: 'json',
    status: 200,
    schema: z.object({ seq: count, head: entryId, epoch: count, largeSweeps: z.array(largeSweep) }),
  },
  failures: entrantFailures,
});

export const spacesAppend = endpoint({
  id: 'spaces.append',
  method: 'POST',
  path: '/api/v1/spaces/:space/log',
  summary: 'Append one entry, if its previous one is still the head; answered once it is durable',
  auth: 'device',
  tickets: true,
  params: space,
  body: { kind: 'bytes', holds: 'an envelope: entry, signature and every attachment', bytesMax: envelopeBytesMax },
  answer: { kind: 'json', status: 201, schema: z.object({ seq: count, head: entryId }) },
  failures: [
    ...entrantFailures,
    'bad-request',
    'role-refused',
    'log-refused',
    'head-conflict',
    'objects-missing',
    'table-differs',
    'body-too-large',
    'over-quota',
    'disk-full',
  ],
});

export const spacesLog = endpoint({
  id: 'spaces.log',
  method: 'POST',
  path: '/api/v1/spaces/:space/log/read',
  summary: 'A page of the log, in ascending order; an empty page: there is no more',
  auth: 'device',
  tickets: true,
  params: space,
  body: {
    kind: 'json',
    bytesMax: 4096,
    schema: z.object({
      /** The first entry wanted. */
      from: count,
      /** The last one wanted; the head if absent. */
      to: z.optional(count),
      /** Numbers of the attachments wanted beside the entries; none if absent. What was dropped meanwhile is left out. */
      attachments: z.optional(z.array(z.int().check(z.minimum(1), z.maximum(6))).check(z.maxLength(6))),
      entriesMax: z.optional(z.int().check(z.minimum(1), z.maximum(logPageEntriesMax))),
    }),
  },
  answer: { kind: 'bytes', status: 200, holds: 'u32 length || envelope, for each entry', ranges: false },
  failures: [...entrantFailures, 'bad-request'],
});

export const spacesAudit = endpoint({
  id: 'spaces.audit',
  method: 'POST',
  path: '/api/v1/spaces/:space/audit',
  summary: 'Compare a live table with what the server would keep; names the buckets that differ',
  auth: 'device',
  params: space,
  body: { kind: 'bytes', holds: 'u64 seq of the entry that was walked || live table', bytesMax: 8 + liveTableBytes },
  answer: {
    kind: 'json',
    status: 200,
    schema: z.object({ seq: count, objects: count, bytes, buckets: z.array(z.int().check(z.minimum(0), z.maximum(255))) }),
  },
  failures: [...memberFailures, 'bad-request'],
});

export const spacesLive = endpoint({
  id: 'spaces.live',
  method: 'POST',
  path: '/api/v1/spaces/:space/live',
  summary: 'The ids of one bucket that are live at an entry, ascending, after the one given; an empty answer: there are no more',
  auth: 'device',
  params: space,
  body: {
    kind: 'json',
    bytesMax: 1024,
    schema: z.object({
      seq: count,
      bucket: z.int().check(z.minimum(0), z.maximum(255)),
      after: z.optional(z.string().check(z.regex(/^[0-9a-f]{64}$/))),
    }),
  },
  answer: { kind: 'bytes', status: 200, holds: 'object ids, 32 bytes each', ranges: false },
  failures: [...memberFailures, 'bad-request'],
});
