// A link's password, made slow to guess. Argon2id needs WebAssembly, so it is loaded only by who calls this, and only then:
// everything else takes the 32 bytes that come out. spec/link.md "Password".
import type { Bytes } from '@reprise/kit';

/** Compiled in; no server names them. */
const argon2 = { memorySize: 65_536, iterations: 3, parallelism: 1, hashLength: 32 } as const;

/**
 * Argon2id (RFC 9106) over UTF-8(NFC(password)), 64 MiB, three passes, one lane.
 * @param salt 16 bytes, `passwordSalt` of the link's address
 * @returns 32 bytes
 */
export async function stretchLinkPassword(password: string, salt: Uint8Array): Promise<Bytes> {
  const { argon2id } = await import('hash-wasm');
  return (await argon2id({ ...argon2, password: password.normalize('NFC'), salt, outputType: 'binary' })) as Bytes;
}
