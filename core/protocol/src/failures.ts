// The closed list of what can go wrong, with the HTTP status each has on the wire: spec/failures.md.
import { CodedFailure } from '@reprise/kit';

/** Codes a server answers with. */
export const serverFailures = {
  'bad-request': { status: 400, meaning: 'The request does not fit the contract; facts.field and facts.reason say where.' },
  'signature-refused': { status: 401, meaning: 'The device signature is missing, malformed or wrong.' },
  'clock-skew': { status: 401, meaning: 'The signature is too old or too new; facts.serverTime is the server’s clock in ms.' },
  replayed: { status: 401, meaning: 'This signed request was already used.' },
  'genesis-refused': { status: 400, meaning: 'The genesis entry of the space is not valid.' },
  'log-refused': { status: 422, meaning: 'The entry is not a valid successor in the log of its space; facts.step names the rule.' },
  'anonymous-closed': { status: 403, meaning: 'The operator has switched uploads without an account off.' },
  'place-expired': { status: 403, meaning: 'The place to put bytes is unknown or has expired; ask for another.' },
  'over-quota': { status: 413, meaning: 'The allowance is used up; facts.missingBytes says how much is missing.' },
  'body-too-large': { status: 413, meaning: 'The body is longer than facts.bytesMax.' },
  'object-refused': { status: 422, meaning: 'An object’s hash is not its id, or its length is not an allowed one; facts.id names it.' },
  'objects-missing': { status: 409, meaning: 'Some ids are not on the server; facts.missing names up to 1,000 of facts.count.' },
  'version-conflict': { status: 409, meaning: 'The record’s version is not above the stored one, facts.version.' },
  'head-conflict': { status: 409, meaning: 'The log has gone on: its head is facts.head, number facts.seq.' },
  'table-differs': {
    status: 409,
    meaning: 'What the sweep leaves is not what the server would keep; facts.buckets lists the first bytes of ids that differ, in hex.',
  },
  'device-revoked': { status: 403, meaning: 'This device was revoked by entry facts.seq of the log.' },
  'role-refused': { status: 403, meaning: 'This device may not do that in this space.' },
  'already-exists': { status: 409, meaning: 'That id is taken by other content.' },
  'not-found': { status: 404, meaning: 'No such thing, or not yours.' },
  'login-refused': {
    status: 401,
    meaning: 'Name and password, or kit, or passkey, do not open an account here. Which of them is wrong is not told.',
  },
  'passkey-needed': { status: 401, meaning: 'The password is right, and this account demands one of its passkeys besides.' },
  'proof-too-new': {
    status: 403,
    meaning: 'What was proved is right, and was made or changed less than seven days ago; for this it counts from facts.countsAt, in ms.',
  },
  'kit-untried': { status: 409, meaning: 'No recovery kit of the account has been tried; one that opens it comes first.' },
  'ticket-refused': { status: 401, meaning: 'The ticket is unknown, used or expired; sign in again.' },
  'name-taken': { status: 409, meaning: 'Another account has this sign-in name.' },
  'account-refused': { status: 400, meaning: 'The parts of a new account do not fit together; facts.reason says how.' },
  'last-slot': { status: 409, meaning: 'This is the last way into the account but its devices; make another first.' },
  'link-unavailable': { status: 404, meaning: 'No such link. Who proves the token also learns facts.reason: expired, revoked or used-up.' },
  'link-removed': { status: 451, meaning: 'Removed after a notice: facts.reference, facts.ground, facts.removedAt (ms).' },
  'password-required': { status: 401, meaning: 'This link has a password; send the gate.' },
  'password-wrong': { status: 403, meaning: 'The gate is wrong; facts.triesLeft before a wait.' },
  'too-many-tries': { status: 429, meaning: 'Wait facts.retryAfterMs before the next try.' },
  'rate-limited': { status: 429, meaning: 'Too many requests; wait facts.retryAfterMs.' },
  'payments-off': {
    status: 503,
    meaning: 'This server takes no payments now; facts.reason is off, refused, unreachable or stopped. What is free works.',
  },
  'offer-refused': {
    status: 422,
    meaning: 'The listing is not of its form, or its commitment does not fit, or it asks too much: facts.reason.',
  },
  'offer-closed': {
    status: 410,
    meaning: 'The offer was withdrawn, has ended, is sold out or is under notice: facts.reason. Nothing was paid.',
  },
  'quote-refused': { status: 400, meaning: 'The quote is of another offer or another server, or has expired. Nothing was paid.' },
  'plan-dearer': { status: 409, meaning: 'The plan costs facts.sats satoshis now, more than was agreed to. Nothing was paid.' },
  'balance-too-low': { status: 422, meaning: 'The balance lacks facts.missing satoshis. Nothing was paid.' },
  'key-reused': { status: 409, meaning: 'Another command was given under this key, or these coins were used for something else.' },
  'coins-refused': { status: 400, meaning: 'The coins or outputs are not taken; facts.reason is the code of the NUTs, or other-mint.' },
  'amount-refused': {
    status: 422,
    meaning: 'The amount lies outside facts.min and facts.max, in satoshis, or above what an account may hold.',
  },
  'payout-refused': { status: 422, meaning: 'Nothing can be paid there: facts.reason. Nothing was set aside.' },
  'account-frozen': {
    status: 403,
    meaning: 'The operator has frozen the money of this account, under facts.freeze. Nothing was taken from its balance.',
  },
  'too-late': {
    status: 409,
    meaning: 'The payout is with the node already, or has ended; or the case is decided, or was not answered yet: facts.reason.',
  },
  'payment-unknown': { status: 401, meaning: 'What was shown is no payment for this offer.' },
  'no-rate': { status: 503, meaning: 'There is no fresh rate for this currency; prices in satoshis can be paid.' },
  'range-refused': { status: 416, meaning: 'The range lies outside the object, facts.bytes long.' },
  'method-refused': { status: 405, meaning: 'This path has no such method.' },
  'request-timeout': { status: 408, meaning: 'The request did not arrive in time.' },
  'disk-full': { status: 507, meaning: 'The server’s disk is full. Nothing of this request was kept; what was there is intact.' },
  'chunk-corrupt': { status: 500, meaning: 'The stored bytes of facts.id no longer have their hash.' },
  'server-error': { status: 500, meaning: 'A fault of the server; facts.reference finds it in the log.' },
  unavailable: { status: 503, meaning: 'The server is stopping or overloaded; wait facts.retryAfterMs.' },
} as const satisfies Record<string, { status: number; meaning: string }>;

