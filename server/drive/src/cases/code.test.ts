import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemRandom } from '@reprise/kit';
import { drawCode, hashOfCode } from './code.ts';

test('a code is read as it was shown, in small letters, with spaces, and without hyphens', () => {
  const code = drawCode(systemRandom);
  assert.match(code, /^C(-[2-9A-HJKMNP-Z]{5}){5}-[2-9A-HJKMNP-Z]$/);
  const hash = hashOfCode(code);
  assert.equal(hash?.length, 32);
  for (const text of [code.toLowerCase(), ` ${code.replaceAll('-', ' ')} `, code.replaceAll('-', '')])
    assert.deepEqual(hashOfCode(text), hash);
  assert.notDeepEqual(hashOfCode(drawCode(systemRandom)), hash);
});

test('what is no code has no hash', () => {
  const code = drawCode(systemRandom);
  for (const text of [
    '',
    'C-',
    code.slice(1),
    code.slice(0, -1),
    `${code}2`,
    code.replace(/.$/, '0'),
    code.replace(/.$/, 'I'),
    'N-ABCDEFGHJK',
  ])
    assert.equal(hashOfCode(text), null, text);
});
