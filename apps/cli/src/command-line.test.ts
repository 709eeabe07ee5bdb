import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { formatBytes, formatDuration } from './amounts.ts';
import { parseArguments, parseCount, parseServer, takePassword } from './arguments.ts';
import { visible } from './visible.ts';
import { exitCodeOf } from './exit-codes.ts';
import { parseExpiry } from './expiry.ts';
import { helpText } from './help.ts';
import { matcherOf } from './ignore.ts';
import { languageOf } from './language.ts';
import { quoted } from './repeat.ts';
import { State } from './state.ts';
import { nameOnDisk, partName, twinKey } from './target-names.ts';

describe('amounts', () => {
  test('have three digits and the units of the language', () => {
    assert.deepEqual(
      [0, 999, 1000, 12_345, 999_499, 999_500, 4_294_967_296, 1e15].map((bytes) => formatBytes(bytes, 'en')),
      ['0 B', '999 B', '1.00 kB', '12.3 kB', '999 kB', '1.00 MB', '4.29 GB', '1000 TB'],
    );
    assert.equal(formatBytes(1_234_567, 'fr'), '1,23 Mo');
  });

  test('of time read like a clock', () => {
    assert.deepEqual([-1, 0, 9.4, 59.6, 3599, 3661].map(formatDuration), ['0:00', '0:00', '0:09', '1:00', '59:59', '1:01:01']);
  });
});

describe('--expires', () => {
  const now = new Date(2026, 5, 1, 12).getTime();
  test('takes spans, days, moments and never', () => {
    assert.equal(parseExpiry('30m', now), now + 1_800_000);
    assert.equal(parseExpiry('7d', now), now + 7 * 86_400_000);
    assert.equal(parseExpiry('7j', now), now + 7 * 86_400_000);
    assert.equal(parseExpiry('2w', now), now + 14 * 86_400_000);
    assert.equal(parseExpiry('2026-12-31', now), new Date(2026, 11, 31, 23, 59, 59).getTime());
    assert.equal(parseExpiry('2026-12-31T18:00', now), new Date('2026-12-31T18:00').getTime());
    assert.equal(parseExpiry('never', now), null);
  });

  test('refuses anything else, and the past', () => {
    for (const text of ['', 'soon', '7', '7y', '-1d', '2026-02-30', '2026-13-01', '31/12/2026', '1e3d', '9999999d'])
      assert.throws(() => parseExpiry(text, now), { code: 'usage' }, text);
    for (const text of ['2026-05-31', '0d'])
      assert.throws(() => parseExpiry(text, now), { code: 'usage', facts: { reason: 'expires-past', value: text } });
  });
});

describe('arguments', () => {
  test('a password may stand alone, follow, or be attached', () => {
    assert.deepEqual(takePassword(['a', '--password']), { rest: ['a'], password: 'ask' });
    assert.deepEqual(takePassword(['--password', 'x y', 'a']), { rest: ['a'], password: { text: 'x y' } });
    assert.deepEqual(takePassword(['--password=', 'a']), { rest: ['a'], password: { text: '' } });
    assert.deepEqual(takePassword(['-p', '--json', 'a']), { rest: ['--json', 'a'], password: 'ask' });
    assert.deepEqual(takePassword(['--password', 'https://h/s#1.x']), { rest: ['https://h/s#1.x'], password: 'ask' });
    assert.deepEqual(takePassword(['--password', import.meta.filename]), { rest: [import.meta.filename], password: 'ask' });
    assert.deepEqual(takePassword(['--', '--password', 'x']), { rest: ['--', '--password', 'x'], password: undefined });
  });

  test('what does not fit is a usage failure that names it', () => {
    assert.throws(() => parseArguments(['--wat'], {}), { code: 'usage', facts: { reason: 'option', value: '--wat' } });
    assert.throws(() => parseCount('0', '--downloads'), { code: 'usage' });
    assert.throws(() => parseCount('1.5', '--downloads'), { code: 'usage' });
    for (const text of ['ftp://x', '', '::', 'http://']) assert.throws(() => parseServer(text), { code: 'usage' }, text);
    assert.equal(parseServer('files.example:8080/x?y'), 'http://files.example:8080');
    assert.equal(parseServer('https://files.example/'), 'https://files.example');
  });

  test('a command that is suggested survives the shell', () => {
    assert.equal(['a b', "it's", '$(x)', '-o', ''].map(quoted).join(' '), `'a b' 'it'\\''s' '$(x)' -o ''`);
  });
});

test('--ignore matches names anywhere, and paths where the pattern has a slash', () => {
  const ignores = matcherOf(['*.tmp', 'node_modules', 'papers/**/draft?.md', '[x]']);
  for (const path of ['a/b.tmp', 'top/node_modules', 'top/papers/a/b/draft1.md', 'top/papers/draft2.md', 'a/[x]'])
    assert.ok(ignores(path), path);
  for (const path of ['a/b.tmpx', 'node_modules2', 'papers2/draft1.md', 'papers/draft12.md', 'a/x']) assert.ok(!ignores(path), path);
});

