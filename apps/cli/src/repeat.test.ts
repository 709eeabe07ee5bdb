import assert from 'node:assert/strict';
import { test } from 'node:test';
import { repeatable } from './repeat.ts';

const link = 'http://localhost:8080/s#1.AAAA';

test('the command that goes on does not repeat a password', () => {
  for (const args of [
    ['--password', 'hunter two', link],
    ['--password=hunter two', link],
    [link, '-p', 'hunter two'],
  ]) {
    assert.equal(repeatable('get', args), `reprise get --password '${link}'`);
  }
});

test('the command that goes on does not repeat coins', () => {
  assert.equal(repeatable('get', [link, '--pay', 'cashuBo2F0']), `reprise get '${link}' --pay -`);
  assert.equal(repeatable('get', ['--pay=cashuAeyJ0', link]), `reprise get --pay=- '${link}'`);
});

test('the command that goes on is what was typed', () => {
  assert.equal(repeatable('put', ['-s', 'https://drop.example', "it's"]), String.raw`reprise put -s https://drop.example 'it'\''s'`);
  assert.equal(repeatable('put', ['--', '--password', 'x']), 'reprise put -- --password x');
});
