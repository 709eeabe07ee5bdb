import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '@reprise/protocol/formats';
import { tellFailure } from './command.ts';
import type { Terminal } from './terminal.ts';
import { visible } from './visible.ts';
import { failureText, loadWords } from './words.ts';

const hostile = 'a\u001b]0;owned\u0007\u009b2J\r\u202egpj.exe\u2028';
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not come out
const acts = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2028\u2066-\u2069]/;

test('nothing in a name acts on a terminal', () => {
  assert.doesNotMatch(visible(hostile), acts);
  assert.equal(visible('déjà vu 文件.txt'), 'déjà vu 文件.txt');
});

for (const language of ['en', 'fr'] as const) {
  test(`nothing is said to be removed where a disk is too full to be written to (${language})`, async () => {
    const words = await loadWords(language);
    const gone = /removed|retiré/;
    assert.doesNotMatch(failureText(words, new Failure('target-full', { path: 'Photos', reason: 'ENOSPC' })), gone);
    assert.match(failureText(words, new Failure('target-full', { path: 'film.mp4', reason: 'incomplete' })), gone);
  });

  test(`no failure brings a name from a link, or a word of a server, to the terminal as it is (${language})`, async () => {
    const words = await loadWords(language);
    const codes = [
      'target-exists',
      'target-refused',
      'target-full',
      'file-not-found',
      'bad-name',
      'limit-exceeded',
      'link-removed',
      'server-error',
      'bad-answer',
      'source-changed',
    ] as const;
    for (const code of codes) {
      const text = failureText(
        words,
        new Failure(code, { path: hostile, reason: hostile, reference: hostile, ground: hostile, limit: hostile }),
      );
      assert.doesNotMatch(text, acts, code);
    }
    let said = '';
    const terminal = { say: (text: string) => (said += text) } as unknown as Terminal;
    tellFailure(new Failure('target-exists', { path: hostile }), { terminal, words }, { command: 'get', isJson: false });
    tellFailure(new Error(`ENOENT: ${hostile}`), { terminal, words }, { command: 'get', isJson: false });
    assert.doesNotMatch(said, acts);
  });
}
