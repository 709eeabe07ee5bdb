/** House rules that a reader would otherwise have to look for by eye: in the sources, the manifests, the documents and the messages. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, test } from 'node:test';
import { isSource, listFiles, listPackages, read, root, rootManifest, type Manifest } from './repository.ts';
import { tokens } from './tokens.ts';

const files = listFiles();
const isGenerated = (file: string): boolean => /(^|\/)package-lock\.json$|^spec\/vectors\/|^bench\/results\/|^LICENSE$/.test(file);
const isText = (file: string): boolean =>
  (isSource(file) || /\.(md|json|css|html|sh|yml|toml|txt)$/.test(file) || file === '.ci/run') && !isGenerated(file);
const texts = files.filter(isText);
const documents = files.filter((file) => file.endsWith('.md'));
const packages = listPackages();
const manifests: readonly { readonly file: string; readonly manifest: Manifest }[] = [
  { file: 'package.json', manifest: rootManifest },
  ...packages.map((one) => ({ file: `${one.folder}/package.json`, manifest: one.manifest })),
];

describe('every text', () => {
  // Put together here so that this file does not find itself.
  const rules: readonly { readonly name: string; readonly pattern: RegExp }[] = [
    {
      name: 'names no path of one machine',
      pattern: new RegExp(`(?<![\\w.])/(${['work', 'root'].join('|')})/|(?<![\\w./])/home/(?!you\\b)\\w+/`),
    },
    {
      name: 'leaves no note about what is still to be done',
      pattern: new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X', 'HA' + 'CK'].join('|')})\\b`),
    },
    {
      name: 'promises nothing that cannot be shown',
      pattern: new RegExp(['military[- ]grade', 'un' + 'breakable', 'bank[- ]grade', '100 ?% ' + 'secure'].join('|'), 'i'),
    },
    { name: 'holds no sign of an unfinished merge', pattern: new RegExp(`^(${'<'.repeat(7)}|${'>'.repeat(7)}) `, 'm') },
  ];
  for (const rule of rules) {
    test(rule.name, () => {
      const found = texts.flatMap((file) => linesMatching(file, rule.pattern));
      assert.deepEqual(found, []);
    });
  }
  test('ends its last line', () =>
    assert.deepEqual(
      texts.filter((file) => read(file) !== '' && !read(file).endsWith('\n')),
      [],
    ));
});

describe('every test file', () => {
  const tests = files.filter((file) => file.endsWith('.test.ts'));
  test('runs all its tests', () => {
    const found = tests.flatMap((file) => methods(file, 'only').map((line) => `${file}:${line} runs only some tests`));
    assert.deepEqual(found, []);
  });
  test('gives a reason for what it skips', () => {
    // `{ skip: condition }` without a text is caught when it happens, by tools/reporter.ts.
    const found = tests.flatMap((file) => methods(file, 'skip').map((line) => `${file}:${line} skips without saying why`));
    assert.deepEqual(found, []);
  });
  test('needs only what the test run can bring', async () => {
    const { testNeeds } = await import('../../tools/system-packages.ts');
    const { readNeeds } = await import('../../tools/test-files.ts');
    const known = testNeeds.map((need) => need.name);
    for (const file of tests)
      for (const need of await readNeeds(file)) assert.ok(known.includes(need), `${file} needs ${need}; known are ${known.join(', ')}`);
  });

  /** Lines with `test.only(`, `it.skip(`, or `t.skip()` without a reason. */
  function methods(file: string, name: 'only' | 'skip'): number[] {
    const all = tokens(read(file));
    return all.flatMap((token, index) => {
      const [owner, dot, call, argument] = [all[index - 2], all[index - 1], all[index + 1], all[index + 2]];
      if (token.text !== name || token.kind !== 'word' || dot?.text !== '.' || call?.text !== '(') return [];
      const isDeclaration = ['test', 'it', 'describe', 'suite'].includes(owner?.text ?? '');
      return isDeclaration || argument?.text === ')' ? [token.line] : [];
    });
  }
});

describe('file names', () => {
  test('say what the file is about', () => {
    const empty = /(^|\/)(utils?|helpers?|misc|common|managers?|stuff)(\.\w+)*\.(ts|svelte|cjs)$/;
    assert.deepEqual(
      files.filter((file) => empty.test(file)),
      [],
    );
  });
  test('differ in more than their case', () => {
    const lower = files.map((file) => file.toLowerCase());
    assert.equal(new Set(lower).size, lower.length);
  });
});

