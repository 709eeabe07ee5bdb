// What happened before a test failed, told with the failure: on a machine far away its output is all there is to find the cause by.
import { afterEach } from 'node:test';

const notesMax = 8;
const notes: string[] = [];

/** Told if the test that runs now fails, and forgotten if it passes. */
export function note(text: string): void {
  notes.push(text);
  if (notes.length > notesMax) notes.shift();
}

afterEach((t) => {
  const told = notes.splice(0);
  if ('passed' in t && !t.passed) for (const each of told) console.log(each);
});
