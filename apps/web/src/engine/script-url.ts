// The one door through which this app names a script: a Trusted Types policy that knows the worker files of this build and
// nothing else (spec/web.md "Trusted Types"). Workers may make no policy of their own, so the page starts them all.

export type WorkerName =
  | 'seal-engine'
  | 'seal-pool'
  | 'kdf'
  | 'drive-engine'
  | 'kdf-account'
  | 'wallet'
  | 'outside'
  | 'name-index'
  | 'thumbs';

const workerPaths: Readonly<Record<WorkerName, string>> = {
  'seal-engine': __SEAL_ENGINE__,
  'seal-pool': __SEAL_POOL__,
  kdf: __KDF_WORKER__,
  'drive-engine': __DRIVE_ENGINE__,
  'kdf-account': __KDF_ACCOUNT__,
  wallet: __WALLET__,
  outside: __OUTSIDE__,
  'name-index': __NAME_INDEX__,
  thumbs: __THUMBS__,
};
const serviceWorkerPath = '/sw.js';
const admitted: ReadonlySet<string> = new Set([...Object.values(workerPaths), serviceWorkerPath]);

/** The part of Trusted Types that this file needs; the DOM library of TypeScript has no types for it yet. */
type ScriptUrlPolicy = { createScriptURL(path: string): string };
type PolicyFactory = { createPolicy(name: string, rules: { createScriptURL(path: string): string }): ScriptUrlPolicy };

const rules = {
  createScriptURL(path: string): string {
    if (!admitted.has(path)) throw new TypeError('not a script of this build');
    return path;
  },
};
let policy: ScriptUrlPolicy | undefined;

function scriptUrl(path: string): string {
  const factory = (globalThis as { readonly trustedTypes?: PolicyFactory }).trustedTypes;
  policy ??= factory ? factory.createPolicy('reprise-script-url', rules) : rules;
  return policy.createScriptURL(path);
}

/** Its script may not come: pages call `startWorker` of sturdy-worker.ts. */
export function openScript(name: WorkerName): Worker {
  return new Worker(scriptUrl(workerPaths[name]), { type: 'module', name });
}

export function registerServiceWorker(): Promise<ServiceWorkerRegistration> {
  return navigator.serviceWorker.register(scriptUrl(serviceWorkerPath), { scope: '/', updateViaCache: 'none' });
}
