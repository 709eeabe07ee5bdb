// The code with which a rights holder follows a case without an account: whoever has it speaks for the case, so it cannot be guessed, and the
// server keeps its hash only. spec/cases.md "Code".
import { type Bytes, encodeUtf8, type RandomBytes } from '@reprise/kit';
import { hashOf } from '../fields.ts';
import { drawLetters } from '../reports/rules.ts';

const letters = 26;
const group = 5;
const pattern = /^C[2-9A-HJKMNP-Z]{26}$/;

/** `C-` and 26 letters in groups: 128 bits. */
export function drawCode(random: RandomBytes): string {
  const drawn = drawLetters(random, letters);
  const groups = Array.from({ length: Math.ceil(letters / group) }, (_, i) => drawn.slice(i * group, (i + 1) * group));
  return ['C', ...groups].join('-');
}

/** @returns null for what is no code */
export function hashOfCode(text: string): Bytes | null {
  const plain = text.toUpperCase().replace(/[\s-]/g, '');
  return pattern.test(plain) ? hashOf(encodeUtf8(plain)) : null;
}
