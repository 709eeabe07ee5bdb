// Reading sealed objects. An object is served by its id alone while a live link lists it, so that any cache may keep it.
import { endpoint, noBody } from '../endpoint.ts';
import { objectId } from '../fields.ts';
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
