// Accounts: opening one, proving a password, kit or passkey, what opens it, its devices, its end (spec/accounts.md).
// A device signs (spec/requests.md); who has no device yet proves something else and gets a ticket, which allows to enrol one.
import * as z from 'zod/mini';
import { emptyAnswer, endpoint, noBody } from '../endpoint.ts';
import { count, deviceId, entryId, pairingId, sealedUpTo, secretOf, slotId, spaceId, time, userId, version } from '../fields.ts';
import { genesisBytesMax, pairingMessageBytesMax, pairingStepsMax, rekeyBytesMax, slotBytes, slotsMax } from '../limits.ts';

const opaque = {
  /** A blinded password, RFC 9807 "RegistrationRequest". */
  registration: secretOf(32, 'OPAQUE registration request'),
  registered: secretOf(64, 'OPAQUE registration response'),
  record: secretOf(192, 'OPAQUE registration record'),
  login: secretOf(96, 'OPAQUE KE1'),
  answer: secretOf(320, 'OPAQUE KE2'),
  proof: secretOf(64, 'OPAQUE KE3'),
} as const;

/** Lower case, NFKC, 3 to 64 letters, digits and `.`, `_`, `-`, beginning and ending with a letter or digit; or a locator. */
const name = z.string().check(z.minLength(3), z.maxLength(64), z.regex(/^[\p{L}\p{N}]([\p{L}\p{M}\p{N}._-]*[\p{L}\p{M}\p{N}])?$/u));
const locator = z.string().check(z.regex(/^[0-9a-hjkmnp-tv-z]{8}$/), z.describe('locator of the account code'));

const sealedSlot = {
  slot: slotId,
  version,
  sealed: secretOf(slotBytes, 'slot, sealed'),
};

/** A way in that is found without a name. */
const door = {
  finder: secretOf(16, 'finder of the slot'),
  tokenHash: secretOf(32, 'H(token of the slot)'),
};

/** What proves that somebody holds a kit or a passkey. */
const doorProof = z.object({ finder: door.finder, token: secretOf(32, 'token of the slot') });

/** What somebody shows once more, whose device alone does not count: a password whose login has begun, or a kit or a passkey. */
const proofAgain = z.discriminatedUnion('by', [
  z.object({
    by: z.literal('password'),
    login: secretOf(16, 'login'),
    proof: opaque.proof,
    /** Where the account demands it. */
    passkey: z.optional(doorProof),
  }),
  z.object({ by: z.literal('door'), ...doorProof.shape }),
]);

const newSlot = z.discriminatedUnion('type', [
  z.object({ type: z.literal('passkey'), ...sealedSlot, ...door }),
  z.object({ type: z.literal('recovery'), ...sealedSlot, ...door }),
]);
const passwordSlot = z.object(sealedSlot);

export const slotInfo = z.object({
  type: z.enum(['password', 'passkey', 'recovery']),
  ...sealedSlot,
  createdAt: time,
  usedAt: z.nullable(time),
});

const ticketAnswer = z.object({
  ticket: secretOf(32, 'ticket'),
  expiresAt: time,
  userId,
  homeSpace: spaceId,
  locator,
  name: z.nullable(z.string()),
  /** Set while a deletion waits. */
  endsAt: z.nullable(time),
  slot: z.object(sealedSlot),
});

const deviceFailures = ['signature-refused', 'clock-skew', 'device-revoked', 'rate-limited', 'unavailable'] as const;
const changeFailures = [...deviceFailures, 'replayed', 'bad-request', 'role-refused', 'disk-full'] as const;

export const accountsPrepare = endpoint({
  id: 'accounts.prepare',
  method: 'POST',
  path: '/api/v1/accounts/prepare',
  summary: 'Evaluate a blinded password for an account that is about to be opened or to change its password; nothing is kept',
  auth: 'none',
  params: {},
  body: { kind: 'json', bytesMax: 1_024, schema: z.object({ userId, request: opaque.registration }) },
  answer: { kind: 'json', status: 200, schema: z.object({ response: opaque.registered }) },
  failures: ['bad-request', 'rate-limited', 'unavailable'],
});

export const accountsCreate = endpoint({
  id: 'accounts.create',
  method: 'POST',
  path: '/api/v1/accounts',
  summary: 'Open an account with its home space, in one step; the same account again changes nothing',
  auth: 'none',
  params: {},
  body: {
    kind: 'json',
    bytesMax: 32_768,
    schema: z.object({
      locator,
      /** null: the locator alone. */
      name: z.nullable(name),
      genesis: sealedUpTo(genesisBytesMax, 'genesis envelope of the home space'),
      record: opaque.record,
      password: passwordSlot,
      slots: z.array(newSlot).check(z.maxLength(slotsMax)),
    }),
  },
  answer: { kind: 'json', status: 201, schema: z.object({ userId, homeSpace: spaceId }) },
  failures: ['bad-request', 'account-refused', 'name-taken', 'already-exists', 'rate-limited', 'unavailable', 'disk-full'],
});

