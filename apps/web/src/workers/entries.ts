// The scripts that run outside the pages, for the build: each becomes one file, with parts beside it where it loads some of itself
// later. `sw.js` keeps its plain name, the others carry a hash; their addresses reach the pages as the constants of build-constants.d.ts.

export type WorkerEntry = {
  /** Relative to apps/web. */
  readonly source: string;
  /** Path on the site; [hash] is filled by the build. */
  readonly output: string;
  /** 'classic': a service worker in Firefox cannot be a module. */
  readonly format: 'module' | 'classic';
  /** Where on the site the parts lie that it imports when they are first needed; null: all of it is one file. Only modules have parts. */
  readonly parts: string | null;
  /** The constant that holds the address, where pages need it. */
  readonly constant: string | null;
  /** Modules replaced in this script, by the file that takes their place, relative to apps/web. */
  readonly replace: Readonly<Record<string, string>>;
};

/** Passwords are stretched in the KDF worker: the others may compile no WebAssembly, and would carry it for nothing. */
const noWebAssembly = { 'hash-wasm': 'src/workers/no-web-assembly.ts' };

/** So are they in the account's KDF worker. */
const noOpaque = { '@serenity-kit/opaque': 'src/workers/no-opaque.ts' };

/** The package's own entry carries every function it has; this one file of it holds Argon2 alone. */
const argon2Only = { 'hash-wasm': '../../node_modules/hash-wasm/dist/argon2.umd.min.js' };

export const workerEntries: Readonly<Record<string, WorkerEntry>> = {
  'seal-engine': {
    source: 'src/workers/seal-engine.ts',
    output: '/w/seal-engine-[hash].js',
    format: 'module',
    parts: '/w/seal-engine/[name]-[hash].js',
    constant: '__SEAL_ENGINE__',
    replace: noWebAssembly,
  },
  'seal-pool': {
    source: 'src/workers/seal-pool.ts',
    output: '/w/seal-pool-[hash].js',
    format: 'module',
    parts: null,
    constant: '__SEAL_POOL__',
    replace: noWebAssembly,
  },
  kdf: {
    source: 'src/workers/kdf.ts',
    output: '/w/kdf-[hash].js',
    format: 'module',
    parts: null,
    constant: '__KDF_WORKER__',
    replace: argon2Only,
  },
  'kdf-account': {
    source: 'src/workers/kdf-account.ts',
    output: '/w/kdf-account-[hash].js',
    format: 'module',
    parts: null,
    constant: '__KDF_ACCOUNT__',
    replace: noWebAssembly,
  },
  'drive-engine': {
    source: 'src/workers/drive-engine.ts',
    output: '/w/drive-engine-[hash].js',
    format: 'module',
    parts: '/w/drive-engine/[name]-[hash].js',
    constant: '__DRIVE_ENGINE__',
    replace: { ...noWebAssembly, ...noOpaque },
  },
  wallet: {
    source: 'src/workers/wallet.ts',
    output: '/w/wallet-[hash].js',
    format: 'module',
    parts: null,
    constant: '__WALLET__',
    replace: noWebAssembly,
  },
  outside: {
    source: 'src/workers/outside.ts',
    output: '/w/outside-[hash].js',
    format: 'module',
    parts: null,
    constant: '__OUTSIDE__',
    replace: noWebAssembly,
  },
  'name-index': {
    source: 'src/app/index.worker.ts',
    output: '/w/name-index-[hash].js',
    format: 'module',
    parts: null,
    constant: '__NAME_INDEX__',
    replace: {},
  },
  thumbs: {
    source: 'src/workers/thumbs.ts',
    output: '/w/thumbs-[hash].js',
    format: 'module',
    parts: null,
    constant: '__THUMBS__',
    replace: {},
  },
  sw: { source: 'src/sw/sw.ts', output: '/sw.js', format: 'classic', parts: null, constant: null, replace: noWebAssembly },
};
