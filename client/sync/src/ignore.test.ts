// Patterns as gitignore(5) has them, and that what systems leave behind is left alone.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Ignore } from './ignore.ts';

describe('what is ignored', () => {
  const cases: readonly (readonly [readonly string[], string, boolean])[] = [
    [['*.tmp'], 'a/b/c.tmp', true],
    [['*.tmp'], 'c.tmpx', false],
    [['/build'], 'build', true],
    [['/build'], 'a/build', false],
    [['a/*.txt'], 'a/x.txt', true],
    [['a/*.txt'], 'b/a/x.txt', false],
    [['a/*.txt'], 'a/b/x.txt', false],
    [['**/x'], 'a/b/x', true],
    [['a/**'], 'a/b/c', true],
    [['a/**'], 'a', false],
    [['a/**/z'], 'a/z', true],
    [['a/**/z'], 'a/b/c/z', true],
    [['folder/'], 'folder', false],
    [['*.log', '!keep.log'], 'keep.log', false],
    [['!keep.log', '*.log'], 'keep.log', true],
    [['# a word', '', '  '], '# a word', false],
    [['\\#x'], '#x', true],
    [['[ab].c'], 'a.c', true],
    [['[!ab].c'], 'a.c', false],
    [['[z-a].c'], 'z.c', false],
    [['a?c'], 'a/c', false],
    [['(x|y)+'], 'x', false],
    [['été'.normalize('NFD')], 'été', true],
    [['x \r'], 'x', true],
  ];
  for (const [rules, path, isIgnored] of cases)
    test(`${JSON.stringify(rules)} ${isIgnored ? 'takes' : 'leaves'} ${path}`, () =>
      assert.equal(new Ignore(rules).matches(path, false), isIgnored));

  test('a slash at the end means folders', () => {
    const ignore = new Ignore(['out/']);
    assert.equal(ignore.matches('a/out', true), true);
    assert.equal(ignore.matches('a/out', false), false);
  });

  test('the own folder is never looked at, whatever rules say', () => {
    assert.equal(new Ignore(['!/.reprise/']).matches('.reprise', true), true);
    assert.equal(new Ignore([]).matches('a/.reprise', true), false);
    // On some disk, each of these is that folder.
    for (const name of ['.Reprise', '.REPRISE', '.re\u200cprise', 'REPRIS~1']) assert.equal(new Ignore([]).matches(name, true), true, name);
    for (const name of ['.DS_Store', 'a/Thumbs.db', '~$letter.docx', '.~lock.x.odt#', 'x.swp', 'film.part'])
      assert.equal(new Ignore([]).matches(name, false), true, name);
  });
});
