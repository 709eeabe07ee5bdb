// The scripts that run outside the pages, for the build: each becomes one file without imports. `sw.js` keeps its plain name, the
// others carry a hash; their addresses reach the pages as the constants of build-constants.d.ts.

export type WorkerEntry = {
  /** Relative to apps/web. */
  readonly source: string;
  /** Path on the site; [hash] is filled by the build. */
  readonly output: string;
  /** 'classic': a service worker in Firefox cannot be a module. */
  readonly format: 'module' | 'classic';
  /** The constant that holds the address, where pages need it. */
  readonly constant: string | null;
};

export const workerEntries: Readonly<Record<string, WorkerEntry>> = {
  'seal-engine': { source: 'src/workers/seal-engine.ts', output: '/w/seal-engine-[hash].js', format: 'module', constant: '__SEAL_ENGINE__' },
  'seal-pool': { source: 'src/workers/seal-pool.ts', output: '/w/seal-pool-[hash].js', format: 'module', constant: '__SEAL_POOL__' },
  kdf: { source: 'src/workers/kdf.ts', output: '/w/kdf-[hash].js', format: 'module', constant: '__KDF_WORKER__' },
  sw: { source: 'src/sw/sw.ts', output: '/sw.js', format: 'classic', constant: null },
};