describe('dependencies', () => {
  const ours = new Set(packages.map((one) => one.name));
  const all = manifests.flatMap(({ file, manifest }) =>
    Object.entries({ ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies }).map(([name, range]) => ({
      file,
      name,
      range,
    })),
  );
  const lock = JSON.parse(read('package-lock.json')) as { readonly packages: Readonly<Record<string, LockEntry>> };

  test('are pinned to one version', () => {
    assert.deepEqual(
      all.filter(({ range }) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(range)).map(({ file, name, range }) => `${file}: ${name} ${range}`),
      [],
    );
  });
  test('have one version in the whole repository, except where a page says why not', () => {
    const versions = new Map<string, Set<string>>();
    for (const { name, range } of all) versions.set(name, (versions.get(name) ?? new Set()).add(range));
    const several = [...versions].filter(([, ranges]) => ranges.size > 1).map(([name]) => name);
    // svelte-check needs the TypeScript that still has a JavaScript API: docs/decisions/development.md.
    assert.deepEqual(several, ['typescript']);
  });
  test('each have their place in docs/decisions', () => {
    const pages = documents
      .filter((file) => file.startsWith('docs/decisions/'))
      .map(read)
      .join('\n');
    const missing = [...new Set(all.map(({ name }) => name))].filter((name) => !ours.has(name) && !pages.includes(`\`${name}\``));
    assert.deepEqual(missing, [], 'a dependency costs a page: what it saves, what it could do to us, how to leave it');
  });
  test('are licensed so that anyone may ship what we ship', () => {
    const permissive =
      /^(MIT|MIT-0|Apache-2\.0|ISC|BSD-2-Clause|BSD-3-Clause|0BSD|BlueOak-1\.0\.0|CC0-1\.0|Unlicense|Python-2\.0|CC-BY-3\.0|CC-BY-4\.0|Zlib)$/;
    // File-level copyleft, used unchanged and only while building or testing; the font licence covers the three typefaces.
    const allowedToo: readonly (readonly [RegExp, string])[] = [
      [/\/(axe-core|lightningcss[\w-]*)$/, 'MPL-2.0'],
      [/\/@axe-core\//, 'MPL-2.0'],
      [/\/@fontsource-variable\//, 'OFL-1.1'],
      [/\/sha\.js$/, 'MIT AND BSD-3-Clause'],
    ];
    const problems = Object.entries(lock.packages).flatMap(([place, entry]) => {
      if (!place.includes('node_modules/') || entry.link === true) return [];
      const licence = entry.license ?? licenceOnDisk(place) ?? licencesElsewhere.get(place.slice(place.lastIndexOf('node_modules/') + 13));
      // npm knows the licence of a package for another platform only once it has fetched it.
      if (licence === undefined && entry.optional === true) return [];
      const options = (licence ?? '').replaceAll(/[()]/g, '').split(/ OR /);
      if (
        options.some((option) => permissive.test(option)) ||
        allowedToo.some(([name, text]) => name.test(`/${place}`) && options.includes(text))
      )
        return [];
      return [`${place}: ${licence ?? 'no licence named'}`];
    });
    assert.deepEqual(problems, []);
  });
  test('need no install script, so that npm may be told to run none', () => {
    assert.deepEqual(
      Object.entries(lock.packages)
        .filter(([, entry]) => entry.hasInstallScript === true && entry.optional !== true)
        .map(([place]) => place),
      [],
    );
  });
  test('are all in the lock file, those of other platforms included', () => {
    const missing = Object.entries(lock.packages).flatMap(([place, entry]) =>
      Object.keys(entry.optionalDependencies ?? {}).filter(
        (name) => lock.packages[`node_modules/${name}`] === undefined && lock.packages[`${place}/node_modules/${name}`] === undefined,
      ),
    );
    assert.deepEqual(missing, [], '`npm ci` refuses a lock file that lacks them');
  });
  test('come with the version of the manifest in the lock file', () => {
    for (const { file, name, range } of all) {
      const folder = file === 'package.json' ? '' : dirname(file);
      const entry = lock.packages[`${folder}/node_modules/${name}`] ?? lock.packages[`node_modules/${name}`];
      if (!ours.has(name))
        assert.equal(entry?.version, range, `${file} wants ${name} ${range}: run npm install and commit package-lock.json`);
    }
  });
});

describe('documents', () => {
  for (const file of documents) {
    test(`${file} links to what exists`, () => assert.deepEqual(brokenLinks(file, read(file)), []));
  }
  test('a broken link and a broken anchor are found', () => {
    assert.deepEqual(
      brokenLinks('README.md', '[a](nowhere.md) [b](#nothing) [c](https://example.org) `[d](no.md)`\n```\n[e](no.md)\n```\n'),
      ['nowhere.md', '#nothing'],
    );
    assert.deepEqual(brokenLinks('README.md', '# A `b` – c?\n[x](#a-b--c)'), []);
  });
  test('of decisions and of the specification are all in their list of contents', () => {
    for (const folder of ['docs/decisions', 'spec']) {
      const contents = read(`${folder}/README.md`);
      const pages = documents
        .filter((file) => dirname(file) === folder && !file.endsWith('/README.md'))
        .map((file) => file.slice(folder.length + 1));
      assert.deepEqual(
        pages.filter((page) => !contents.includes(`(${page})`)),
        [],
      );
    }
  });
  test('are there where a source cites them', () => {
    const cited = /(?<![\w/.-])((?:spec|docs)\/[\w/-]+\.md)\b/g;
    const missing = files
      .filter(isSource)
      .flatMap((file) =>
        [...read(file).matchAll(cited)].flatMap((found) => (existsSync(join(root, found[1] ?? '')) ? [] : [`${file} cites ${found[1]}`])),
      );
    assert.deepEqual(missing, []);
  });
  test('name only scripts that exist', () => {
    const scripts = Object.keys((rootManifest as Manifest & { readonly scripts: Record<string, string> }).scripts);
    const wrong = documents.flatMap((file) =>
      [...read(file).matchAll(/\bnpm run ([\w:-]+)/g)].flatMap((found) =>
        scripts.includes(found[1] ?? '') ? [] : [`${file}: npm run ${found[1]}`],
      ),
    );
    assert.deepEqual(wrong, []);
  });
  test('the specification keeps to the present', () => {
    const found = documents
      .filter((file) => file.startsWith('spec/'))
      .flatMap((file) => linesMatching(file, /\bnot yet implemented\b|\btbd\b/i));
    assert.deepEqual(found, []);
  });
});

describe('messages', () => {
  const [french, english] = ['fr', 'en'].map((language) => readMessages(`apps/web/messages/${language}.json`)) as [
    Map<string, string>,
    Map<string, string>,
  ];
  test('say the same things in French and in English', () => {
    assert.ok(french.size > 0);
    assert.deepEqual([...french.keys()].sort(), [...english.keys()].sort());
  });
  test('fill the same gaps in both', () => {
    const differing = [...french].filter(([key, text]) => gaps(text) !== gaps(english.get(key) ?? '')).map(([key]) => key);
    assert.deepEqual(differing, []);
  });
  test('are not empty', () =>
    assert.deepEqual(
      [...french, ...english].filter(([, text]) => text.trim() === '').map(([key]) => key),
      [],
    ));
  test('are all used', () => {
    const code = files
      .filter((file) => file.startsWith('apps/web/') && isSource(file))
      .map(read)
      .join('\n');
    assert.deepEqual(
      [...english.keys()].filter((key) => !new RegExp(`\\b${key}\\b`).test(code)),
      [],
    );
  });
});

type LockEntry = {
  readonly version?: string;
  readonly license?: string;
  readonly link?: boolean;
  readonly optional?: boolean;
  readonly hasInstallScript?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
};

function licenceOnDisk(place: string): string | undefined {
  const file = `${place}/package.json`;
  if (!existsSync(join(root, file))) return undefined;
  const manifest = JSON.parse(read(file)) as { readonly license?: unknown };
  if (typeof manifest.license === 'string') return manifest.license;
  // Some publish the text and forget the field.
  const text = ['LICENSE', 'LICENSE.md', 'LICENSE.txt'].map((name) => `${place}/${name}`).find((name) => existsSync(join(root, name)));
  const head = text === undefined ? '' : read(text).slice(0, 400);
  return /^\s*(The )?MIT License/i.test(head) ? 'MIT' : /Apache License\s+Version 2\.0/.test(head) ? 'Apache-2.0' : undefined;
}

/** Packages that name none; what the LICENSE of their repository says, looked up by hand. */
const licencesElsewhere: ReadonlyMap<string, string> = new Map([['@cashu/coco-core', 'MIT']]);

function linesMatching(file: string, pattern: RegExp): string[] {
  return read(file)
    .split('\n')
    .flatMap((line, index) => (pattern.test(line) ? [`${file}:${index + 1}: ${line.trim().slice(0, 120)}`] : []));
}

function brokenLinks(file: string, text: string): string[] {
  const prose = text.replaceAll(/```[\s\S]*?```/g, '').replaceAll(/`[^`\n]*`/g, (code) => code.replaceAll(/[[\]()]/g, ''));
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = '']) =>
    /^[a-z]+:/.test(target) || resolves(file, text, target) ? [] : [target],
  );
}

function resolves(file: string, text: string, target: string): boolean {
  const [path = '', anchor] = target.split('#');
  const place = path === '' ? file : normalize(join(dirname(file), path));
  if (path !== '' && !existsSync(join(root, place))) return false;
  if (anchor === undefined || !place.endsWith('.md')) return true;
  return headings(path === '' ? text : read(place)).includes(anchor);
}

/** As GitHub makes anchors of headings. */
function headings(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(/\s/g, '-'),
  );
}

/** Key → text; a message with plural forms counts as all its forms joined. */
function readMessages(file: string): Map<string, string> {
  const messages = JSON.parse(read(file)) as Readonly<Record<string, unknown>>;
  return new Map(
    Object.entries(messages)
      .filter(([key]) => !key.startsWith('$'))
      .map(([key, value]) => [key, typeof value === 'string' ? value : JSON.stringify(value)]),
  );
}

function gaps(text: string): string {
  return [...new Set([...text.matchAll(/\{(\w+)\}/g)].map((found) => found[1]))].sort().join(' ');
}
