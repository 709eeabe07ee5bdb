// The client's side of OPAQUE (RFC 9807, ristretto255, SHA-512): a password is proved to a server that never learns it, and opens a key that
// the server never has. spec/accounts.md "Password". The library is WebAssembly: it is loaded when first needed, and only then.
import { type Bytes, formatBase64url, formatHex, parseBase64url } from '@reprise/kit';
import { reject } from '@reprise/protocol/formats';
import { secretLettersOf } from './account-code.ts';

/** Argon2id: 64 MiB, three passes, four lanes. Compiled in; no server names them. */
const keyStretching = { 'argon2id-custom': { memory: 65_536, iterations: 3, parallelism: 4 } } as const;

/** What is proved: the password as typed, and the secret of the account code; empty when the password is a generated phrase. */
export type Passphrase = { readonly password: string; readonly codeSecret: Bytes };

export type OpaquePlace = {
  /** 32 bytes. */
  readonly userId: Bytes;
  /** `https://host`: a proof made for one server is of no use to another. */
  readonly origin: string;
};

/** Held by the client between its two messages; it contains nothing that a server may see. */
export type OpaqueState = { readonly state: string; readonly passphrase: string };

/** What each step takes and gives; a browser runs them in its own worker. */
export interface OpaqueClient {
  startRegistration(passphrase: Passphrase): Promise<{ readonly kept: OpaqueState; readonly request: Bytes }>;
  /** Slow: stretches the password. @returns what the server keeps, and 64 bytes that only this password brings back */
  finishRegistration(
    kept: OpaqueState,
    response: Bytes,
    place: OpaquePlace,
  ): Promise<{ readonly record: Bytes; readonly exportKey: Bytes }>;
  startLogin(passphrase: Passphrase): Promise<{ readonly kept: OpaqueState; readonly request: Bytes }>;
  /** Slow. @throws Failure reject when the password is wrong, the account made up, or the server another one */
  finishLogin(kept: OpaqueState, response: Bytes, place: OpaquePlace): Promise<{ readonly proof: Bytes; readonly exportKey: Bytes }>;
}

export const opaqueClient: OpaqueClient = {
  async startRegistration(passphrase) {
    const { client } = await load();
    const password = opaqueInput(passphrase);
    const { clientRegistrationState, registrationRequest } = client.startRegistration({ password });
    return { kept: { state: clientRegistrationState, passphrase: password }, request: parse(registrationRequest) };
  },

  async finishRegistration(kept, response, place) {
    const { client } = await load();
    const done = orReject(() =>
      client.finishRegistration({
        password: kept.passphrase,
        clientRegistrationState: kept.state,
        registrationResponse: formatBase64url(response),
        identifiers: identifiers(place),
        keyStretching,
      }),
    );
    return { record: parse(done.registrationRecord), exportKey: parse(done.exportKey) };
  },

  async startLogin(passphrase) {
    const { client } = await load();
    const password = opaqueInput(passphrase);
    const { clientLoginState, startLoginRequest } = client.startLogin({ password });
    return { kept: { state: clientLoginState, passphrase: password }, request: parse(startLoginRequest) };
  },

  async finishLogin(kept, response, place) {
    const { client } = await load();
    const done = orReject(() =>
      client.finishLogin({
        password: kept.passphrase,
        clientLoginState: kept.state,
        loginResponse: formatBase64url(response),
        identifiers: identifiers(place),
        keyStretching,
      }),
    );
    if (!done) throw reject();
    return { proof: parse(done.finishLoginRequest), exportKey: parse(done.exportKey) };
  },
};

/** NFKC(password) || 1F || the secret's 26 letters. */
export function opaqueInput({ password, codeSecret }: Passphrase): string {
  return `${password.normalize('NFKC')}\u001f${secretLettersOf(codeSecret)}`;
}

function identifiers({ userId, origin }: OpaquePlace): { readonly client: string; readonly server: string } {
  return { client: formatHex(userId), server: `rp1|${origin}` };
}

async function load(): Promise<typeof import('@serenity-kit/opaque')> {
  const opaque = await import('@serenity-kit/opaque');
  await opaque.ready;
  return opaque;
}

/** What the library says about a malformed message is of use to nobody but who sent it. */
function orReject<Result>(work: () => Result): Result {
  try {
    return work();
  } catch {
    throw reject();
  }
}

function parse(text: string): Bytes {
  const bytes = parseBase64url(text);
  if (!bytes) throw reject();
  return bytes;
}
