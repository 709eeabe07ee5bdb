// Stands in for hash-wasm in every worker but the KDF worker, which is where a password is stretched.

export function argon2id(): never {
  throw new TypeError('passwords are stretched in the KDF worker');
}
