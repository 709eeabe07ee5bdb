// The account code: a public locator by which an account is found, and a secret that makes its password unguessable for the server.
// spec/accounts.md "Account code".
import type { Bytes, RandomBytes } from '@reprise/kit';
import { Failure } from '@reprise/protocol/formats';

export const codeSecretBytes = 16;
const locatorLetters = 8;
const secretLetters = 26;
const checkLetters = 2;
const group = 4;

/** Crockford's base32: no I, L, O, U. */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
const readAs: Readonly<Record<string, string>> = { o: '0', i: '1', l: '1' };

export type AccountCode = {
  /** Eight letters and digits in lower case; public. */
  readonly locator: string;
  /** 16 bytes; empty when the password alone is strong enough. */
  readonly secret: Bytes;
};

/** 40 random bits as a locator. Whether nobody has it is for the server to say. */
export function drawLocator(random: RandomBytes): string {
  return [...random(locatorLetters)].map((byte) => alphabet[byte & 31]).join('');
}

export function drawCodeSecret(random: RandomBytes): Bytes {
  return random(codeSecretBytes);
}

/** As printed and typed: groups of four in capitals; the locator alone if there is no secret. */
export function formatAccountCode({ locator, secret }: AccountCode): string {
  return inGroups(secret.length === 0 ? locator : locator + secretText(secret)).toUpperCase();
}

/** The secret as it is joined with a password: 26 letters without the check; empty for none. */
export function secretLettersOf(secret: Uint8Array): string {
  return secret.length === 0 ? '' : encodeBits(secret, secretLetters);
}

/**
 * Reads a whole code, or the locator alone, in any case, with any spaces and dashes.
 * @throws Failure bad-code: facts.part is `locator` or `secret`, facts.reason is `length`, `letter` or `check`; facts.group is the group of four
 *   that holds what is wrong, counted from 1 over the whole code, where it can be told
 */
export function parseAccountCode(text: string): AccountCode {
  const letters = readLetters(text);
  if (letters.length < locatorLetters) throw new Failure('bad-code', { part: 'locator', reason: 'length', count: letters.length });
  const locator = letters.slice(0, locatorLetters);
  const rest = letters.slice(locatorLetters);
  return { locator, secret: rest === '' ? new Uint8Array(0) : parseSecret(rest) };
}

/** What a person types to be found: a code, its locator, or a sign-in name. @throws Failure bad-code */
export type Identifier = { readonly name: string; readonly secret: Bytes };

export function parseIdentifier(text: string): Identifier {
  if (!looksLikeCode(text)) return { name: normalizeName(text), secret: new Uint8Array(0) };
  const { locator, secret } = parseAccountCode(text);
  return { name: locator, secret };
}

/** Names and locators are one set: NFKC, lower case, no space around. */
export function normalizeName(text: string): string {
  return text.normalize('NFKC').trim().toLowerCase();
}

/** A code has its groups, or is far too long for a name. */
function looksLikeCode(text: string): boolean {
  return (
    /^\s*[0-9a-z]{4}[\s-]+[0-9a-z]{4}([\s-]|$)/i.test(text) || text.replace(/[\s-]/g, '').length > locatorLetters + secretLetters - group
  );
}

function readLetters(text: string): string {
  const letters: string[] = [];
  for (const letter of text.toLowerCase()) {
    if (/[\s\u2010-\u2015-]/.test(letter)) continue;
    const read = readAs[letter] ?? letter;
    if (!alphabet.includes(read)) throw new Failure('bad-code', { ...place(letters.length), reason: 'letter' });
    letters.push(read);
  }
  return letters.join('');
}