export const loginsBegin = endpoint({
  id: 'logins.begin',
  method: 'POST',
  path: '/api/v1/logins',
  summary: 'Begin to prove a password; a name that nobody has is answered like any other',
  auth: 'none',
  params: {},
  body: {
    kind: 'json',
    bytesMax: 2_048,
    schema: z.object({
      name,
      /** The server as the client calls it; the proof holds for no other. */
      origin: z.string().check(z.maxLength(512)),
      request: opaque.login,
    }),
  },
  answer: {
    kind: 'json',
    status: 200,
    schema: z.object({ login: secretOf(16, 'login'), userId, response: opaque.answer, expiresAt: time }),
  },
  failures: ['bad-request', 'rate-limited', 'unavailable', 'disk-full'],
});

export const loginsFinish = endpoint({
  id: 'logins.finish',
  method: 'POST',
  path: '/api/v1/logins/:login',
  summary: 'Finish to prove a password: a ticket, and the slot that the password opens; each login is judged once',
  auth: 'none',
  params: { login: secretOf(16, 'login') },
  body: {
    kind: 'json',
    bytesMax: 1_024,
    schema: z.object({
      proof: opaque.proof,
      /** Where the account demands it: of any of its passkeys. */
      passkey: z.optional(doorProof),
    }),
  },
  answer: { kind: 'json', status: 200, schema: ticketAnswer },
  failures: ['bad-request', 'login-refused', 'passkey-needed', 'rate-limited', 'unavailable', 'disk-full'],
});

export const doorsOpen = endpoint({
  id: 'doors.open',
  method: 'POST',
  path: '/api/v1/doors',
  summary: 'Prove a recovery kit or a passkey: a ticket, and its slot',
  auth: 'none',
  params: {},
  body: { kind: 'json', bytesMax: 1_024, schema: doorProof },
  answer: { kind: 'json', status: 200, schema: ticketAnswer },
  failures: ['bad-request', 'login-refused', 'rate-limited', 'unavailable', 'disk-full'],
});

export const accountGet = endpoint({
  id: 'account.get',
  method: 'GET',
  path: '/api/v1/account',
  summary: 'The account as the server knows it',
  auth: 'device',
  params: {},
  body: noBody,
  answer: {
    kind: 'json',
    status: 200,
    schema: z.object({
      userId,
      homeSpace: spaceId,
      locator,
      name: z.nullable(z.string()),
      plan: z.string(),
      createdAt: time,
      endsAt: z.nullable(time),
    }),
  },
  failures: deviceFailures,
});

export const accountRename = endpoint({
  id: 'account.rename',
  method: 'PATCH',
  path: '/api/v1/account',
  summary: 'Choose another sign-in name, or none',
  auth: 'device',
  params: {},
  body: { kind: 'json', bytesMax: 1_024, schema: z.object({ name: z.nullable(name) }) },
  answer: emptyAnswer,
  failures: [...changeFailures, 'name-taken'],
});

export const accountSlots = endpoint({
  id: 'account.slots',
  method: 'GET',
  path: '/api/v1/account/slots',
  summary: 'What opens the account, sealed',
  auth: 'device',
  params: {},
  body: noBody,
  answer: {
    kind: 'json',
    status: 200,
    schema: z.object({
      slots: z.array(slotInfo),
      /** Whether a password alone is refused. */
      demandsPasskey: z.boolean(),
    }),
  },
  failures: [...deviceFailures, 'role-refused'],
});

export const accountPutSlot = endpoint({
  id: 'account.putSlot',
  method: 'POST',
  path: '/api/v1/account/slots',
  summary: 'Add a recovery kit or a passkey, or seal its slot anew with a higher version',
  auth: 'device',
  params: {},
  body: { kind: 'json', bytesMax: 4_096, schema: newSlot },
  answer: emptyAnswer,
  failures: [...changeFailures, 'version-conflict', 'already-exists'],
});

export const accountRenewSlot = endpoint({
  id: 'account.renewSlot',
  method: 'POST',
  path: '/api/v1/account/slots/:slot',
  summary: 'Seal what a slot holds anew with a higher version, with a newer checkpoint say; what opens it stays the same',
  auth: 'device',
  params: { slot: slotId },
  body: { kind: 'json', bytesMax: 2_048, schema: z.object({ version, sealed: sealedSlot.sealed }) },
  answer: emptyAnswer,
  failures: [...changeFailures, 'not-found', 'version-conflict'],
});

export const accountDeleteSlot = endpoint({
  id: 'account.deleteSlot',
  method: 'DELETE',
  path: '/api/v1/account/slots/:slot',
  summary: 'Take a recovery kit or a passkey away; the password is changed, never taken away',
  auth: 'device',
  params: { slot: slotId },
  body: noBody,
  answer: emptyAnswer,
  failures: [...changeFailures, 'not-found', 'last-slot'],
});

