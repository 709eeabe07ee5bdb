// Words instead of bytes, for whoever writes them down, reads them out or types them: spec/accounts.md "Words".
// One list serves the recovery kit, generated passwords and the comparison of two devices: the English list of BIP39, 2,048 words, of which
// the first four letters are enough to tell them apart.
import { entropyToMnemonic, mnemonicToEntropy } from '@scure/bip39';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import type { Bytes, RandomBytes } from '@reprise/kit';
import { Failure } from '@reprise/protocol/formats';

/** Words of a recovery kit: 256 bits, and 8 of a checksum. */
export const kitWords = 24;
/** Words of a wallet without an account: 128 bits, and 4 of a checksum. */
export const walletWords = 12;
/** Words of a generated password: 77 bits. */
export const phraseWords = 7;

const indexOf = new Map(wordlist.map((word, index) => [word, index]));

/** @param entropy 32 bytes of a kit, or 16 of a wallet without an account */
export function formatKit(entropy: Uint8Array): readonly string[] {
  return entropyToMnemonic(entropy, wordlist).split(' ');
}

/**
 * Reads 24 words as they were typed: in any case, with spaces or numbers around them.
 * @returns the entropy, 32 bytes
 * @throws Failure bad-kit with facts.reason `count`, `word` (facts.index says which, from 0) or `checksum`
 */
export function parseKit(text: string): Bytes {
  return parseWords(text, kitWords);
}

/** Reads 12 words as they were typed. @returns 16 bytes @throws as `parseKit` */
export function parseWalletWords(text: string): Bytes {
  return parseWords(text, walletWords);
}

function parseWords(text: string, count: number): Bytes {
  const words = splitWords(text);
  const unknown = words.findIndex((word) => !indexOf.has(word));
  if (unknown >= 0) throw new Failure('bad-kit', { reason: 'word', index: unknown });
  if (words.length !== count) throw new Failure('bad-kit', { reason: 'count', count: words.length });
  try {
    return new Uint8Array(mnemonicToEntropy(words.join(' '), wordlist));
  } catch {
    throw new Failure('bad-kit', { reason: 'checksum' });
  }
}

/** Which of the words are not in the list, by index; and whether the words together are a kit. */
export function checkKit(words: readonly string[]): { readonly unknown: readonly number[]; readonly checksum: boolean } {
  const typed = words.map((word) => splitWords(word).join(' '));
  const unknown = typed.flatMap((word, index) => (indexOf.has(word) ? [] : [index]));
  return { unknown, checksum: unknown.length === 0 && isKit(typed) };
}

function isKit(words: readonly string[]): boolean {
  try {
    parseKit(words.join(' '));
    return true;
  } catch {
    return false;
  }
}

/** Words that begin so, in the order of the list. */
export function suggestWords(start: string, max = 8): readonly string[] {
  const typed = start.trim().toLowerCase();
  return typed === '' ? [] : wordlist.filter((word) => word.startsWith(typed)).slice(0, max);
}

/** Seven words drawn evenly from the list: a password that needs no account code beside it. */
export function drawPhrase(random: RandomBytes): string {
  const drawn = random(2 * phraseWords);
  return Array.from({ length: phraseWords }, (_, i) => wordAt(((drawn[2 * i] as number) << 8) | (drawn[2 * i + 1] as number))).join(' ');
}

/** @returns the seven words in their one spelling, or null if the text is anything else */
export function readPhrase(text: string): string | null {
  const words = splitWords(text);
  return words.length === phraseWords && words.every((word) => indexOf.has(word)) ? words.join(' ') : null;
}

/** The first 44 bits as four words, for two people to compare. @param hash at least 6 bytes */
export function compareWords(hash: Uint8Array): readonly string[] {
  let bits = 0n;
  for (const byte of hash.subarray(0, 6)) bits = (bits << 8n) | BigInt(byte);
  return [37n, 26n, 15n, 4n].map((shift) => wordAt(Number((bits >> shift) & 2047n)));
}

function wordAt(index: number): string {
  return wordlist[index % 2_048] as string;
}

function splitWords(text: string): string[] {
  return text
    .normalize('NFKD')
    .toLowerCase()
    .split(/[^\p{L}\p{M}]+/u)
    .filter((word) => word !== '');
}