function parseSecret(letters: string): Bytes {
  if (letters.length !== secretLetters + checkLetters)
    throw new Failure('bad-code', { part: 'secret', reason: 'length', count: letters.length });
  const values = [...letters].map((letter) => alphabet.indexOf(letter));
  const wrong = wrongLetter(values);
  if (wrong === 'unknown') throw new Failure('bad-code', { part: 'secret', reason: 'check' });
  if (wrong !== null) throw new Failure('bad-code', { ...place(locatorLetters + wrong), reason: 'check' });
  const secret = decodeBits(values.slice(0, secretLetters));
  if (encodeBits(secret, secretLetters) !== letters.slice(0, secretLetters))
    throw new Failure('bad-code', { part: 'secret', reason: 'check' });
  return secret;
}

function place(letter: number): { readonly part: 'locator' | 'secret'; readonly group: number } {
  return { part: letter < locatorLetters ? 'locator' : 'secret', group: Math.floor(letter / group) + 1 };
}

function secretText(secret: Uint8Array): string {
  const letters = encodeBits(secret, secretLetters);
  const values = [...letters].map((letter) => alphabet.indexOf(letter));
  return (
    letters +
    checkOf(values)
      .map((value) => alphabet[value])
      .join('')
  );
}

/** Big-endian bits, five a letter, zeros at the end. */
function encodeBits(bytes: Uint8Array, letters: number): string {
  let text = '';
  for (let i = 0; i < letters; i++) {
    let value = 0;
    for (let bit = 5 * i; bit < 5 * i + 5; bit++) value = (value << 1) | (((bytes[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1);
    text += alphabet[value];
  }
  return text;
}

function decodeBits(values: readonly number[]): Bytes {
  const bytes = new Uint8Array(codeSecretBytes);
  for (let bit = 0; bit < 8 * codeSecretBytes; bit++) {
    const set = ((values[Math.floor(bit / 5)] as number) >> (4 - (bit % 5))) & 1;
    bytes[bit >> 3] = (bytes[bit >> 3] as number) | (set << (7 - (bit & 7)));
  }
  return bytes;
}

/**
 * Two check letters make a Reed–Solomon code over GF(32): the sum of all letters and their sum weighted by powers of 2 are zero. Any two
 * wrong letters are noticed, and one wrong letter is found.
 */
function checkOf(values: readonly number[]): readonly [number, number] {
  const [plain, weighted] = syndromes([...values, 0, 0]);
  // c + d = plain and c·2²⁶ + d·2²⁷ = weighted, solved for d and c.
  const [a, b] = [power(secretLetters), power(secretLetters + 1)];
  const d = multiply(weighted ^ multiply(a, plain), inverse(a ^ b));
  return [plain ^ d, d];
}

/** @returns null if the check is right, else the position of the one letter that explains it, or that there is none */
function wrongLetter(values: readonly number[]): number | 'unknown' | null {
  const [plain, weighted] = syndromes(values);
  if (plain === 0 && weighted === 0) return null;
  const found = values.findIndex((_, i) => plain !== 0 && multiply(plain, power(i)) === weighted);
  return found < 0 ? 'unknown' : found;
}

function syndromes(values: readonly number[]): readonly [number, number] {
  let plain = 0;
  let weighted = 0;
  values.forEach((value, i) => {
    plain ^= value;
    weighted ^= multiply(value, power(i));
  });
  return [plain, weighted];
}

/** In GF(32) = GF(2)[x] / (x⁵ + x² + 1). */
function multiply(a: number, b: number): number {
  let product = 0;
  for (let bit = 4; bit >= 0; bit--) {
    product <<= 1;
    if (product & 32) product ^= 0b100101;
    if ((b >> bit) & 1) product ^= a;
  }
  return product;
}

function power(exponent: number): number {
  let value = 1;
  for (let i = 0; i < exponent; i++) value = multiply(value, 2);
  return value;
}

function inverse(value: number): number {
  let result = 1;
  for (let i = 0; i < 30; i++) result = multiply(result, value);
  return result;
}

function inGroups(text: string): string {
  return (text.match(/.{1,4}/g) ?? []).join('-');
}
