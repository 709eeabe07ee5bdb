// Links: the owner publishes a sealed record and a list of ids; a visitor who proves the token reads them (spec/link.md).
import * as z from 'zod/mini';
import { emptyAnswer, endpoint } from '../endpoint.ts';
import { bytes, count, downloadId, linkId, objectId, sealedUpTo, secretOf, spaceId, time, version } from '../fields.ts';
import { linkListIdsMax, recordBytesMax } from '../limits.ts';
import { note } from './spaces.ts';

const ofSpace = { space: spaceId, link: linkId } as const;
const ownerFailures = [
  'bad-request',
  'not-found',
  'signature-refused',
  'clock-skew',
  'replayed',
  'device-revoked',
  'role-refused',
  'rate-limited',
  'disk-full',
] as const;

const record = sealedUpTo(recordBytesMax, 'link record, sealed');
const settings = {
  /** SHA-256 of the gate; null without password. */
  gateHash: z.nullable(secretOf(32, 'H(gate)')),
  expiresAt: z.nullable(time),
  /** Finished downloads after which the link ends; null: no end. */
  downloadsMax: z.nullable(z.int().check(z.minimum(1), z.maximum(1_000_000_000))),
  note,
};

export const linksCreate = endpoint({
  id: 'links.create',
  method: 'POST',
  path: '/api/v1/spaces/:space/links',
  summary: 'Publish a link; the same content again changes nothing',
  auth: 'device',
  params: { space: spaceId },
  body: {
    kind: 'json',
    bytesMax: 65_536,
    schema: z.object({ link: linkId, tokenHash: secretOf(32, 'H(token)'), record, version, growing: z.boolean(), ...settings }),
  },
  answer: { kind: 'json', status: 201, schema: z.object({ link: linkId, expiresAt: z.nullable(time) }) },
  failures: [...ownerFailures, 'already-exists', 'anonymous-closed'],
});

export const linksUpdate = endpoint({
  id: 'links.update',
  method: 'PATCH',
  path: '/api/v1/spaces/:space/links/:link',
  summary: 'Change a link: a record needs a version above the stored one',
  auth: 'device',
  params: ofSpace,
  body: {
    kind: 'json',
    bytesMax: 65_536,
    schema: z.object({
      record: z.optional(record),
      version: z.optional(version),
      growing: z.optional(z.boolean()),
      gateHash: z.optional(settings.gateHash),
      expiresAt: z.optional(settings.expiresAt),
      downloadsMax: z.optional(settings.downloadsMax),
      note: z.optional(note),
    }),
  },
  answer: { kind: 'json', status: 200, schema: z.object({ link: linkId, version, expiresAt: z.nullable(time) }) },
  failures: [...ownerFailures, 'version-conflict', 'link-removed'],
});

export const linksList = endpoint({
  id: 'links.list',
  method: 'POST',
  path: '/api/v1/spaces/:space/links/:link/list',
  summary: 'Add ids to the link’s list: each must be on the server, and is held from then on; all or none',
  auth: 'device',
  params: ofSpace,
  body: { kind: 'bytes', holds: 'object ids, 32 bytes each', bytesMax: linkListIdsMax * 32 },
  answer: { kind: 'json', status: 200, schema: z.object({ listedObjects: count }) },
  failures: [...ownerFailures, 'objects-missing', 'link-removed'],
});

export const linksDelete = endpoint({
  id: 'links.delete',
  method: 'DELETE',
  path: '/api/v1/spaces/:space/links/:link',
  summary: 'Revoke a link',
  auth: 'device',
  params: ofSpace,
  body: { kind: 'none' },
  answer: emptyAnswer,
  failures: ownerFailures,
});

const proof = { token: secretOf(32, 'link token'), gate: z.optional(secretOf(32, 'gate, of a link with password')) };
const visitorFailures = [
  'bad-request',
  'link-unavailable',
  'link-removed',
  'password-required',
  'password-wrong',
  'too-many-tries',
  'rate-limited',
  'unavailable',
] as const;

