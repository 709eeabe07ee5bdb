/**
 * The folders are the trust borders: this holds the imports, the manifests and the diagram of ARCHITECTURE.md together.
 */
import assert from 'node:assert/strict';
import { builtinModules } from 'node:module';
import { dirname, join, normalize } from 'node:path';
import { describe, test } from 'node:test';
import { findImports, findTouches, type Import } from './imports.ts';
import { isSource, isTest, listFiles, listPackages, read, rootManifest, type Package } from './repository.ts';
import { scriptOf, tokens } from './tokens.ts';

type Fence = { readonly modules: RegExp; readonly allowed: readonly string[]; readonly why: string };

/** Which packages, or single files, may import which foreign module. The first fence that matches a module decides. */
const fences: readonly Fence[] = [
  {
    modules: /^@serenity-kit\/opaque$/,
    allowed: [
      'client/vault',
      'server/drive/src/accounts/opaque.ts',
      'server/drive/src/accounts/accounts.suite.ts',
      'server/drive/src/testing/account.ts',
    ],
    why: 'a password is proved between the vault and one file of the server, which learns from it who asks and never what opens',
  },
  {
    modules: /^@noble\/curves\/secp256k1\.js$/,
    allowed: [
      'bitcache/lightning/src/bolt11/signature.ts',
      'bitcache/mint/src/testing/noble-points.ts',
      'bitcache/mint/src/testing/wallet.ts',
      'bitcache/mint/src/testing/mint.suite.ts',
      'bitcache/mint/src/conditions/unlock.test.ts',
      'bitcache/mint/src/foreign-wallet.test.ts',
    ],
    why: 'who signed an invoice is checked in one file, which holds no key; to the mint it is what its curves are compared with in tests',
  },
  {
    modules: /^@cashu\//,
    allowed: [
      'client/wallet',
      'bitcache/mint/src/foreign-wallet.test.ts',
      'bitcache/mint/src/real-lightning.test.ts',
      'bitcache/mint/src/subscriptions.test.ts',
      'bitcache/service/src/routes.test.ts',
      'bitcache/service/src/cashu-text.test.ts',
    ],
    why: 'one package speaks it for people, and it sees no key to a file; mint and shop are only tried with it',
  },
  {
    modules: /^(secp256k1|tiny-secp256k1|@bitauth\/libauth)(\/|$)/,
    allowed: ['bitcache/mint'],
    why: 'coins are points of this curve, signed in one thread of the mint',
  },
  {
    modules: /^ws$/,
    allowed: ['bitcache/mint/src/sockets.ts', 'bitcache/mint/src/subscriptions.test.ts'],
    why: 'only the mint has a websocket, since its wallets expect one',
  },
  {
    modules: /^(lightningdevkit|bcoin)$/,
    allowed: [...['bcoin', 'ldk-node', 'ldk-parts', 'pair', 'wire'].map((name) => `sandbox/${name}.ts`), 'bolt11/ldk-judge.test.ts'].map(
      (file) => `bitcache/lightning/src/${file}`,
    ),
    why: 'what is heavy and worthless runs in the thread of the sandbox',
  },
  {
    modules: /^@getalby\//,
    allowed: ['bitcache/lightning/src/adapters/nwc.ts', 'bitcache/lightning/src/testing/nwc-wallet.ts'],
    why: 'one adapter speaks it',
  },
  {
    modules: /^nostr-tools(\/|$)/,
    allowed: ['client/wallet/src/outside/envelope.ts'],
    why: 'what goes to a wallet that somebody has elsewhere is signed and sealed in one file',
  },
  {
    modules: /^(@noble\/|@scure\/|hash-wasm$|hpke$)/,
    allowed: [
      'core/protocol',
      'client/vault',
      'bitcache/service/src/release.ts',
      // They judge what it sealed by another implementation.
      'bitcache/service/src/release.test.ts',
      'bitcache/service/src/paid-vectors.test.ts',
    ],
    why: 'one reviewer can audit all cryptography where it is in two packages, and in one file that seals what a buyer paid for',
  },
  {
    modules: /^hono(\/|$)/,
    allowed: ['server/drive', 'bitcache/mint', 'bitcache/service'],
    why: 'only what answers HTTP knows the router; the contract is data in core/protocol, that of the mint and of payments in the NUTs and in L402',
  },
  {
    modules: /^(kysely$|kysely\/|pg$|pg-|node:sqlite$)/,
    allowed: ['storage/database'],
    why: 'one schema and one set of drivers; the rest sees the typed database that storage/database opens',
  },
  { modules: /^zod(\/|$)/, allowed: ['core/protocol'], why: 'what comes from outside is parsed once, by the contract' },
  {
    modules: /^cborg(\/|$)/,
    allowed: ['core/protocol', 'bitcache/service/src/cashu-text.ts', 'bitcache/service/src/cashu-text.test.ts'],
    why: 'one strict codec: core/protocol/dcbor; Cashu writes another CBOR, read in one file',
  },
  { modules: /^(pino|prom-client)$/, allowed: ['apps/host'], why: 'the process an operator runs decides what is logged and measured' },
  { modules: /^qr(\/|$)/, allowed: ['apps/web', 'apps/cli'], why: 'a code is drawn where a person is to scan it' },
  {
    modules: /^(svelte|@sveltejs\/|vite$|@inlang\/|@lucide\/|client-zip$|pdfjs-dist|@fontsource)/,
    allowed: ['apps/web'],
    why: 'these belong to the browser',
  },
];