export const accountDemandPasskey = endpoint({
  id: 'account.demandPasskey',
  method: 'PUT',
  path: '/api/v1/account/second-factor',
  summary:
    'Demand a passkey besides the password, by proving one, or no more. A kit must have been tried; every login and ticket under way ends',
  auth: 'device',
  params: {},
  body: {
    kind: 'json',
    bytesMax: 1_024,
    schema: z.object({
      /** null: the password alone. */
      passkey: z.nullable(doorProof),
    }),
  },
  answer: emptyAnswer,
  failures: [...changeFailures, 'login-refused', 'kit-untried'],
});

export const accountPassword = endpoint({
  id: 'account.password',
  method: 'PUT',
  path: '/api/v1/account/password',
  summary: 'Change the password: its record and its slot in one step. Every login and ticket that is under way ends',
  auth: 'device',
  params: {},
  body: {
    kind: 'json',
    bytesMax: 8_192,
    schema: z.object({ record: opaque.record, password: passwordSlot, slots: z.array(newSlot).check(z.maxLength(slotsMax)) }),
  },
  answer: emptyAnswer,
  failures: [...changeFailures, 'version-conflict', 'already-exists'],
});

export const accountSecure = endpoint({
  id: 'account.secure',
  method: 'PUT',
  path: '/api/v1/account/keys',
  summary:
    'Begin a new epoch of the home under a new master key: the rekey, the password’s record and every slot in one step. All former slots, logins and tickets end',
  auth: 'device',
  params: {},
  body: {
    kind: 'json',
    bytesMax: 24_576,
    schema: z.object({
      entry: sealedUpTo(rekeyBytesMax, 'envelope of a rekey of the home space'),
      record: opaque.record,
      password: passwordSlot,
      slots: z.array(newSlot).check(z.maxLength(slotsMax)),
    }),
  },
  answer: { kind: 'json', status: 200, schema: z.object({ seq: count, head: entryId }) },
  failures: [...changeFailures, 'log-refused', 'head-conflict', 'version-conflict', 'already-exists', 'over-quota'],
});

export const accountDevices = endpoint({
  id: 'account.devices',
  method: 'GET',
  path: '/api/v1/account/devices',
  summary: 'The devices of the home log, and when each was last heard; the log counts, this list only adds the time',
  auth: 'device',
  params: {},
  body: noBody,
  answer: {
    kind: 'json',
    status: 200,
    schema: z.object({
      devices: z.array(z.object({ device: deviceId, caps: count, createdAt: time, seenAt: time, revokedAt: z.nullable(time) })),
    }),
  },
  failures: deviceFailures,
});

export const accountTicket = endpoint({
  id: 'account.ticket',
  method: 'POST',
  path: '/api/v1/account/tickets',
  summary: 'A ticket for a new device that this one lets in',
  auth: 'device',
  params: {},
  body: noBody,
  answer: { kind: 'json', status: 201, schema: z.object({ ticket: secretOf(32, 'ticket'), expiresAt: time }) },
  failures: changeFailures,
});

export const accountDelete = endpoint({
  id: 'account.delete',
  method: 'POST',
  path: '/api/v1/account/end',
  summary:
    'End the account, by a device and a way in that is proved once more and stands: its links at once, everything else after seven days, until which account.keep brings it back',
  auth: 'device',
  params: {},
  body: { kind: 'json', bytesMax: 2_048, schema: z.object({ proof: proofAgain }) },
  answer: { kind: 'json', status: 200, schema: z.object({ endsAt: time }) },
  failures: [...changeFailures, 'login-refused', 'passkey-needed', 'proof-too-new'],
});

export const accountKeep = endpoint({
  id: 'account.keep',
  method: 'POST',
  path: '/api/v1/account/keep',
  summary: 'Take back the end of the account',
  auth: 'device',
  params: {},
  body: noBody,
  answer: emptyAnswer,
  failures: changeFailures,
});

const step = z.string().check(z.regex(new RegExp(`^[0-${pairingStepsMax - 1}]$`)), z.describe('number of the message'));

export const pairingsPut = endpoint({
  id: 'pairings.put',
  method: 'PUT',
  path: '/api/v1/pairings/:pairing/:step',
  summary: 'Leave a message for the device that knows this pairing; each step is written once and forgotten after ten minutes',
  auth: 'none',
  params: { pairing: pairingId, step },
  body: { kind: 'bytes', holds: 'a message between two devices', bytesMax: pairingMessageBytesMax },
  answer: { kind: 'json', status: 200, schema: z.object({ expiresAt: time }) },
  failures: ['bad-request', 'already-exists', 'not-found', 'body-too-large', 'rate-limited', 'unavailable', 'disk-full'],
});

export const pairingsGet = endpoint({
  id: 'pairings.get',
  method: 'GET',
  path: '/api/v1/pairings/:pairing/:step',
  summary: 'The message of this step, once it is there',
  auth: 'none',
  params: { pairing: pairingId, step },
  body: noBody,
  answer: { kind: 'bytes', status: 200, holds: 'a message between two devices', ranges: false },
  failures: ['bad-request', 'not-found', 'rate-limited', 'unavailable'],
});
