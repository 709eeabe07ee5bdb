// Bech32 as invoices use it: BIP 173 without its limit of 90 characters. spec/lightning.md "Invoices".
const alphabet = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const valueOf = new Map([...alphabet].map((letter, value) => [letter, value]));
const checksumWords = 6;

/** `words` are numbers of 5 bits, the checksum taken off. */
export type Bech32 = { readonly prefix: string; readonly words: readonly number[] };

/** @returns undefined for mixed case, a character that is none of its letters, or a wrong checksum */
export function parseBech32(text: string): Bech32 | undefined {
  const lower = text.toLowerCase();
  if (text !== lower && text !== text.toUpperCase()) return undefined;
  const separator = lower.lastIndexOf('1');
  const prefix = lower.slice(0, Math.max(0, separator));
  if (!/^[!-~]+$/.test(prefix)) return undefined;
  const words: number[] = [];
  for (const letter of lower.slice(separator + 1)) {
    const value = valueOf.get(letter);
    if (value === undefined) return undefined;
    words.push(value);
  }
  if (words.length < checksumWords || checksumOf(prefix, words) !== 1) return undefined;
  return { prefix, words: words.slice(0, -checksumWords) };
}

export function formatBech32({ prefix, words }: Bech32): string {
  const sum = checksumOf(prefix, [...words, 0, 0, 0, 0, 0, 0]) ^ 1;
  const checksum = Array.from({ length: checksumWords }, (_, i) => (sum >>> (5 * (5 - i))) & 31);
  return `${prefix}1${[...words, ...checksum].map((word) => alphabet[word]).join('')}`;
}

const generator = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3] as const;

function checksumOf(prefix: string, words: readonly number[]): number {
  const codes = [...prefix].map((letter) => letter.charCodeAt(0));
  let sum = 1;
  for (const value of [...codes.map((code) => code >> 5), 0, ...codes.map((code) => code & 31), ...words]) {
    const top = sum >>> 25;
    sum = ((sum & 0x1ffffff) << 5) ^ value;
    for (const [bit, term] of generator.entries()) if ((top >>> bit) & 1) sum ^= term;
  }
  return sum;
}