export const linksOpen = endpoint({
  id: 'links.open',
  method: 'POST',
  path: '/api/v1/links/:link/open',
  summary: 'Read a link’s record; opening is not a download',
  auth: 'none',
  params: { link: linkId },
  body: { kind: 'json', bytesMax: 4096, schema: z.object(proof) },
  answer: {
    kind: 'json',
    status: 200,
    schema: z.object({
      record: z.string(),
      version,
      growing: z.boolean(),
      /** Bytes of the space that have arrived so far. */
      receivedBytes: bytes,
      expiresAt: z.nullable(time),
      downloadsLeft: z.nullable(count),
    }),
  },
  failures: visitorFailures,
});

export const linksGets = endpoint({
  id: 'links.gets',
  method: 'POST',
  path: '/api/v1/links/:link/gets',
  summary: 'Ask where to get listed objects; URLs in the order asked',
  auth: 'none',
  params: { link: linkId },
  body: {
    kind: 'json',
    bytesMax: 262_144,
    schema: z.object({ ...proof, download: z.optional(downloadId), ids: z.array(objectId).check(z.minLength(1), z.maxLength(2048)) }),
  },
  answer: {
    kind: 'json',
    status: 200,
    schema: z.object({
      urls: z.array(z.string()),
      /** Where many small objects come in one answer (objects.batch); null if nowhere. */
      batchUrl: z.nullable(z.string()),
      expiresAt: time,
    }),
  },
  failures: visitorFailures,
});

export const linksIds = endpoint({
  id: 'links.ids',
  method: 'POST',
  path: '/api/v1/links/:link/ids',
  summary: 'The ids that the link holds, ascending; fewer than a full page end the list',
  auth: 'none',
  params: { link: linkId },
  body: {
    kind: 'json',
    bytesMax: 4096,
    schema: z.object({
      ...proof,
      /** Where the page before ended. */
      after: z.optional(objectId),
    }),
  },
  answer: { kind: 'bytes', status: 200, holds: 'up to 65,536 object ids, 32 bytes each', ranges: false },
  failures: visitorFailures,
});

export const linksDownload = endpoint({
  id: 'links.download',
  method: 'POST',
  path: '/api/v1/links/:link/downloads',
  summary: 'Begin a download; under a cap it reserves one place until expiresAt',
  auth: 'none',
  params: { link: linkId },
  body: { kind: 'json', bytesMax: 4096, schema: z.object(proof) },
  answer: { kind: 'json', status: 201, schema: z.object({ download: downloadId, expiresAt: time }) },
  failures: visitorFailures,
});

export const linksFinish = endpoint({
  id: 'links.finish',
  method: 'POST',
  path: '/api/v1/links/:link/downloads/:download/finish',
  summary: 'Report a finished download; counted once, however often it is sent',
  auth: 'none',
  params: { link: linkId, download: downloadId },
  body: { kind: 'json', bytesMax: 4096, schema: z.object(proof) },
  answer: emptyAnswer,
  failures: [...visitorFailures, 'not-found'],
});

export const reportReason = z.enum(['copyright', 'abuse', 'malware', 'privacy', 'illegal', 'other']);

export const linksReport = endpoint({
  id: 'links.report',
  method: 'POST',
  path: '/api/v1/links/:link/report',
  summary: 'Report what a link leads to; the answer is the same whether the link exists or not',
  auth: 'none',
  params: { link: linkId },
  body: {
    kind: 'json',
    bytesMax: 32_768,
    schema: z.object({
      reason: reportReason,
      text: z.string().check(z.minLength(1), z.maxLength(10_000)),
      contact: z.string().check(z.maxLength(320)),
    }),
  },
  answer: { kind: 'json', status: 201, schema: z.object({ reference: z.string() }) },
  failures: ['bad-request', 'rate-limited', 'disk-full'],
});