const testOnly = /^(fast-check|playwright-core|puppeteer-core|axe-core|lighthouse)(\/|$)/;
/** Modules by which a program reaches the machine; only apps decide about these. */
const doors = new Set(['net', 'http', 'https', 'http2', 'tls', 'dgram', 'child_process', 'cluster', 'process', 'repl', 'inspector']);
/** What these modules hold besides doors. */
const harmless = new Set(['isIP', 'isIPv4', 'isIPv6', 'STATUS_CODES', 'METHODS']);
/** What the Node side of a client may use to call out. */
const callsOut = new Set(['http', 'https', 'net', 'tls']);
/** Programs and types, which no import names. */
const usedOtherwise = new Set(['typescript', 'svelte-check', '@types/pg']);
const builtins = new Set(builtinModules.map((name) => name.replace(/^node:/, '')));

const packages = listPackages();
const files = listFiles().filter(isSource);
const sources = new Map(files.map((file) => [file, scriptOf(file, read(file))]));

describe('the reader of imports', () => {
  const good: readonly (readonly [string, readonly (string | undefined)[]])[] = [
    ["import a from 'a';", ['a']],
    ["import 'b/c';", ['b/c']],
    ["import type { X } from '../x.ts';", ['../x.ts']],
    ['import {\n  a,\n  b as c,\n} from \'d\'\nimport * as e from "f"', ['d', 'f']],
    ["export * from './g.ts'; export { h } from './h.ts';", ['./g.ts', './h.ts']],
    ["const i = await import('i'); type T = typeof import('j');", ['i', 'j']],
    ["const k = require('k');", ['k']],
    ['const l = await import(`l`);', ['l']],
    ['const m = await import(name); await import(`m/${name}`);', [undefined, undefined]],
    ["const n = /['\"`]/.test(x); import o from 'o';", ['o']],
    ["const p = `${`${'}'}`}`; import q from 'q';", ['q']],
    ["const r = a / b; import s from 's'; const t = a / b;", ['s']],
    ["const u = 'it\\'s'; import v from 'v';", ['v']],
    ["return /[/'\"]/u; import w from 'w'", ['w']],
  ];
  for (const [source, expected] of good) {
    test(`finds ${JSON.stringify(expected)} in ${JSON.stringify(source)}`, () =>
      assert.deepEqual(
        findImports(source).map((found) => found.specifier),
        expected,
      ));
  }
  const none = [
    "// import a from 'a';",
    "/* import a\n from 'a' */",
    'const text = "import a from \'a\'";',
    "const text = `import a from 'a' ${1} from 'b'`;",
    "Array.from('abc'); x.import('y'); x.require('z');",
    'const from = 1; const url = import.meta.url;',
    "const pattern = /from 'a'/;",
  ];
  for (const source of none) test(`finds nothing in ${JSON.stringify(source)}`, () => assert.deepEqual(findImports(source), []));

  test('tells values from types', () => {
    const named = (source: string): unknown => findImports(source)[0]?.names;
    assert.deepEqual(named("import type { A } from 'a'"), []);
    assert.deepEqual(named("import { type A, b, c as d } from 'a'"), ['b', 'c']);
    assert.equal(named("import a from 'a'"), undefined);
    assert.equal(named("import * as a from 'a'"), undefined);
    assert.equal(named("import a, { b } from 'a'"), undefined);
  });
  test('reads the scripts of Svelte files on their own lines', () => {
    const script = scriptOf('x.svelte', "<p>import z from 'z'</p>\n<script lang=\"ts\">\nimport a from 'a';\n</script>\n<b/>");
    assert.deepEqual(findImports(script), [{ specifier: 'a', line: 3 }]);
  });
  test('sees the environment and signals, not properties of the same name', () => {
    assert.deepEqual(
      findTouches('process.env.X; process.on("SIGINT", f);').map((touch) => touch.what),
      ['process.env', 'process.on'],
    );
    assert.deepEqual(findTouches("// process.env\n this.process.env; 'process.env'; child.on('x', f)"), []);
  });
  test('keeps lines apart', () =>
    assert.deepEqual(
      tokens('a\n/* \n */ b\n`\n` c').map((token) => token.line),
      [1, 3, 4, 5],
    ));
});

