// Reading sealed objects. An object is served by its id alone while a live link lists it, so that any cache may keep it; to members of its
// space it is served at a place that one of them was told.
import * as z from 'zod/mini';
import { endpoint, noBody } from '../endpoint.ts';
import { objectId, placeToken, spaceId, time } from '../fields.ts';
import { batchFramesMax } from '../limits.ts';

export const objectsGet = endpoint({
  id: 'objects.get',
  method: 'GET',
  path: '/api/v1/objects/:id',
  summary: 'One sealed object, whole or by Range',
  auth: 'place',
  params: { id: objectId },
  body: noBody,
  answer: { kind: 'bytes', status: 200, holds: 'the sealed object', ranges: true },
  failures: ['not-found', 'range-refused', 'chunk-corrupt', 'unavailable'],
});

export const objectsBatch = endpoint({
  id: 'objects.batch',
  method: 'POST',
  path: '/api/v1/objects',
  summary: 'Many objects in one answer, in any order; a frame of length 0 says the object is absent',
  auth: 'place',
  params: {},
  body: { kind: 'bytes', holds: 'object ids, 32 bytes each', bytesMax: batchFramesMax * 32 },
  answer: { kind: 'bytes', status: 200, holds: 'frames: u32 length, id 32, bytes', ranges: false },
  failures: ['bad-request', 'rate-limited', 'unavailable'],
});

export const spacesGets = endpoint({
  id: 'spaces.gets',
  method: 'POST',
  path: '/api/v1/spaces/:space/gets',
  summary: 'Ask where to get objects of the space; URLs in the order asked',
  auth: 'device',
  tickets: true,
  params: { space: spaceId },
  body: {
    kind: 'json',
    bytesMax: 262_144,
    schema: z.object({ ids: z.optional(z.array(objectId).check(z.maxLength(2048))) }),
  },
  answer: {
    kind: 'json',
    status: 200,
    schema: z.object({
      urls: z.array(z.string()),
      /** A URL for any object of the space: `{id}` stands for its id. null: ask for each. */
      template: z.nullable(z.string()),
      /** Where many small objects come in one answer (places.batch); null if nowhere. */
      batchUrl: z.nullable(z.string()),
      expiresAt: time,
    }),
  },
  failures: [
    'bad-request',
    'not-found',
    'signature-refused',
    'clock-skew',
    'device-revoked',
    'ticket-refused',
    'rate-limited',
    'unavailable',
  ],
});

export const placesGet = endpoint({
  id: 'places.get',
  method: 'GET',
  path: '/api/v1/places/:place/objects/:id',
  summary: 'One sealed object of the space that the place is for, whole or by Range',
  auth: 'place',
  params: { place: placeToken, id: objectId },
  body: noBody,
  answer: { kind: 'bytes', status: 200, holds: 'the sealed object', ranges: true },
  failures: ['place-expired', 'not-found', 'range-refused', 'chunk-corrupt', 'unavailable'],
});

export const placesBatch = endpoint({
  id: 'places.batch',
  method: 'POST',
  path: '/api/v1/places/:place/objects',
  summary: 'Many objects of the space in one answer, in any order; a frame of length 0 says the object is absent',
  auth: 'place',
  params: { place: placeToken },
  body: { kind: 'bytes', holds: 'object ids, 32 bytes each', bytesMax: batchFramesMax * 32 },
  answer: { kind: 'bytes', status: 200, holds: 'frames: u32 length, id 32, bytes', ranges: false },
  failures: ['bad-request', 'place-expired', 'rate-limited', 'unavailable'],
});
