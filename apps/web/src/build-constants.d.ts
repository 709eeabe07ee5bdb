// Constants that build.ts replaces in the code: the addresses of this build's workers, its name, and what works offline.

/** "/w/seal-engine-<hash>.js", a module worker. */
declare const __SEAL_ENGINE__: string;
/** "/w/seal-pool-<hash>.js", a module worker. */
declare const __SEAL_POOL__: string;
/** "/w/kdf-<hash>.js", a module worker; it and the next may compile WebAssembly, no other. */
declare const __KDF_WORKER__: string;
/** "/w/kdf-account-<hash>.js", a module worker. */
declare const __KDF_ACCOUNT__: string;
/** "/w/drive-engine-<hash>.js", a module worker. */
declare const __DRIVE_ENGINE__: string;
/** "/w/wallet-<hash>.js", a module worker; it asks the mint and holds no key to a file. */
declare const __WALLET__: string;
/** "/w/outside-<hash>.js", a module worker; it asks relays that the operator names, and nobody else. */
declare const __OUTSIDE__: string;
/** "/w/name-index-<hash>.js", a module worker that reaches nothing. */
declare const __NAME_INDEX__: string;
/** "/w/thumbs-<hash>.js", a module worker that reaches nothing. */
declare const __THUMBS__: string;
/** First 8 hex digits of the hash over the sources of this build. */
declare const __BUILD__: string;
/**
 * Only in sw.js: paths that the service worker keeps for use offline. `documents` are answered to navigations of exactly that path
 * ("/fr", "/en", "/s", "/m", "/app"); `files` are all scripts, styles, fonts and workers; `first` are those of both that the pages around a
 * link start with.
 */
declare const __SHELL__: { readonly documents: readonly string[]; readonly files: readonly string[]; readonly first: readonly string[] };
