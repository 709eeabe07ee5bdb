import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatHex, parseHex, systemRandom } from '@reprise/kit';
import { Failure } from '@reprise/protocol/formats';
import { passphraseOf } from './passphrase.ts';
import { checkKit, compareWords, drawPhrase, formatKit, parseKit, suggestWords } from './words.ts';

function refusal(text: string): object {
  try {
    parseKit(text);
  } catch (error) {
    assert.ok(error instanceof Failure && error.code === 'bad-kit');
    return { ...error.facts };
  }
  assert.fail('the words were taken');
}

test('a kit is the 24 words of BIP39', () => {
  // https://github.com/trezor/python-mnemonic/blob/master/vectors.json
  const entropy = parseHex('68a79eaca2324873eacc50cb9c6eca8cc68ea5d936f98787c60c7ebc74e6ce7c');
  assert.ok(entropy);
  const words = formatKit(entropy);
  assert.equal(
    words.join(' '),
    'hamster diagram private dutch cause delay private meat slide toddler razor book happy fancy gospel tennis maple dilemma loan word shrug inflict delay length',
  );
  assert.equal(formatHex(parseKit(words.join(' '))), formatHex(entropy));
});

test('a kit is read as it was written down', () => {
  const entropy = systemRandom(32);
  const words = formatKit(entropy);
  const written = words.map((word, i) => `${i + 1}. ${word.toUpperCase()},`).join('\n');
  assert.deepEqual(parseKit(written), entropy);
});

test('a word that is not in the list is named by its place', () => {
  const words = [...formatKit(new Uint8Array(32).fill(7))];
  words[4] = 'reprise';
  assert.deepEqual(refusal(words.join(' ')), { reason: 'word', index: 4 });
  assert.deepEqual(checkKit(words), { unknown: [4], checksum: false });
});

test('too few words and words of another order are told apart', () => {
  const words = formatKit(new Uint8Array(32).fill(7));
  assert.deepEqual(refusal(words.slice(1).join(' ')), { reason: 'count', count: 23 });
  const swapped = [
    ...formatKit(parseHex('68a79eaca2324873eacc50cb9c6eca8cc68ea5d936f98787c60c7ebc74e6ce7c') ?? new Uint8Array(32)),
  ].reverse();
  assert.deepEqual(refusal(swapped.join(' ')), { reason: 'checksum' });
  assert.deepEqual(checkKit(swapped), { unknown: [], checksum: false });
  assert.deepEqual(checkKit(words), { unknown: [], checksum: true });
});

test('a phrase is seven words, drawn from all of the list', () => {
  const first = drawPhrase((length) => new Uint8Array(length));
  assert.equal(first, 'abandon abandon abandon abandon abandon abandon abandon');
  assert.equal(
    drawPhrase((length) => new Uint8Array(length).fill(255)),
    'zoo zoo zoo zoo zoo zoo zoo',
  );
  assert.notEqual(drawPhrase(systemRandom), drawPhrase(systemRandom));
});

test('four words compare 44 bits, the first of them', () => {
  assert.deepEqual(compareWords(Uint8Array.of(0, 0, 0, 0, 0, 15)), ['abandon', 'abandon', 'abandon', 'abandon']);
  assert.deepEqual(compareWords(Uint8Array.of(0, 0, 0, 0, 0, 16)), ['abandon', 'abandon', 'abandon', 'ability']);
  assert.deepEqual(compareWords(Uint8Array.of(255, 255, 255, 255, 255, 240)), ['zoo', 'zoo', 'zoo', 'zoo']);
});

test('a field suggests words that begin so', () => {
  assert.deepEqual(suggestWords('Zo'), ['zone', 'zoo']);
  assert.deepEqual(suggestWords(''), []);
  assert.equal(suggestWords('a').length, 8);
});

test('a phrase needs no code, however it is typed; another password does', () => {
  const phrase = drawPhrase(systemRandom);
  const typed = ` ${phrase.toUpperCase().replaceAll(' ', '  ')}\n`;
  for (const secret of [new Uint8Array(0), new Uint8Array(16).fill(1)])
    assert.deepEqual(passphraseOf(typed, secret), { password: phrase, codeSecret: new Uint8Array(0) });
  const six = phrase.split(' ').slice(1).join(' ');
  assert.deepEqual(passphraseOf(six, new Uint8Array(16).fill(1)), { password: six, codeSecret: new Uint8Array(16).fill(1) });
  assert.throws(() => passphraseOf(six, new Uint8Array(0)), { code: 'bad-code', facts: { part: 'secret', reason: 'missing' } });
  assert.throws(() => passphraseOf('x'.repeat(1_025), new Uint8Array(16)), { code: 'limit-exceeded' });
});
