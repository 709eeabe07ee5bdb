import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findTyped, nothingTyped, type } from './type-ahead.ts';

const names = ['Affiches', 'Archives', 'Écoute', 'eau', 'Été', 'aa double'];
const nameAt = (position: number): string => names[position]!;
const find = (text: string, from: number): number => findTyped({ text, at: 0 }, from, names.length, nameAt);

test('letters typed in a row are one word, after a pause a new one', () => {
  const one = type(nothingTyped, 'É', 1000);
  assert.equal(one.text, 'e');
  assert.equal(type(one, 'T', 1500).text, 'et');
  assert.equal(type(one, 'T', 9000).text, 't');
});

test('a word finds the next name that begins so, marks and case aside', () => {
  assert.equal(find('et', 0), 4);
  assert.equal(find('ar', 3), 1);
  assert.equal(find('x', 0), -1);
});

test('one letter again and again goes through all names that begin with it', () => {
  assert.equal(find('a', 0), 1);
  assert.equal(find('aa', 1), 5);
  assert.equal(find('aaa', 5), 0);
});