test('the language follows the environment, most specific first', () => {
  assert.equal(languageOf({ LANG: 'fr_FR.UTF-8' }), 'fr');
  assert.equal(languageOf({ LANG: 'fr_FR.UTF-8', LC_ALL: 'C' }), 'en');
  assert.equal(languageOf({ LC_MESSAGES: 'fr', LANG: 'de' }), 'fr');
  assert.equal(languageOf({ LANG: 'fro' }), 'en');
  assert.equal(languageOf({}), 'en');
});

describe('names on a disk', () => {
  test('stay as they are where the disk can hold them', () => {
    for (const name of ['CON', 'a:b', 'x.', ' y ']) assert.equal(nameOnDisk(name, 'linux'), name);
  });

  test('are changed where Windows cannot hold them, or would take them for something else', () => {
    const cases = {
      CON: '_CON',
      'con.txt': '_con.txt',
      'COM¹': '_COM¹',
      'a:b': 'a_b',
      'x.': 'x_',
      'x ': 'x_',
      'a\\b': 'a_b',
      'a\u0001': 'a_',
      console: 'console',
      'a.con': 'a.con',
    };
    for (const [name, expected] of Object.entries(cases)) assert.equal(nameOnDisk(name, 'win32'), expected);
  });

  test('that a disk takes for one are told apart only where it does', () => {
    assert.equal(twinKey('É', 'win32'), twinKey('é', 'win32'));
    assert.notEqual(twinKey('É', 'linux'), twinKey('é', 'linux'));
  });

  test('of incomplete files fit beside names of any length', () => {
    assert.equal(partName('a'), 'a.reprise-part');
    assert.ok(Buffer.byteLength(partName('x'.repeat(255))) <= 255);
    assert.notEqual(partName('x'.repeat(255)), partName(`${'x'.repeat(254)}y`));
  });
});

test('names cannot act on a terminal', () => {
  assert.equal(visible('a\u001b[2Jb\n\u202ec'), 'a\\u001b[2Jb\\u000a\\u202ec');
});

test('every option of the help is one that its command takes, and the other way round', async () => {
  const { readFileSync } = await import('node:fs');
  for (const command of ['put', 'get', 'ls', 'rm', 'links']) {
    const source = readFileSync(new URL(`./${command}.ts`, import.meta.url), 'utf8');
    const taken = new Set([...source.matchAll(/^\s*'?([a-z-]+)'?: \{ type: '(?:string|boolean)'/gm)].map((match) => match[1] as string));
    for (const match of source.matchAll(/\{ server: \{ type/g)) if (match) taken.add('server');
    for (const option of ['json', ...(command === 'links' ? [] : ['quiet'])]) taken.add(option);
    if (source.includes('takePassword(')) taken.add('password');
    for (const language of ['en', 'fr'] as const) {
      const shown = new Set(
        [...(helpText(command, language) ?? '').matchAll(/^\s+(?:-\w, )?\s*--([a-z-]+)/gm)].map((match) => match[1] as string),
      );
      assert.deepEqual([...shown].sort(), [...taken].sort(), `${command}, ${language}`);
    }
  }
});

test('exit codes tell families of failures apart', () => {
  assert.deepEqual(
    (['usage', 'link-unavailable', 'password-wrong', 'reject', 'network', 'target-full', 'cancelled', 'over-quota'] as const).map(
      exitCodeOf,
    ),
    [2, 4, 5, 6, 7, 8, 130, 1],
  );
});

describe('state', () => {
  test('is readable by its owner alone, and holds links that only its machine can open', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'reprise-state-'));
    try {
      const state = State.open(join(folder, 'reprise'));
      assert.equal(statSync(join(folder, 'reprise')).mode & 0o777, 0o700);
      assert.equal(statSync(join(folder, 'reprise', 'device.key')).mode & 0o777, 0o600);
      const kept = { manageUrl: 'http://h/m#1.x', server: 'http://h', title: 't', createdMs: 1 };
      await state.keepLink('abc', kept);
      assert.deepEqual(await State.open(join(folder, 'reprise')).keptLink('abc'), kept);
      assert.equal(await state.keptLink('abd'), undefined);
      assert.equal(await state.name('a', 'b'), await state.name('a', 'b'));
      assert.notEqual(await state.name('a', 'b'), await state.name('ab', ''));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('gives two runs of one upload a journal each, and takes over from a run that is gone', () => {
    const folder = mkdtempSync(join(tmpdir(), 'reprise-state-'));
    try {
      const state = State.open(folder);
      const first = state.holdJournal('n');
      const second = state.holdJournal('n');
      assert.notEqual(first.file, second.file);
      first[Symbol.dispose]();
      writeFileSync(`${first.file}.999999999-1.lock`, '');
      const third = state.holdJournal('n');
      assert.equal(third.file, first.file);
      second[Symbol.dispose]();
      third[Symbol.dispose]();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