describe('the diagram of ARCHITECTURE.md', () => {
  const diagram = readDiagram(read('ARCHITECTURE.md'));
  test('shows every package and no other', () => {
    assert.deepEqual([...diagram.keys()].sort(), packages.map((one) => one.folder).sort());
  });
  for (const one of packages) {
    test(`${one.folder} depends on what its arrows say`, () => {
      const ours = Object.keys({ ...one.manifest.dependencies, ...one.manifest.optionalDependencies }).flatMap(
        (name) => packages.find((other) => other.name === name)?.folder ?? [],
      );
      assert.deepEqual(
        ours.sort(),
        [...(diagram.get(one.folder) ?? [])].sort(),
        'package.json and the arrows of ARCHITECTURE.md differ: change both, or neither',
      );
    });
  }
  test('points towards core only', () => {
    const problems: string[] = [];
    for (const [from, targets] of diagram) {
      for (const to of targets) {
        const reason = forbidden(from, to);
        if (reason !== undefined) problems.push(`${from} → ${to}: ${reason}`);
      }
    }
    assert.deepEqual(problems, []);
  });
  test('has no circle', () => {
    const visit = (folder: string, path: readonly string[]): void => {
      assert.ok(!path.includes(folder), `a circle: ${[...path, folder].join(' → ')}`);
      for (const next of diagram.get(folder) ?? []) visit(next, [...path, folder]);
    };
    for (const folder of diagram.keys()) visit(folder, []);
  });
  test('is refused when an arrow leads from a client to the server', () => {
    assert.equal(forbidden('client/sdk', 'server/drive') !== undefined, true);
    assert.equal(forbidden('server/drive', 'client/vault') !== undefined, true);
    assert.equal(forbidden('core/kit', 'client/vault') !== undefined, true);
    assert.equal(forbidden('client/sdk', 'bitcache/ledger') !== undefined, true);
    assert.equal(forbidden('bitcache/ledger', 'client/vault') !== undefined, true);
    assert.equal(forbidden('server/drive', 'bitcache/ledger') !== undefined, true);
    assert.equal(forbidden('client/sdk', 'core/kit'), undefined);
  });
});

