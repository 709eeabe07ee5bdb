import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matcher } from './find.ts';

test('names are found whatever their case, accents and order of words', () => {
  const finds: readonly (readonly [string, string, boolean])[] = [
    ['ete', 'Été à Sète.jpg', true],
    ['SÈTE été', 'Été à Sète.jpg', true],
    ['e\u0301te\u0301', 'été.txt', true],
    ['straße', 'STRASSE', false],
    ['fi', 'ﬁnal.doc', true],
    ['plage 2', 'Plage n° 1.jpg', false],
    ['音楽', '音楽.flac', true],
    ['', 'anything', true],
    ['  ', 'anything', true],
    ['.jpg', 'a.JPG', true],
  ];
  for (const [question, name, expected] of finds) assert.equal(matcher(question)(name), expected, `${question} in ${name}`);
});
