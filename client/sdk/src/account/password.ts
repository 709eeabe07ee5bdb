// A password as both of its ends need it: proved to a server that never learns it, and prepared for one that is to come.
// spec/accounts.md "Password".
import { type Bytes, formatBase64url, formatHex } from '@reprise/kit';
import { type AnswerOf, type Contract, Failure, idBytes, reject } from '@reprise/protocol';
import { type Door, passkeyDoor, type PasskeyOutput, passphraseOf, passwordKek, sealSlot, type SlotContent } from '@reprise/vault/account';
import type { OpenedDoor } from './checkpoint.ts';
import type { AccountPorts } from './opened.ts';

export type Ticket = AnswerOf<Contract['logins.finish']>;

export type PasswordProof = {
  readonly name: string;
  readonly password: string;
  readonly codeSecret: Bytes;
  /** Of the account, where it demands one besides. */
  readonly passkey?: PasskeyOutput | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onStep?: ((step: 'key' | 'account') => void) | undefined;
};

/** Rounds of a proof whose last answer was lost on the way. */
const proofsMax = 3;

/** @throws Failure login-refused, whichever of name and password is wrong; passkey-needed */
export async function provePassword(
  ports: AccountPorts,
  wish: PasswordProof,
): Promise<{ readonly ticket: Ticket; readonly exportKey: Bytes }> {
  const { answer, userId, exportKey } = await judgePassword(ports, wish, ({ login, ...proofs }) =>
    ports.connection.call('logins.finish', { params: { login }, body: proofs, signal: wish.signal }),
  );
  if (answer.userId !== userId) throw reject();
  return { ticket: answer, exportKey };
}

/** A login as it goes to whatever judges it. */
export type LoginProof = {
  readonly login: string;
  readonly proof: string;
  readonly passkey?: { readonly finder: string; readonly token: string };
};

/**
 * Begins a login and has it judged, once more where the first judgement was lost.
 * @throws Failure login-refused, whichever of name and password is wrong; what `judge` throws
 */
export async function judgePassword<Answer>(
  { connection, engine, opaque }: AccountPorts,
  { name, password, codeSecret, passkey, signal, onStep }: PasswordProof,
  judge: (proof: LoginProof) => Promise<Answer>,
): Promise<{ readonly answer: Answer; readonly userId: string; readonly exportKey: Bytes }> {
  const besides = passkey && { passkey: doorProof(await passkeyDoor(engine, passkey)) };
  for (let round = 1; ; round++) {
    const begun = await opaque.startLogin(passphraseOf(password, codeSecret));
    const body = { name, origin: connection.origin, request: formatBase64url(begun.request) };
    const told = await connection.call('logins.begin', { params: {}, body, signal });
    onStep?.('key');
    const place = { userId: idBytes(told.userId), origin: connection.origin };
    const done = await opaque.finishLogin(begun.kept, bytesOf(told.response), place).catch(wrongPassword);
    onStep?.('account');
    try {
      const answer = await judge({ login: told.login, proof: formatBase64url(done.proof), ...besides });
      return { answer, userId: told.userId, exportKey: done.exportKey };
    } catch (error) {
      // The password is right, or the answer would not have opened: a login is judged once, and the first judgement was lost.
      if (!(error instanceof Failure && error.code === 'login-refused') || round >= proofsMax) throw error;
    }
  }
}

/** What shows that somebody holds a kit or a passkey. */
export function doorProof({ finder, token }: Door): { readonly finder: string; readonly token: string } {
  return { finder: formatBase64url(finder), token: formatBase64url(token) };
}

function wrongPassword(error: unknown): never {
  throw error instanceof Failure && error.code === 'reject' ? new Failure('login-refused') : error;
}

export type RegisteredPassword = {
  /** What the server keeps to judge it. */
  readonly record: string;
  readonly slot: { readonly slot: string; readonly version: number; readonly sealed: string };
  readonly door: OpenedDoor;
};

/** Prepares a password with the server, and seals the account's keys under what only it brings back. Nothing is changed yet. */
export async function registerPassword(
  { connection, engine, opaque }: AccountPorts,
  password: string,
  content: SlotContent,
  version: number,
  signal?: AbortSignal,
): Promise<RegisteredPassword> {
  const { userId } = content;
  const begun = await opaque.startRegistration(passphraseOf(password, content.keys.codeSecret));
  const body = { userId: formatHex(userId), request: formatBase64url(begun.request) };
  const { response } = await connection.call('accounts.prepare', { params: {}, body, signal });
  const { record, exportKey } = await opaque.finishRegistration(begun.kept, bytesOf(response), { userId, origin: connection.origin });
  const slotId = connection.random(16);
  const kek = await passwordKek(engine, exportKey, userId);
  const sealed = await sealSlot(engine, 'password', kek, { userId, slotId, version }, content, connection.random);
  return {
    record: formatBase64url(record),
    slot: { slot: formatHex(slotId), version, sealed: formatBase64url(sealed) },
    door: { type: 'password', kek, slotId },
  };
}

/** A field of an answer, which the contract has checked. */
export function bytesOf(text: string): Bytes {
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0));
}