describe('imports', () => {
  for (const one of packages) {
    const own = files.filter((file) => file.startsWith(`${one.folder}/`));
    test(`${one.folder} imports what its manifest names and its side allows`, () =>
      assert.deepEqual(
        own.flatMap((file) => importProblems(one, file)),
        [],
      ));
    test(`${one.folder} touches the machine only where it may`, () =>
      assert.deepEqual(
        own.flatMap((file) => touchProblems(one, file)),
        [],
      ));
    test(`${one.folder} uses everything that it names`, () => {
      const used = new Set(own.flatMap((file) => importsOf(file)).map((found) => packageName(found.specifier ?? '')));
      const styles = listFiles().filter(
        (file) => file.startsWith(`${one.folder}/`) && /\.(css|json)$/.test(file) && !file.endsWith('package.json'),
      );
      const idle = dependencyNames(one).filter(
        (name) => !used.has(name) && !usedOtherwise.has(name) && !styles.some((file) => read(file).includes(name)),
      );
      assert.deepEqual(
        idle,
        [],
        'named in package.json, used nowhere: a reader of the manifest would believe in an access that is not needed',
      );
    });
  }
  test('tests, tools and bench import what the root or a package names', () => {
    const known = new Set([
      ...packages.map((one) => one.name),
      ...packages.flatMap((one) => dependencyNames(one)),
      ...Object.keys({ ...rootManifest.devDependencies, ...rootManifest.optionalDependencies }),
    ]);
    const problems = files
      .filter((file) => /^(tests|tools|bench)\//.test(file))
      .flatMap((file) =>
        importsOf(file).flatMap(({ specifier, line }) =>
          specifier === undefined || isRelative(specifier) || isBuiltin(specifier) || known.has(packageName(specifier))
            ? []
            : [`${file}:${line} imports ${specifier}, which no manifest names`],
        ),
      );
    assert.deepEqual(problems, []);
  });
});

/** Folder → folders it may import, from the `mermaid` block whose nodes are labelled with folders. */
function readDiagram(text: string): Map<string, Set<string>> {
  const block = [.../* every diagram of the page */ text.matchAll(/```mermaid\n([\s\S]*?)```/g)]
    .map((found) => found[1] ?? '')
    .find((body) => body.includes('"core/kit"'));
  assert.ok(block !== undefined, 'ARCHITECTURE.md has no mermaid block with the packages');
  const folders = new Map([...block.matchAll(/(\w+)\["([^"]+)"\]/g)].map((found) => [found[1] ?? '', found[2] ?? '']));
  const diagram = new Map([...folders.values()].map((folder) => [folder, new Set<string>()]));
  for (const [, from = '', to = ''] of block.matchAll(/^\s*(\w+) --> ([\w &]+?)\s*$/gm)) {
    for (const name of to.split('&').map((part) => part.trim())) {
      const [source, target] = [folders.get(from), folders.get(name)];
      assert.ok(source !== undefined && target !== undefined, `the arrow ${from} --> ${name} names no node`);
      diagram.get(source)?.add(target);
    }
  }
  return diagram;
}

/** Why `from` may never import `to`, whatever the manifests say. */
function forbidden(from: string, to: string): string | undefined {
  const [source = '', target = ''] = [from.split('/')[0], to.split('/')[0]];
  if (target === 'apps') return 'nothing imports an app: apps are what people start';
  if (source === 'core' && target !== 'core') return 'core is what both sides may see; it knows neither';
  if (source === 'client' && (target === 'storage' || target === 'server' || target === 'bitcache'))
    return 'client code runs where no server code may be trusted';
  if ((source === 'storage' || source === 'server') && target === 'client')
    return 'the server never holds a key, so it has no use for code that does';
  if (source === 'bitcache' && (target === 'client' || target === 'server')) return 'money knows neither keys nor files';
  if (source === 'server' && target === 'bitcache') return 'the server holds no coin: the host composes both';
  if (source === 'storage' && target === 'server') return 'storage is below the server';
  if (from === 'apps/host' && target === 'client') return 'the host is a server: it never holds a key';
  if ((from === 'apps/cli' || from === 'apps/web') && (target === 'storage' || target === 'server' || target === 'bitcache'))
    return 'people run this on their own device, away from the server';
  return undefined;
}

function importProblems(one: Package, file: string): string[] {
  return importsOf(file).flatMap((found) => {
    const reason = importProblem(one, file, found);
    return reason === undefined ? [] : [`${file}:${found.line} imports ${found.specifier ?? '(computed)'}: ${reason}`];
  });
}

function importProblem(one: Package, file: string, { specifier, names }: Import): string | undefined {
  if (specifier === undefined)
    return one.folder.startsWith('apps/') || isTest(file) ? undefined : 'what is imported cannot be read from the code';
  if (isRelative(specifier)) return relativeProblem(one, file, specifier);
  if (isBuiltin(specifier)) return builtinProblem(one, file, specifier, names);
  // Names that the web app's bundler provides.
  if (one.folder === 'apps/web' && /^(virtual:|\$lib\/|\$)/.test(specifier)) return undefined;
  const name = packageName(specifier);
  const other = packages.find((candidate) => candidate.name === name);
  if (other !== undefined) return ourProblem(one, other, specifier, file);
  if (testOnly.test(specifier)) return isTest(file) ? undefined : 'only tests and the benchmark use it';
  const fence = fences.find((candidate) => candidate.modules.test(specifier));
  if (fence !== undefined && !fence.allowed.includes(one.folder) && !fence.allowed.includes(file))
    return `only ${fence.allowed.join(' and ')} may, because ${fence.why}`;
  return dependencyNames(one).includes(name) ? undefined : `its package.json does not name ${name}`;
}

function relativeProblem(one: Package, file: string, specifier: string): string | undefined {
  const target = normalize(join(dirname(file), specifier));
  if (target.startsWith(`${one.folder}/`)) return undefined;
  if (isTest(file) && /^(tests|spec|tools)\//.test(target)) return undefined;
  const other = packages.find((candidate) => target.startsWith(`${candidate.folder}/src/testing/`));
  if (isTest(file) && other !== undefined && dependencyNames(one).includes(other.name)) return undefined;
  return 'it leaves its package by a path: import the package by its name';
}

function builtinProblem(one: Package, file: string, specifier: string, names: readonly string[] | undefined): string | undefined {
  if (!specifier.startsWith('node:')) return `write node:${specifier}`;
  const name = specifier.slice('node:'.length);
  if (name === 'sqlite' && one.folder !== 'storage/database' && !file.startsWith('client/sync/src/node/journal/'))
    return 'only storage/database opens a database, and a sync its own journal';
  if (isTest(file) || one.folder.startsWith('apps/')) return undefined;
  const isDoor = doors.has(name.split('/')[0] ?? '') && names?.every((imported) => harmless.has(imported)) !== true;
  if (isDoor && !(isNodeFile(file) && callsOut.has(name))) return 'only apps open sockets, start programs and talk to the process';
  const isBrowserSide = one.folder.startsWith('core/') || one.folder.startsWith('client/');
  return isBrowserSide && !isNodeFile(file)
    ? 'core and client run in browsers; what only Node has belongs to the node.ts sub-path'
    : undefined;
}

/** Files of a package that are reached through its `./node` export only. */
function isNodeFile(file: string): boolean {
  return /(^|\/)node(\.ts$|\/|-)|-node\.ts$/.test(file);
}

function ourProblem(one: Package, other: Package, specifier: string, file: string): string | undefined {
  if (other.folder !== one.folder) {
    const reason = forbidden(one.folder, other.folder);
    if (reason !== undefined && !isTest(file)) return reason;
    if (!dependencyNames(one).includes(other.name)) return `its package.json does not name ${other.name}`;
  }
  const subPath = `.${specifier.slice(other.name.length)}`;
  const exported = Object.keys(other.manifest.exports ?? {});
  return exported.some((entry) => entry === subPath || (entry.endsWith('/*') && subPath.startsWith(entry.slice(0, -1))))
    ? undefined
    : `${other.name} exports ${exported.join(', ') || 'nothing'}, not ${subPath}`;
}

function touchProblems(one: Package, file: string): string[] {
  if (one.folder.startsWith('apps/') || isTest(file) || isNodeFile(file)) return [];
  return findTouches(sources.get(file) ?? '').map(
    (touch) => `${file}:${touch.line} uses ${touch.what}: only apps read the environment, open sockets and catch signals`,
  );
}

function importsOf(file: string): Import[] {
  return findImports(sources.get(file) ?? '');
}

function dependencyNames(one: Package): string[] {
  return Object.keys({
    ...one.manifest.dependencies,
    ...one.manifest.devDependencies,
    ...one.manifest.optionalDependencies,
    ...one.manifest.peerDependencies,
  });
}

function packageName(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

function isRelative(specifier: string): boolean {
  return /^\.{1,2}(\/|$)/.test(specifier) || specifier.startsWith('/');
}

function isBuiltin(specifier: string): boolean {
  return specifier.startsWith('node:') || builtins.has(specifier);
}
