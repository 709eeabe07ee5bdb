// A space owns sealed objects and counts them (spec/spaces.md; of those without an account: spec/link.md).
import * as z from 'zod/mini';
import { emptyAnswer, endpoint, noBody } from '../endpoint.ts';
import { bytes, count, linkId, objectId, placeToken, sealedUpTo, spaceId, time, version } from '../fields.ts';
import { batchBytesMax, batchFramesMax, genesisBytesMax, noteBytesMax, objectBytesMax } from '../limits.ts';

const space = { space: spaceId } as const;

export const spacesCreate = endpoint({
  id: 'spaces.create',
  method: 'POST',
  path: '/api/v1/spaces',
  summary: 'Open a space with its signed genesis entry; the same genesis again changes nothing',
  auth: 'none',
  params: {},
  body: { kind: 'json', bytesMax: 16_384, schema: z.object({ genesis: sealedUpTo(genesisBytesMax, 'genesis envelope') }) },
  answer: { kind: 'json', status: 201, schema: z.object({ space: spaceId, bytesMax: bytes }) },
  failures: ['bad-request', 'genesis-refused', 'anonymous-closed', 'rate-limited', 'disk-full', 'unavailable'],
});

export const ownedLink = z.object({
  link: linkId,
  version,
  createdAt: time,
  expiresAt: z.nullable(time),
  downloadsMax: z.nullable(count),
  downloads: z.object({ finished: count, running: count }),
  opened: count,
  hasPassword: z.boolean(),
  listedObjects: count,
  note: z.string(),
  removed: z.nullable(z.object({ reference: z.string(), ground: z.string(), removedAt: time })),
});

export const spacesGet = endpoint({
  id: 'spaces.get',
  method: 'GET',
  path: '/api/v1/spaces/:space',
  summary: 'The owner’s view of a space: bytes and links with their counts',
  auth: 'device',
  params: space,
  body: noBody,
  answer: {
    kind: 'json',
    status: 200,
    schema: z.object({ space: spaceId, createdAt: time, bytes: z.object({ stored: bytes, max: bytes }), links: z.array(ownedLink) }),
  },
  failures: ['not-found', 'signature-refused', 'clock-skew', 'device-revoked', 'rate-limited'],
});

export const spacesDelete = endpoint({
  id: 'spaces.delete',
  method: 'DELETE',
  path: '/api/v1/spaces/:space',
  summary: 'End every link of the space and free its bytes',
  auth: 'device',
  params: space,
  body: noBody,
  answer: emptyAnswer,
  failures: ['not-found', 'signature-refused', 'clock-skew', 'replayed', 'device-revoked', 'role-refused', 'rate-limited'],
});

/** `hot` objects are read often (nodes, manifests); `bulk` is content. */
export const batchClass = z.enum(['hot', 'bulk']);

export const spacesPuts = endpoint({
  id: 'spaces.puts',
  method: 'POST',
  path: '/api/v1/spaces/:space/puts',
  summary: 'Ask where to put bytes: places for batch bodies, then for single objects, in the order asked',
  auth: 'device',
  params: space,
  body: {
    kind: 'json',
    bytesMax: 65_536,
    schema: z.object({
      batches: z
        .array(z.object({ bytes: z.int().check(z.minimum(1), z.maximum(batchBytesMax)), class: batchClass }))
        .check(z.maxLength(64)),
      objects: z.array(z.object({ id: objectId, bytes: z.int().check(z.minimum(1), z.maximum(objectBytesMax)) })).check(z.maxLength(256)),
    }),
  },
  answer: {
    kind: 'json',
    status: 200,
    schema: z.object({
      puts: z.array(
        z.object({
          /** Absolute, or a path on this server. PUT the body there. */
          url: z.string(),
          headers: z.record(z.string(), z.string()),
          expiresAt: time,
        }),
      ),
    }),
  },
  failures: [
    'bad-request',
    'not-found',
    'signature-refused',
    'clock-skew',
    'replayed',
    'device-revoked',
    'role-refused',
    'over-quota',
    'disk-full',
    'rate-limited',
  ],
});

export const spacesHave = endpoint({
  id: 'spaces.have',
  method: 'POST',
  path: '/api/v1/spaces/:space/have',
  summary: 'Which of these ids of the space are absent; renews the lease of those present',
  auth: 'device',
  params: space,
  body: { kind: 'bytes', holds: 'object ids, 32 bytes each', bytesMax: batchFramesMax * 32 },
  answer: { kind: 'bytes', status: 200, holds: 'the absent ids, 32 bytes each', ranges: false },
  failures: ['bad-request', 'not-found', 'signature-refused', 'clock-skew', 'device-revoked', 'role-refused', 'rate-limited'],
});

export const packsPut = endpoint({
  id: 'packs.put',
  method: 'PUT',
  path: '/api/v1/packs/:place',
  summary: 'Put one batch where spaces.puts said; answered once it is durable',
  auth: 'place',
  params: { place: placeToken },
  body: { kind: 'bytes', holds: 'frames: u32 length, id 32, bytes', bytesMax: batchBytesMax },
  answer: { kind: 'json', status: 201, schema: z.object({ stored: count, bytes }) },
  failures: [
    'bad-request',
    'place-expired',
    'object-refused',
    'body-too-large',
    'over-quota',
    'disk-full',
    'request-timeout',
    'unavailable',
  ],
});

export const objectsPut = endpoint({
  id: 'objects.put',
  method: 'PUT',
  path: '/api/v1/objects/:id/:place',
  summary: 'Put one object where spaces.puts said; answered once it is durable',
  auth: 'place',
  params: { id: objectId, place: placeToken },
  body: { kind: 'bytes', holds: 'one sealed object', bytesMax: objectBytesMax },
  answer: { kind: 'json', status: 201, schema: z.object({ stored: count, bytes }) },
  failures: [
    'bad-request',
    'place-expired',
    'object-refused',
    'body-too-large',
    'over-quota',
    'disk-full',
    'request-timeout',
    'unavailable',
  ],
});

export const note = sealedUpTo(noteBytesMax, 'owner’s note, sealed');
