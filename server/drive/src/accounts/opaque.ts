// The server's side of OPAQUE (RFC 9807): judges whether a password was proved. What it learns is who asks; the password, and the key that the
// password opens, stay with the client. The one file of the server that touches cryptography beyond hashes. spec/accounts.md "Password".
import { createHmac } from 'node:crypto';
import { type Database, insertRows } from '@reprise/database';
import { type Bytes, concatBytes, decodeUtf8, encodeUtf8, formatBase64url, parseBase64url } from '@reprise/kit';
import { Failure, formatId, type UserId } from '@reprise/protocol';
import { ready, server } from '@serenity-kit/opaque';

const setupKey = 'opaque-setup';
const stateBytes = 128;

/** The server's half of a login, between its two messages. */
export type LoginBegun = { readonly response: Bytes; readonly state: Bytes };

export class Opaque {
  readonly #setup: string;

  private constructor(setup: string) {
    this.#setup = setup;
  }

  /** The secret behind every record; drawn once for a database, and as precious as it: without it no password is proved again. */
  static async open({ db }: Database): Promise<Opaque> {
    await ready;
    await insertRows(db, 'settings', [{ key: setupKey, value: parse(server.createSetup()) }], 'ignore');
    const row = await db.selectFrom('settings').select('value').where('key', '=', setupKey).executeTakeFirstOrThrow();
    return new Opaque(formatBase64url(row.value));
  }

  /** @throws Failure bad-request */
  register(userId: UserId, request: string): Bytes {
    return orRefuse('request', () =>
      parse(
        server.createRegistrationResponse({ serverSetup: this.#setup, userIdentifier: userId, registrationRequest: request })
          .registrationResponse,
      ),
    );
  }

  /**
   * @param record null of an account that does not exist: the answer is like any other, and so is the work
   * @throws Failure bad-request
   */
  begin(userId: UserId, record: Bytes | null, request: string, origin: string): LoginBegun {
    const begun = orRefuse('request', () =>
      server.startLogin({
        serverSetup: this.#setup,
        userIdentifier: userId,
        registrationRecord: record && formatBase64url(record),
        startLoginRequest: request,
        identifiers: identifiers(userId, origin),
      }),
    );
    return { response: parse(begun.loginResponse), state: concatBytes(parse(begun.serverLoginState), encodeUtf8(origin)) };
  }

  /** Whether the client has proved the password of this account. */
  finish(userId: UserId, state: Bytes, proof: string): boolean {
    try {
      server.finishLogin({
        serverLoginState: formatBase64url(state.subarray(0, stateBytes)),
        finishLoginRequest: proof,
        identifiers: identifiers(userId, decodeUtf8(state.subarray(stateBytes))),
      });
      return true;
    } catch {
      return false;
    }
  }

  /** The user id of a name that nobody has: always the same one for a name, so that asking twice tells nothing. */
  inventUser(name: string): UserId {
    return formatId<UserId>(createHmac('sha256', this.#setup).update(name).digest());
  }
}

function identifiers(userId: UserId, origin: string): { readonly client: string; readonly server: string } {
  return { client: userId, server: `rp1|${origin}` };
}

function orRefuse<Result>(field: string, work: () => Result): Result {
  try {
    return work();
  } catch (cause) {
    throw new Failure('bad-request', { field, reason: 'not a message of this protocol' }, { cause });
  }
}

/** What the library writes is always canonical. */
function parse(text: string): Bytes {
  return parseBase64url(text) as Bytes;
}
