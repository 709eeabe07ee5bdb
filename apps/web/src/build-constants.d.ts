// Constants that build.ts replaces in the pages' code: the addresses of this build's workers, and its name.

/** "/w/seal-<hash>.js", a module worker. */
declare const __SEAL_WORKER__: string;
/** "/w/kdf-<hash>.js", a module worker; the only one allowed to compile WebAssembly. */
declare const __KDF_WORKER__: string;
/** First 8 hex digits of the hash over the sources of this build. */
declare const __BUILD__: string;
