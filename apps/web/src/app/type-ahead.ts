// Typing in a list goes to the first name that begins so. Works on the data, so it finds rows that were never drawn.
import { plainOf } from './order.ts';

export interface Typed {
  readonly text: string;
  readonly at: number;
}
export const nothingTyped: Typed = { text: '', at: 0 };
const pauseMs = 900;

/** @param now ms */
export function type(before: Typed, char: string, now: number): Typed {
  return { text: now - before.at > pauseMs ? plainOf(char) : before.text + plainOf(char), at: now };
}

/** The position of the next match after `from`, -1 when there is none. One letter again and again goes through all that begin with it. */
export function findTyped({ text }: Typed, from: number, count: number, nameAt: (position: number) => string): number {
  if (text === '' || count === 0) return -1;
  const isOneLetter = [...text].every((char) => char === text[0]);
  const wanted = isOneLetter ? text[0]! : text;
  const start = isOneLetter ? from + 1 : from;
  for (let step = 0; step < count; step++) {
    const position = (start + step) % count;
    if (plainOf(nameAt(position)).startsWith(wanted)) return position;
  }
  return isOneLetter && text.length > 1 ? literal(text, from, count, nameAt) : -1;
}

/** "aa" may also mean a name that begins with two of them. */
function literal(text: string, from: number, count: number, nameAt: (position: number) => string): number {
  for (let step = 0; step < count; step++) {
    const position = (from + step) % count;
    if (plainOf(nameAt(position)).startsWith(text)) return position;
  }
  return -1;
}