/** Codes that arise on the client and never travel. */
export const clientFailures = {
  reject: 'A cryptographic check failed. Nothing was shown or written.',
  'bad-link': 'The text is not a whole link; facts.reason says why.',
  'bad-object': 'An opened object does not have the form its type demands.',
  'bad-name': 'A file name breaks the grammar; facts.reason says how.',
  'edit-refused': 'The changes do not fit the tree; facts.reason is unknown-directory, twice, cycle or removed.',
  'delta-refused': 'The changes sent beside a commit do not lead to its tree; facts.reason says where. The nodes are fetched instead.',
  'link-forged': 'The link’s content is not signed by who the link names.',
  'link-version': 'The link needs a newer program.',
  'limit-exceeded': 'Something is larger than the format allows; facts.limit names it.',
  'link-growing': 'The upload behind this link is not finished.',
  'bad-answer': 'The server’s answer does not fit the contract.',
  network: 'The server could not be reached.',
  stalled: 'No byte came for facts.waitedMs.',
  'payment-required': 'This link is sold: it opens with a purchase.',
  'price-differs':
    'What is asked is not what the seller signed, or more than was agreed to; facts.sats is what is asked, where that is known. Nothing was paid.',
  'payment-refused': 'The payment was not taken; facts.reason is a code of spec/paid-links.md. Nothing was paid.',
  'payment-waits': 'The invoice has not been paid. Asked again, the purchase goes on.',
  'payment-owed': 'What was paid bought nothing, and is owed back: facts.sats.',
  'object-missing': 'The server no longer has object facts.id.',
  'source-changed': 'The file facts.path changed while it was read.',
  'source-vanished': 'The file facts.path is gone or unreadable.',
  'target-exists': 'facts.path exists already.',
  'target-refused': 'facts.path cannot be written here; facts.reason says why.',
  'target-full': 'The local disk is full at facts.path; where facts.reason is `incomplete`, that file was not whole and was removed.',
  'nothing-to-send': 'There is no file to send.',
  'file-not-found': 'The link holds no such file.',
  'path-not-found': 'The drive holds nothing at facts.path.',
  'path-taken': 'Something stands at facts.path of the drive already.',
  'not-a-folder': 'facts.path of the drive is not a folder.',
  'not-a-file': 'facts.path of the drive is not a file.',
  'into-itself': 'A folder cannot be moved or copied into itself: facts.path.',
  'drive-frozen':
    'The server showed a history that does not follow from the one seen before; facts.reason is rollback or fork. Nothing is written.',
  'bad-code': 'The text is no account code; facts.part, facts.reason and facts.group say what is wrong where.',
  'bad-credential':
    'The text is no app credential, or not one for this epoch of the drive; facts.reason is prefix, form, certificate or epoch.',
  'bad-kit': 'The words are no recovery kit; facts.reason is count, word (number facts.index, from 0) or checksum.',
  'not-enrolled': 'This device belongs to no account.',
  'pairing-refused': 'The other device is not the one that was scanned or compared, or it gave up; nothing was handed over.',
  'wallet-refused': 'The wallet did not do that, and nothing is lost; facts.reason says why.',
  cancelled: 'Stopped on request.',
  'bad-journal': 'The local journal cannot be read.',
  usage: 'The command line does not fit; facts.reason says how.',
} as const satisfies Record<string, string>;

export type ServerFailureCode = keyof typeof serverFailures;
export type ClientFailureCode = keyof typeof clientFailures;
export type FailureCode = ServerFailureCode | ClientFailureCode;

/** The one error type that crosses package borders. */
export class Failure extends CodedFailure<FailureCode> {}

export function isServerFailureCode(code: string): code is ServerFailureCode {
  return Object.hasOwn(serverFailures, code);
}

/** The one cryptographic failure: it says nothing about which check failed (spec/conventions.md). */
export function reject(cause?: unknown): Failure {
  return new Failure('reject', {}, cause === undefined ? undefined : { cause });
}
