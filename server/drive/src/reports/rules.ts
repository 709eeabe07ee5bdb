// The reference of a report: short enough to read out, drawn at random so that nobody counts the others.
import type { RandomBytes } from '@reprise/kit';

/** Without the letters and digits that are mistaken for each other: 31 left. */
const alphabet = '23456789ABCDEFGHJKMNPQRSTUVWXYZ';
const letters = 10;

/** `N-`, or of a freeze `F-`, and ten letters: 49 bits. */
export function drawReference(random: RandomBytes, kind: 'N' | 'F' = 'N'): string {
  return `${kind}-${drawLetters(random, letters)}`;
}

/** @returns `count` letters of the alphabet, each as likely as the others */
export function drawLetters(random: RandomBytes, count: number): string {
  let text = '';
  while (text.length < count) {
    // 248 = 8 × 31: bytes above would make the first letters likelier.
    for (const byte of random(count)) if (byte < 248 && text.length < count) text += alphabet[byte % alphabet.length];
  }
  return text;
}
